/** What is sent when a job starts or resumes: everything open, or the codes that are sent first. */
import { codes, number } from "../format.js";
import type { JobSummary } from "../server/types.js";

type Open = Pick<JobSummary, "pauseAfter" | "progress">;

export function codesToSend({ pauseAfter, progress }: Open): number {
  const open = progress.pending + progress.sending;
  const others = pauseAfter === null ? 0 : progress.total - pauseAfter;
  return open > others ? open - others : open;
}

/** `15 codes`, `1 code first, of 15` */
export function leavingInWords(job: Open): string {
  const open = job.progress.pending + job.progress.sending;
  const first = codesToSend(job);
  return first === open ? codes(open) : `${codes(first)} first, of ${number(open)}`;
}
