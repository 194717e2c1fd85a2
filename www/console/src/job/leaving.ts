/** What leaves when a job starts or goes on: all that is open, or the codes that go first. */
import { codes, number } from "../format.js";
import type { JobSummary } from "../server/types.js";

type Open = Pick<JobSummary, "pauseAfter" | "progress">;

export function leavingOf({ pauseAfter, progress }: Open): number {
  const open = progress.pending + progress.sending;
  const others = pauseAfter === null ? 0 : progress.total - pauseAfter;
  return open > others ? open - others : open;
}

/** `15 codes`, `1 code first, of 15` */
export function leavingInWords(job: Open): string {
  const open = job.progress.pending + job.progress.sending;
  const first = leavingOf(job);
  return first === open ? codes(open) : `${codes(first)} first, of ${number(open)}`;
}
