/**
 * Locks a journal for one job at a time, since two jobs would send the same codes.
 *
 * Between processes, the journal's own lock does this. Within a process, opening a
 * journal closes an idle job that holds it.
 */
import { type VoucherError, toVoucherError, toError } from "../errors.js";
import { JOB_BUSY_HINT, JOURNAL_FAILED_HINT } from "../generated/protocol.js";
import { lengths } from "../journal/shared.js";
import { isFunction } from "../schema.js";
import type { Journal } from "../journal/types.js";

export interface JournalLock {
  /** Whether the job is running or writing. */
  isBusy: () => boolean;
  readonly isReleased: boolean;
  /**
   * The length of the journal in bytes, as remembered by this process or by the journal's storage.
   */
  knownLength(): Promise<number>;
  keepLength(bytes: number): Promise<void>;
  release(): Promise<void>;
}

const byKey = new Map<string, JournalLock>();
const byJournal = new WeakMap<Journal, JournalLock>();

/** Acquires a journal, which is created if it `creates` a job; refuses a journal that is in use. */
export async function acquireJournal(journal: Journal, creates: boolean): Promise<JournalLock> {
  try {
    return await acquire(journal, creates);
  } catch (error) {
    throw toVoucherError(error, (cause) => journalFailed("no", cause));
  }
}

async function acquire(journal: Journal, create: boolean): Promise<JournalLock> {
  const { key } = journal;
  const previous = key === undefined ? byJournal.get(journal) : byKey.get(key);
  if (previous !== undefined && !previous.isReleased && previous.isBusy()) throw busy();
  let unlock: () => unknown = () => {};
  const lock = {
    // Until its job is open.
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
      if (lock.isReleased) return;
      lock.isReleased = true;
      if (key === undefined) byJournal.delete(journal);
      else if (byKey.get(key) === lock) byKey.delete(key);
      await unlock();
    },
  };
  if (key === undefined) byJournal.set(journal, lock);
  else byKey.set(key, lock);
  let unlockFunction: unknown;
  try {
    await previous?.release();
    unlockFunction = journal.lock === undefined ? unlock : await journal.lock({ create });
  } finally {
    if (!isFunction(unlockFunction)) await lock.release();
  }
  if (!isFunction(unlockFunction)) throw busy();
  unlock = unlockFunction;
  return lock;
}

function busy(): VoucherError {
  return jobError("job_busy", "no", "Another job is using this journal", JOB_BUSY_HINT);
}

/** An error of a job that arises in JavaScript. */
export function jobError(
  code: "journal_failed" | "job_busy" | "job_closed",
  queued: "no" | "unknown",
  message: string,
  hint: string,
  cause?: unknown,
): VoucherError {
  return toError({ class: "JobError", code, queued, message, hint, cause });
}

/** An operation of the journal failed. */
export function journalFailed(queued: "no" | "unknown", cause: unknown): VoucherError {
  return jobError("journal_failed", queued, "The journal failed", JOURNAL_FAILED_HINT, cause);
}
