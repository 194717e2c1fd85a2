/**
 * While a job of an upload that spans programs is being created, the account's object is notified
 * repeatedly: otherwise it would cancel the upload as abandoned, because it may have been evicted
 * and has no other way to know.
 */
import { logError } from "../../log.js";
import { refuse } from "../../problem.js";
import type { Stubs } from "../../stubs.js";

/** More often than an upload is given up after a restart. */
const TOLD_EVERY_MS = 8_000;
/** Each notification is a request of this invocation, which may send 50. */
const MAX_TIMES = 8;

/** @throws if the upload was given up before. */
export async function whileHolding<T>(
  stubs: Stubs,
  { group, attempt }: { group: string; attempt: string },
  work: () => Promise<T>,
): Promise<T> {
  const tell = () => stubs.app().continueGroup(group, attempt);
  if (!(await tell())) throw givenUp();
  let told = 0;
  const timer = setInterval(() => {
    told += 1;
    if (told === MAX_TIMES) clearInterval(timer);
    void tell().catch((error: unknown) => logError("group", error));
  }, TOLD_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

export const givenUp = () =>
  refuse(
    503,
    "creation_took_too_long",
    "Creating the jobs took too long, so the upload was cancelled",
    "Nothing was queued. Try again with a new Idempotency-Key; if this persists, upload fewer programs at a time.",
  );
