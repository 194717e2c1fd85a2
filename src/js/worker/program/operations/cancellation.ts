/** Cancels a job that has sent nothing, and frees its codes. */
import { requireState } from "../jobs/job-states.js";
import { type Refusal, refuse } from "../../problem.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { Ledger } from "../jobs/ledger.js";
import type { Live } from "../updates/live.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import { type JobRecord, type Records, type Who, note } from "../jobs/records.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import type { Runner } from "../sending/runner.js";
import { hasSent } from "../jobs/start-plan.js";

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly ledger: Ledger;
  readonly live: Live;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
}

export class Cancellation {
  constructor(
    readonly program: Dependencies,
    readonly storage: Pick<ObjectStorage, "transactionSync">,
  ) {}

  /** @throws if something of it was sent; it is then paused. */
  async cancel(record: JobRecord, who: Who): Promise<void> {
    requireState("cancel", record.summary);
    const { summary } = record;
    if (summary.status === "cancelled") return;
    if (hasSent(summary.progress)) throw hasBegun();
    // These have never run.
    if (summary.status !== "scheduled" && summary.status !== "unapproved") {
      await this.#stop(record);
    }
    note(record, { ...who, action: "cancelled", codes: summary.progress.total });
    this.#discard(record);
    await this.program.jobs.delete(record.number);
    this.program.live.changed(summary.id);
    await this.program.reports.report(record);
  }

  /** Stops the job, and waits for requests that are under way. */
  async #stop(record: JobRecord): Promise<void> {
    const { runner, jobs, reports } = this.program;
    const { summary, number } = record;
    if (summary.status === "running") summary.status = "paused";
    await runner.stopped(number);
    const progress = await jobs.use(number, async (job) => job.progress());
    // Another request may have come first.
    requireState("cancel", summary);
    if (!hasSent(progress)) return;
    runner.settle(record, progress);
    await reports.report(record);
    throw hasBegun();
  }

  #discard(record: JobRecord): void {
    const { ledger, records } = this.program;
    const { summary, number } = record;
    const now = Date.now();
    const { progress } = summary;
    this.storage.transactionSync(() => {
      ledger.fold(number, null, () => undefined);
      record.isFolded = true;
      Object.assign(summary, {
        status: "cancelled",
        progress: { ...progress, pending: 0, abandoned: progress.total },
        startsAt: null,
        waitingUntil: null,
        error: null,
        rate: null,
        updatedAt: now,
        finishedAt: now,
      });
      records.save(record);
    });
  }
}

function hasBegun(): Refusal {
  return refuse(
    409,
    "already_sending",
    "Some of the job was sent, so it can't be cancelled any more",
    "Pause it: then nothing more is sent. Batches that were not sent can be abandoned one by one.",
  );
}
