/**
 * Who has a journal: one job at a time, or two would send the same codes.
 *
 * Between processes that is the journal's own lock. Within one, a job that does
 * nothing gives way to whoever opens its journal anew.
 */
import { type VoucherError, ours, toError } from "../errors.js";
import { lengths } from "../journal/shared.js";
import { isFunction } from "../schema.js";
import type { Journal } from "../journal/types.js";

export interface Ownership {
  /** Whether a job is at work on the journal. */
  isBusy: () => boolean;
  readonly isReleased: boolean;
  /** How many bytes the journal has had, by what this process or the journal's place remembers. */
  knownLength(): Promise<number>;
  keepLength(bytes: number): Promise<void>;
  release(): Promise<void>;
}

const byKey = new Map<string, Ownership>();
const byJournal = new WeakMap<Journal, Ownership>();

/** Takes a journal, which is made if it `creates` a job; refuses one that is taken. */
export async function own(journal: Journal, creates: boolean): Promise<Ownership> {
  try {
    return await take(journal, creates);
  } catch (error) {
    throw ours(error, (cause) => journalFailed("no", cause));
  }
}

async function take(journal: Journal, create: boolean): Promise<Ownership> {
  const { key } = journal;
  const before = key === undefined ? byJournal.get(journal) : byKey.get(key);
  if (before !== undefined && !before.isReleased && before.isBusy()) throw busy();
  let unlock: () => unknown = () => {};
  const ownership = {
    // Until the job that it is for is open.
    isBusy: () => true,
    isReleased: false,
    async knownLength() {
      const remembered = (await journal.rememberedLength?.()) ?? 0;
      return Math.max(lengths.get(key ?? journal), remembered);
    },
    async keepLength(bytes: number) {
      lengths.set(key ?? journal, bytes);
      await journal.rememberLength?.(bytes);
    },
    async release() {
      if (ownership.isReleased) return;
      ownership.isReleased = true;
      if (key === undefined) byJournal.delete(journal);
      else if (byKey.get(key) === ownership) byKey.delete(key);
      await unlock();
    },
  };
  if (key === undefined) byJournal.set(journal, ownership);
  else byKey.set(key, ownership);
  let given: unknown;
  try {
    await before?.release();
    given = journal.lock === undefined ? unlock : await journal.lock({ create });
  } finally {
    if (!isFunction(given)) await ownership.release();
  }
  if (!isFunction(given)) throw busy();
  unlock = given;
  return ownership;
}

function busy(): VoucherError {
  const hint = "Close that one, or wait until its process has ended.";
  return jobError("job_busy", "no", "Another job is at work on this journal", hint);
}

/** An error of a job's that starts on this side. */
export function jobError(
  code: "journal_failed" | "job_busy" | "job_closed",
  queued: "no" | "unknown",
  message: string,
  hint: string,
  cause?: unknown,
): VoucherError {
  return toError({ class: "JobError", code, queued, message, hint, cause });
}

/** The journal did not do what it was asked. */
export function journalFailed(queued: "no" | "unknown", cause: unknown): VoucherError {
  const hint = "See `cause`; then resume the job from its journal, which has all that is known.";
  return jobError("journal_failed", queued, "The journal failed", hint, cause);
}
