/**
 * When a created job starts to send, and whether another operator has to approve it.
 *
 * | Status       | approve           | resume    | start time     | pause    | cancel      |
 * | ------------ | ----------------- | --------- | -------------- | -------- | ----------- |
 * | `unapproved` | as if created now | -         | -              | -        | `cancelled` |
 * | `scheduled`  | -                 | `running` | `running`      | `paused` | `cancelled` |
 * | `paused`     | -                 | `running` | -              | `paused` | `cancelled` |
 * | `running`    | -                 | `running` | -              | `paused` | `cancelled` |
 *
 * After its first codes (`pauseAfter`) a job is `paused` by itself, and `resume` sends the others. It
 * can be `cancelled` only while nothing was sent. A job is created `unapproved` if it needs a second
 * operator; else `paused` if it is not to start, `scheduled` if it is to start later, or `running`.
 */
import type { JobProgress } from "../../job/types.js";
import type { JobStatus, JobSummary } from "../types.js";

/** How far ahead a job may start, in seconds. */
export const LONGEST_START_SECONDS = 3_600;

export interface StartPlan {
  /** Whether it starts by itself. */
  starts: boolean;
  /** How long after its creation or approval it starts. */
  startInSeconds: number;
  /** Whether another operator has to approve it first. */
  needsApproval: boolean;
  /** Whether an operator has resumed it after its first codes. */
  isPastPause: boolean;
}

/** The plan of a job of an earlier release. */
export const START_AT_ONCE: StartPlan = {
  starts: true,
  startInSeconds: 0,
  needsApproval: false,
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
  summary.status = firstStatus(plan, isUnapproved(job));
  summary.startsAt = summary.status === "scheduled" ? now + plan.startInSeconds * 1000 : null;
}

function firstStatus({ starts, startInSeconds }: StartPlan, isHeldBack: boolean): JobStatus {
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

/** Whether its first codes were answered, and an operator has to resume it for the others. */
export const isAtPause = (
  { isPastPause }: StartPlan,
  { pausedAfter }: Pick<JobProgress, "pausedAfter">,
): boolean => pausedAfter && !isPastPause;

/** Whether a request was sent, or is about to be. */
export const hasLeft = ({ pending, total, requests }: JobProgress): boolean =>
  requests > 0 || pending < total;
