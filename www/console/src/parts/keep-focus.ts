/** Keeps the keyboard focus on the screen when the element that has it is taken off the page. */
import { focusMain } from "./focus-main.js";

export function keepFocus(): void {
  let last: Element | null = null;
  addEventListener("focusin", ({ target }) => (last = target as Element));
  addEventListener("focusout", ({ target }) => {
    // Somebody has clicked beside everything, which stays so; or it is just being taken off.
    queueMicrotask(() => {
      if (last === target && last?.isConnected) last = null;
    });
  });
  new MutationObserver(() => {
    if (last === null || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    focusMain();
  }).observe(document.body, { childList: true, subtree: true });
}
