/** Whether the worker answers, and since when it doesn't. */
import { createStore } from "./store.js";

/** Epoch milliseconds of the first failure; `null` while all is well. */
export const lostSince = createStore<number | null>(null);

const CALM_MS = 20_000;
const LOST_MS = 3_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function connectionWorks(): void {
  lostSince.set(null);
}

/** Says that a request got no answer; asks again until one does. */
export function connectionFailed(): void {
  if (lostSince.get() === null) lostSince.set(Date.now());
  schedule();
}

async function check(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  try {
    const answer = await fetch("/health", {
      cache: "no-store",
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error("not healthy");
    connectionWorks();
  } catch {
    if (lostSince.get() === null) lostSince.set(Date.now());
  }
  schedule();
}

function schedule(): void {
  clearTimeout(timer);
  timer = setTimeout(
    () => (document.hidden ? schedule() : void check()),
    lostSince.get() === null ? CALM_MS : LOST_MS,
  );
}

/** Watches the connection from now on. */
export function watchConnection(): void {
  for (const event of ["online", "offline", "focus"]) addEventListener(event, () => void check());
  schedule();
}
