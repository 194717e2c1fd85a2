/**
 * When a created job starts to send, and whether another operator has to approve it.
 *
 * | Status       | approve           | resume, start | start time | pause    | cancel      |
 * | ------------ | ----------------- | ------------- | ---------- | -------- | ----------- |
 * | `unapproved` | as if created now | -             | -          | -        | `cancelled` |
 * | `scheduled`  | -                 | `running`     | `running`  | `paused` | `cancelled` |
 * | `paused`     | -                 | `running`     | -          | `paused` | `cancelled` |
 * | `running`    | -                 | `running`     | -          | `paused` | `cancelled` |
 *
 * `start` is refused once a job was started, so that a late call, such as that of a page at the end of its
 * countdown, can't resume a job that has paused meanwhile. If the start time passed while the worker was
 * down, when the job could not be cancelled, the start window begins again. It does not run while
 * everything is paused.
 *
 * After its first codes (`pauseAfter`) a job is `paused` automatically, and `resume` sends the others. It
 * can be `cancelled` only while nothing was sent. A job is created `unapproved` if it needs a second
 * operator; else `paused` if it is not to start, `scheduled` if it is to start later, or `running`.
 */
import type { JobProgress } from "../../../job/types.js";
import type { JobStatus, JobSummary } from "../../types.js";

/** How far ahead a job may start, in seconds. */
export const LONGEST_START_SECONDS = 3_600;

export interface StartPlan {
  /** Whether it starts automatically. */
  starts: boolean;
  /** How long after its creation or approval it starts. */
  startInSeconds: number;
  /** Whether another operator has to approve it first. */
  needsApproval: boolean;
  /** Whether it was started, whoever or whatever has paused it since. */
  isStarted: boolean;
  /** Whether an operator has resumed it after its first codes. */
  isPastPause: boolean;
}

/** The plan of a job of an earlier release. */
export const START_AT_ONCE: StartPlan = {
  starts: true,
  startInSeconds: 0,
  needsApproval: false,
  isStarted: false,
  isPastPause: false,
};

/** The parts of a job that are used here. */
interface Starting {
  plan: StartPlan;
  summary: Pick<JobSummary, "status" | "approval" | "startsAt">;
}

/** Whether it still waits for another operator's approval. */
export const isUnapproved = ({ plan, summary }: Starting): boolean =>
  plan.needsApproval && summary.approval === null;

/** The status of a job after its creation or approval. */
export function begin(job: Starting, now: number): void {
  const { plan, summary } = job;
  summary.status = initialStatus(plan, isUnapproved(job));
  if (summary.status === "running") job.plan = { ...plan, isStarted: true };
  summary.startsAt = summary.status === "scheduled" ? now + plan.startInSeconds * 1000 : null;
}

function initialStatus({ starts, startInSeconds }: StartPlan, isHeldBack: boolean): JobStatus {
  if (isHeldBack) return "unapproved";
  if (!starts) return "paused";
  return startInSeconds > 0 ? "scheduled" : "running";
}

/** When a scheduled job starts. If the clock was set back, the time moves back with it. */
export function startAt(
  { startsAt, updatedAt }: Pick<JobSummary, "startsAt" | "updatedAt">,
  now: number,
): number {
  return (startsAt ?? now) - Math.max(0, updatedAt - now);
}

/** How late an alarm may be. */
const LATE_MS = 5_000;

/** Whether its start time had passed before the program's object was in memory: it could not be cancelled then. */
export const isMissed = ({ startsAt }: Pick<JobSummary, "startsAt">, bornAt: number): boolean =>
  startsAt !== null && bornAt > startsAt + LATE_MS;

/** Whether its first codes were answered, and an operator has to resume it for the others. */
export const isAtPause = (
  { isPastPause }: StartPlan,
  { pausedAfter }: Pick<JobProgress, "pausedAfter">,
): boolean => pausedAfter && !isPastPause;

/** Whether a request was sent, or is about to be. */
export const hasSent = ({ pending, total, requests }: JobProgress): boolean =>
  requests > 0 || pending < total;
