/**
 * A job that this page starts after a while, unless it is cancelled before. It is created paused, so
 * that nothing leaves if the page is gone without a word; a page that goes says so, and cancels it.
 */
import { announce } from "../announce.js";
import { createStore } from "../store.js";
import { apiOfJob, cancelJob, resumeJob } from "./jobs.js";
import { type WorkerError, toWorkerError } from "./error.js";
import { outdate } from "./resource.js";
import { apiOf } from "./programs.js";
import type { JobSummary } from "./types.js";

export interface Waiting {
  job: JobSummary;
  startsAt: number;
  timer: ReturnType<typeof setTimeout>;
  /** Why it was not started, or not cancelled. */
  problem: WorkerError | null;
}

export const startWindows = createStore<readonly Waiting[]>([]);

const without = (id: string) => startWindows.get().filter(({ job }) => job.id !== id);

export function beginWindow(job: JobSummary, seconds: number): void {
  const timer = setTimeout(() => void startNow(job), seconds * 1_000);
  const startsAt = Date.now() + seconds * 1_000;
  startWindows.set([...without(job.id), { job, startsAt, timer, problem: null }]);
}

export const startNow = (job: JobSummary): Promise<void> =>
  end(job, "The job starts.", () => resumeJob(job.programId, job.id));

export const cancelStart = (job: JobSummary): Promise<void> =>
  end(job, "The job is cancelled. Nothing of it has left.", () => cancelJob(job.programId, job.id));

async function end(job: JobSummary, told: string, act: () => Promise<unknown>): Promise<void> {
  const waiting = startWindows.get().find((one) => one.job.id === job.id);
  if (waiting === undefined) return;
  clearTimeout(waiting.timer);
  try {
    await act();
    startWindows.set(without(job.id));
    outdate(apiOf(job.programId));
    announce(told);
  } catch (error) {
    startWindows.set([...without(job.id), { ...waiting, problem: toWorkerError(error) }]);
  }
}

/** A page that goes takes its jobs along. */
addEventListener("pagehide", () => {
  for (const { job, timer } of startWindows.get()) {
    clearTimeout(timer);
    void fetch(`${apiOfJob(job.programId, job.id)}/cancel`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
      keepalive: true,
    });
  }
  startWindows.set([]);
});
