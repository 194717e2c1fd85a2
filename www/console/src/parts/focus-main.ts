/** Moves the focus to the screen: a button that did its work may be gone. */
export const focusMain = (): void =>
  document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
