/**
 * Jobs that are about to start, with the time left to cancel them.
 *
 * A job that is kept is started by the worker. Any other is created paused and started by this page, so that
 * nothing is sent if the page crashes; a page that is closed cancels it. In both cases the worker decides
 * whether there is still something to start, since another page may have been first.
 */
import { announce } from "../announce.js";
import { count } from "../format.js";
import { createStore, useStore } from "../store.js";
import { type WorkerError, toWorkerError } from "./error.js";
import { type Start, apiOfJob, cancelJob, startJob } from "./jobs.js";
import { invalidate } from "./resource.js";
import { apiOf } from "./programs.js";
import type { JobSummary } from "./types.js";

export interface StartWindow {
  /** Jobs that were created together and, as far as this page knows, have not started. */
  jobs: readonly JobSummary[];
  startsAt: number;
  /** Whether the worker starts them, even if this page is closed. */
  isKept: boolean;
  timer: ReturnType<typeof setTimeout>;
  /** The action that failed. After that, nothing happens automatically. */
  failed: { action: "start" | "cancel"; problem: WorkerError } | null;
}

export const startWindows = createStore<readonly StartWindow[]>([]);

/** The job was started, cancelled or deleted before. */
const DECIDED = new Set([
  ...["already_started", "already_sending", "wrong_job_state"],
  ...["job_cancelled", "job_expired", "not_found"],
]);
export const isDecided = ({ code }: WorkerError): boolean => DECIDED.has(code);

const ENDED = "Its start window ended.";
const GONE = "The page that was to start it was closed or reloaded.";

/** Begins the start window of jobs that were created now. */
export function beginWindow(created: readonly JobSummary[], start: Start, seconds: number): void {
  const jobs = created.filter(({ status }) => status === "scheduled" || status === "paused");
  if (start === "now" || jobs.length === 0) return;
  const isKept = start !== "paused";
  const waitMs = seconds * 1_000;
  const timer = setTimeout(() => {
    const window = windowOf(jobs);
    if (window === undefined) return;
    if (isKept) close(window);
    else void startNow(window, ENDED);
  }, waitMs);
  const window = { jobs, startsAt: Date.now() + waitMs, isKept, timer, failed: null };
  startWindows.set([...startWindows.get(), window]);
}

/** The window that has one of these jobs. */
const windowOf = (jobs: readonly JobSummary[]): StartWindow | undefined =>
  startWindows
    .get()
    .find((window) => window.jobs.some(({ id }) => jobs.some((job) => job.id === id)));

const replace = (window: StartWindow, ...by: StartWindow[]): void =>
  startWindows.set(startWindows.get().flatMap((one) => (one === window ? by : [one])));

/** Ends a window; its jobs stay as they are. */
export function close(window: StartWindow): void {
  clearTimeout(window.timer);
  replace(window);
}

export const startNow = (window: StartWindow, reason = ""): Promise<void> =>
  end(window, "start", (job) => startJob(job.programId, job.id, reason));

export const cancelStart = (window: StartWindow): Promise<void> =>
  end(window, "cancel", (job) => cancelJob(job.programId, job.id));

const TOLD = {
  start: (jobs: number) => (jobs === 1 ? "The job starts." : `${count(jobs, "job")} start.`),
  cancel: (jobs: number) =>
    `${jobs === 1 ? "The job is" : `${count(jobs, "job")} are`} cancelled. Nothing was sent.`,
};

async function end(
  window: StartWindow,
  action: "start" | "cancel",
  act: (job: JobSummary) => Promise<unknown>,
): Promise<void> {
  clearTimeout(window.timer);
  const { jobs } = window;
  const ended = await Promise.allSettled(jobs.map(act));
  const problems = ended.map((one) =>
    one.status === "rejected" ? toWorkerError(one.reason) : null,
  );
  for (const programId of new Set(jobs.map((job) => job.programId))) invalidate(apiOf(programId));
  const done = problems.filter((problem) => problem === null).length;
  // A job that was started elsewhere needs no start. A job that can't be cancelled any more is shown.
  const failures = jobs.flatMap((job, index) => {
    const problem = problems[index];
    return problem && !(action === "start" && isDecided(problem)) ? [{ job, problem }] : [];
  });
  const [failure] = failures;
  const now = windowOf(jobs);
  if (now) {
    const left = failure && {
      ...now,
      jobs: failures.map(({ job }) => job),
      failed: { action, problem: failure.problem },
    };
    replace(now, ...(left ? [left] : []));
  }
  if (done > 0) announce(TOLD[action](done));
}

/** The window of a job; `null` if it has none, or an action has failed. */
export function useStartWindow(jobId: string): StartWindow | null {
  const windows = useStore(startWindows);
  return windows.find(({ jobs, failed }) => !failed && jobs.some(({ id }) => id === jobId)) ?? null;
}

/** Removes a job that was started or cancelled, here or elsewhere. */
export function leaveWindow(job: JobSummary): void {
  const window = windowOf([job]);
  if (window === undefined || window.failed !== null) return;
  const jobs = window.jobs.filter(({ id }) => id !== job.id);
  if (jobs.length === 0) close(window);
  else replace(window, { ...window, jobs });
}

/** A page that is closed cancels its jobs. */
addEventListener("pagehide", () => {
  for (const { jobs, timer, isKept } of startWindows.get()) {
    clearTimeout(timer);
    for (const job of isKept ? [] : jobs) {
      void fetch(`${apiOfJob(job.programId, job.id)}/cancel`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ reason: GONE }),
        keepalive: true,
      });
    }
  }
  startWindows.set([]);
});
