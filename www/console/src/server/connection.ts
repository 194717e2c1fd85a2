/** Whether the worker responds, and since when it does not. */
import { createStore } from "../store.js";

/** Epoch milliseconds of the first failure; `null` while the connection works. */
export const offlineSince = createStore<number | null>(null);

const LOST_MS = 3_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** `since`: when the request was sent. The response to an earlier one may come after the failure. */
export function connectionWorks(since: number): void {
  const lost = offlineSince.get();
  if (lost !== null && since < lost) return;
  clearTimeout(timer);
  timer = undefined;
  offlineSince.set(null);
}

/** Records that there was no response; tries again until there is one. */
export function connectionFailed(): void {
  if (offlineSince.get() === null) offlineSince.set(Date.now());
  timer ??= setTimeout(() => void check(), LOST_MS);
}

async function check(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const since = Date.now();
  try {
    const signal = AbortSignal.timeout(5_000);
    const response = await fetch("/health", { cache: "no-store", signal });
    if (!response.ok) throw new Error("not healthy");
    connectionWorks(since);
  } catch {
    connectionFailed();
  }
}

/** Watches the connection from now on. */
export function watchConnection(): void {
  addEventListener("online", () => void check());
  addEventListener("offline", connectionFailed);
  addEventListener("focus", () => {
    if (offlineSince.get() !== null) void check();
  });
}
