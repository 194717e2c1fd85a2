/** Finds jobs that should run and do not report: history shows it, and their programs are woken. */
import { LONGEST_RETRY_MS } from "../alarm.js";
import { log, logError } from "../log.js";
import { inParallel } from "../parallel.js";
import type { Stubs } from "../stubs.js";
import type { JobFault, JobSummary } from "../types.js";
import type { AppState } from "./app-state.js";
import type { JobIndex } from "./job-index.js";

/** A job that runs reports every few seconds; each slice of it lasts a minute at most. */
export const SILENT_MS = 3 * 60_000;
const SILENT: JobFault = {
  code: "silent",
  message: "The job should be running, but has not reported for some minutes",
  hint: "The worker keeps retrying. See its log: storage may refuse writes (a day's rows, a spending limit).",
  queued: "no",
};

export class SilentJobs {
  constructor(
    readonly index: JobIndex,
    readonly state: AppState,
    readonly stubs: Stubs,
  ) {}

  /** Wakes at most this many programs. */
  async wake(most: number): Promise<void> {
    const now = Date.now();
    const silent = this.#running().filter((job) => heardUntil(job, now) + SILENT_MS <= now);
    const byProgram = new Map<string, string[]>();
    for (const job of silent) {
      if (job.error?.code !== SILENT.code) {
        log("job", { job: job.id, program: job.programId, state: "silent" });
        this.index.update({ ...job, error: SILENT });
      }
      byProgram.set(job.programId, [...(byProgram.get(job.programId) ?? []), job.id]);
    }
    await inParallel([...byProgram].slice(0, most), async ([program, jobs]) => {
      await this.stubs
        .program(program)
        .restartSilent(jobs)
        .catch((error: unknown) => logError("wake", error));
    });
  }

  /** When the next running job counts as silent. */
  nextDue(now: number): number {
    return Math.min(...this.#running().map((job) => silentAt(job, now)));
  }

  #running(): JobSummary[] {
    return this.state.isPaused ? [] : this.index.running();
  }
}

/** Until when no report of a job is expected. */
function heardUntil({ updatedAt, waitingUntil }: JobSummary, now: number): number {
  // `updatedAt` lies ahead if the clock was set back.
  return Math.min(now, updatedAt) + Math.max(0, (waitingUntil ?? 0) - updatedAt);
}

/** When a running job counts as silent; one that was woken is woken again later. */
function silentAt(job: JobSummary, now: number): number {
  const at = heardUntil(job, now) + SILENT_MS;
  return at > now ? at : now + LONGEST_RETRY_MS;
}
