/**
 * Who has a journal: one job at a time, or two would send the same codes.
 *
 * Between processes that is the journal's own lock. Within one, a job that does
 * nothing gives way to whoever opens its journal anew.
 */
import { toError } from "./errors.js";
import type { Journal } from "./journal-types.js";

export interface Ownership {
  /** Whether a job is at work on the journal. */
  isBusy: () => boolean;
  readonly isReleased: boolean;
  release(): Promise<void>;
}

const byKey = new Map<string, Ownership>();
const byJournal = new WeakMap<Journal, Ownership>();

/** Takes a journal; refuses one that is taken. */
export async function own(journal: Journal): Promise<Ownership> {
  const { key } = journal;
  const before = key === undefined ? byJournal.get(journal) : byKey.get(key);
  if (before !== undefined && !before.isReleased && before.isBusy()) throw busy();
  let unlock: () => void | Promise<void> = () => {};
  const ownership = {
    // Until the job that it is for is open.
    isBusy: () => true,
    isReleased: false,
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
  await before?.release();
  const given = journal.lock === undefined ? unlock : await journal.lock();
  if (given === undefined) {
    await ownership.release();
    throw busy();
  }
  unlock = given;
  return ownership;
}

function busy(): Error {
  return toError({
    class: "JobError",
    code: "job_busy",
    queued: "no",
    message: "Another job is at work on this journal",
    hint: "Close that one, or wait until its process has ended.",
  });
}
