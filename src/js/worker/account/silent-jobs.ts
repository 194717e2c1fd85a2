/** Jobs that should run and do not report: history says so, and their programs are asked to go on. */
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
  message: "The job is to run, and has not been heard of for some minutes",
  hint: "It is asked again and again. See the worker's log: storage may refuse what is written (a day's rows, a spending limit).",
  queued: "no",
};

export class SilentJobs {
  constructor(
    readonly index: JobIndex,
    readonly state: AppState,
    readonly stubs: Stubs,
  ) {}

  /** Asks at most so many programs. */
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
        .wake(jobs)
        .catch((error: unknown) => logError("wake", error));
    });
  }

  /** When one of those that run is silent. */
  nextDue(now: number): number {
    return Math.min(...this.#running().map((job) => silentAt(job, now)));
  }

  #running(): JobSummary[] {
    return this.state.isPaused ? [] : this.index.running();
  }
}

/** Until when there was no reason to hear of a job. */
function heardUntil({ updatedAt, waitingUntil }: JobSummary, now: number): number {
  // Not after a clock was set back.
  return Math.min(now, updatedAt) + Math.max(0, (waitingUntil ?? 0) - updatedAt);
}

/** When a job that runs is silent; one that was asked is asked again later. */
function silentAt(job: JobSummary, now: number): number {
  const at = heardUntil(job, now) + SILENT_MS;
  return at > now ? at : now + LONGEST_RETRY_MS;
}
