/** Ends a job that has stopped before all of it was sent: what is pending is abandoned, and free again. */
import type { OpenJobs } from "../jobs/open-jobs.js";
import { requireState } from "../jobs/job-states.js";
import { type JobRecord, type Who, note, restingStatus } from "../jobs/records.js";
import type { Runner } from "../sending/runner.js";
import type { ProgressReports } from "../updates/progress-reports.js";

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly reports: ProgressReports;
  readonly runner: Runner;
}

export async function abandonRest(
  { jobs, reports, runner }: Dependencies,
  record: JobRecord,
  who: Who,
): Promise<void> {
  const { summary, number } = record;
  requireState("abandon", summary);
  // A job that was paused just now may still be sending.
  await runner.stopped(number);
  const { codes, progress } = await jobs.use(number, async (job) => {
    // Another request may have come first.
    requireState("abandon", summary);
    const pending = job.batches().filter(({ state }) => state === "pending");
    // Saved together, or not at all.
    await Promise.all(pending.map(({ id }) => job.resolve(id, "abandon")));
    return {
      codes: pending.reduce((all, batch) => all + batch.codes, 0),
      progress: job.progress(),
    };
  });
  Object.assign(summary, { status: restingStatus(progress), error: null });
  note(record, { ...who, action: "ended", codes });
  runner.settle(record, progress);
  await reports.report(record);
}
