/**
 * While a job of an upload that spans programs is being created, the account's object is told so again
 * and again: it gives up an upload that nobody is at any more, and can't know that by itself, since it
 * may have left memory meanwhile.
 */
import { logError } from "../log.js";
import { refuse } from "../problem.js";
import type { Stubs } from "../stubs.js";

/** Sooner than an upload is given up after a restart. */
const TOLD_EVERY_MS = 8_000;
/** Each is a request of this invocation, which may make 50. */
const MOST_TIMES = 8;

/** @throws where the upload was given up before. */
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
    if (told === MOST_TIMES) clearInterval(timer);
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
    "Creating the jobs took too long, and they were given up",
    "Nothing was queued. Ask again with a new Idempotency-Key; if it stays so, with fewer programs at a time.",
  );
