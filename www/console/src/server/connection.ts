/** Whether the worker answers, and since when it doesn't. */
import { createStore } from "../store.js";

/** Epoch milliseconds of the first failure; `null` while all is well. */
export const lostSince = createStore<number | null>(null);

const LOST_MS = 3_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function connectionWorks(): void {
  clearTimeout(timer);
  timer = undefined;
  lostSince.set(null);
}

/** Takes note that there was no answer; asks again until there is one. */
export function connectionFailed(): void {
  if (lostSince.get() === null) lostSince.set(Date.now());
  timer ??= setTimeout(() => void check(), LOST_MS);
}

async function check(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  try {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch("/health", { cache: "no-store", signal });
    if (!answer.ok) throw new Error("not healthy");
    connectionWorks();
  } catch {
    connectionFailed();
  }
}

/** Watches the connection from now on. */
export function watchConnection(): void {
  addEventListener("online", () => void check());
  addEventListener("offline", connectionFailed);
  addEventListener("focus", () => {
    if (lostSince.get() !== null) void check();
  });
}
