/** Which page of the console tells of jobs, and what was told: pages know of each other by the browser. */
import type { JobStatus, JobSummary } from "./types.js";

const TELLER = "tells-of-jobs";
const MARKS = "told-of-jobs";
const MOST_MARKS = 200;

const lockOf = (jobId: string): string => `sees-job-${jobId}`;

/** A page without TLS has none; nor has it notices. */
const locks = navigator.locks as LockManager | undefined;

/** Held until `signal` ends it. */
function hold(name: string, mode: LockMode, signal: AbortSignal, onHeld = () => {}): void {
  void locks
    ?.request(name, { mode, signal }, () => {
      onHeld();
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    })
    // Ended before it was held.
    .catch(() => {});
}

/** Becomes the one page that tells, once no other is. */
export const becomeTeller = (signal: AbortSignal, onHeld: () => void): void =>
  hold(TELLER, "exclusive", signal, onHeld);

/** Somebody is looking at this job. */
export const seeJob = (jobId: string, signal: AbortSignal): void =>
  hold(lockOf(jobId), "shared", signal);

export async function isSeen(jobId: string): Promise<boolean> {
  const { held = [] } = (await locks?.query()) ?? {};
  return held.some(({ name }) => name === lockOf(jobId));
}

/** The status that was told of each job. */
function marks(): Record<string, JobStatus> {
  try {
    return JSON.parse(localStorage.getItem(MARKS) ?? "{}") as Record<string, JobStatus>;
  } catch {
    return {};
  }
}

/** Whether this was told already, by any page; from now on it was. */
export function markTold({ id, status }: JobSummary): boolean {
  const { [id]: before, ...others } = marks();
  if (before === status) return true;
  write({ ...Object.fromEntries(Object.entries(others).slice(1 - MOST_MARKS)), [id]: status });
  return false;
}

/** It goes on: if it stops once more, that is news. */
export function forgetTold({ id }: JobSummary): void {
  const { [id]: before, ...others } = marks();
  if (before !== undefined) write(others);
}

function write(told: Record<string, JobStatus>): void {
  try {
    localStorage.setItem(MARKS, JSON.stringify(told));
  } catch {
    // A notice of the same job takes the place of the one before.
  }
}
