/** Announcements for screen readers. */
import { createStore } from "./store.js";

/** The text of the page's one polite live region. */
export const announcement = createStore("");

const LEAST_MS = 10_000;
let last = Number.NEGATIVE_INFINITY;

/** An important change, which is always announced. */
export function announce(text: string): void {
  last = performance.now();
  announcement.set(text);
}

/** Progress, which is announced at most every ten seconds. */
export function announceProgress(text: string): void {
  if (performance.now() - last >= LEAST_MS) announce(text);
}
