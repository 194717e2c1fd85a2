/**
 * Which tab of the console notifies about jobs, and of what it has notified: tabs share this in the
 * browser.
 */
import type { JobStatus, JobSummary } from "./types.js";

const TELLER = "tells-of-jobs";
const MARKS = "told-of-jobs";
const MAX_MARKS = 200;

const lockOf = (jobId: string): string => `sees-job-${jobId}`;

/** A page without TLS has no locks; nor has it notifications. */
const locks = navigator.locks as LockManager | undefined;

/** Held until `signal` ends it. */
function hold(name: string, mode: LockMode, signal: AbortSignal, onHeld = () => {}): void {
  void locks
    ?.request(name, { mode, signal }, () => {
      onHeld();
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    })
    // It was ended before it was held.
    .catch(() => {});
}

/** Becomes the tab that notifies, once no other one does. */
export const becomeTeller = (signal: AbortSignal, onHeld: () => void): void =>
  hold(TELLER, "exclusive", signal, onHeld);

/** Marks this job as visible in a tab. */
export const seeJob = (jobId: string, signal: AbortSignal): void =>
  hold(lockOf(jobId), "shared", signal);

export async function isSeen(jobId: string): Promise<boolean> {
  const { held = [] } = (await locks?.query()) ?? {};
  return held.some(({ name }) => name === lockOf(jobId));
}

/** The last status of each job that was notified. */
function marks(): Record<string, JobStatus> {
  try {
    return JSON.parse(localStorage.getItem(MARKS) ?? "{}") as Record<string, JobStatus>;
  } catch {
    return {};
  }
}

/** Whether any tab has notified about this already; from now on it counts as notified. */
export function markTold({ id, status }: JobSummary): boolean {
  const { [id]: before, ...others } = marks();
  if (before === status) return true;
  write({ ...Object.fromEntries(Object.entries(others).slice(1 - MAX_MARKS)), [id]: status });
  return false;
}

/** The job has resumed: if it stops once more, that is new. */
export function forgetTold({ id }: JobSummary): void {
  const { [id]: before, ...others } = marks();
  if (before !== undefined) write(others);
}

function write(told: Record<string, JobStatus>): void {
  try {
    localStorage.setItem(MARKS, JSON.stringify(told));
  } catch {
    // A notification replaces the previous one of the same job.
  }
}
