/**
 * When a job that was created begins to send, and who has to have agreed.
 *
 * | It is        | approve           | resume    | its time comes | pause    | cancel      |
 * | ------------ | ----------------- | --------- | -------------- | -------- | ----------- |
 * | `unapproved` | as if created now | -         | -              | -        | `cancelled` |
 * | `scheduled`  | -                 | `running` | `running`      | `paused` | `cancelled` |
 * | `paused`     | -                 | `running` | -              | `paused` | `cancelled` |
 * | `running`    | -                 | `running` | -              | `paused` | `cancelled` |
 *
 * After its first codes (`pauseAfter`) it is `paused` by itself, and `resume` sends the others.
 * `cancelled` only while nothing of it has left. A job is created `unapproved` if it needs a second
 * operator; else `paused` if it is not to start, `scheduled` if it is to start later, or `running`.
 */
import type { JobProgress } from "../../job/types.js";
import type { JobStatus, JobSummary } from "../types.js";

/** How far ahead a job may start, in seconds. */
export const LONGEST_START_SECONDS = 3_600;

export interface StartPlan {
  /** Whether it starts by itself. */
  starts: boolean;
  /** So long after it was created, or approved. */
  startInSeconds: number;
  /** Whether an operator of another name has to agree first. */
  needsApproval: boolean;
  /** Whether an operator has let it go on after its first codes. */
  isPastPause: boolean;
}

/** What a job of an earlier release has. */
export const START_AT_ONCE: StartPlan = {
  starts: true,
  startInSeconds: 0,
  needsApproval: false,
  isPastPause: false,
};

/** A job as far as this is concerned. */
interface Starting {
  plan: StartPlan;
  summary: Pick<JobSummary, "status" | "approval" | "startsAt">;
}

/** Whether nothing of it may leave before another operator agrees. */
export const isUnapproved = ({ plan, summary }: Starting): boolean =>
  plan.needsApproval && summary.approval === null;

/** It is created, or approved: what it is from now on. */
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

/** When one that is scheduled starts; a clock that was set back since takes it along. */
export function startAt(
  { startsAt, updatedAt }: Pick<JobSummary, "startsAt" | "updatedAt">,
  now: number,
): number {
  return (startsAt ?? now) - Math.max(0, updatedAt - now);
}

/** Whether its first codes were answered, and an operator has yet to let the others leave. */
export const isAtPause = (
  { isPastPause }: StartPlan,
  { pausedAfter }: Pick<JobProgress, "pausedAfter">,
): boolean => pausedAfter && !isPastPause;

/** Whether something of it has left, or is about to. */
export const hasLeft = ({ pending, total, requests }: JobProgress): boolean =>
  requests > 0 || pending < total;
