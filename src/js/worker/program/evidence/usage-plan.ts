/** When a program's usage is read next, from earlier reads and its open jobs. */
import type { Settings } from "../../settings.js";
import type { JobFault } from "../../types.js";
import type { JobRecord } from "../jobs/records.js";
import { hasTrait } from "../jobs/statuses.js";
import { isUsageStale, resendAt, activityOf } from "./settling.js";

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** The longest interval after failed reads, which doubles each time. */
const LONGEST_RETRY_MS = HOUR_MS;

/** The reads of usage that a program's object stores. */
export interface UsageState {
  /** When the last read began, with any result; 0 if there was none. */
  triedAt: number;
  /** When the last completed read began. */
  endedAt: number;
  /** When the last successful read began. */
  readAt: number | null;
  /** How many reads have failed since. */
  failures: number;
  /** Why the last one failed. */
  error: JobFault | null;
  /** When to try again after failures; otherwise 0. */
  retryAt: number;
  /** An event requested a read by this time. */
  wantedAt: number | null;
  /** How many scheduled reads there were since the last send. */
  step: number;
  /** How many requests each job had sent by then, by its number. */
  requests: Record<string, number>;
}

export const NOTHING_READ: UsageState = {
  triedAt: 0,
  endedAt: 0,
  readAt: null,
  failures: 0,
  error: null,
  retryAt: 0,
  wantedAt: null,
  step: 0,
  requests: {},
};

/** Whether a read can change something in a job. */
export function isOpen({ summary }: JobRecord, now: number, { retentionDays }: Settings): boolean {
  const { queued, unknown, sending } = summary.progress;
  return queued + unknown + sending > 0 && summary.updatedAt + retentionDays * DAY_MS > now;
}

/** When the next scheduled read is due, if there is one; `open` are the open jobs. */
export function nextReadAt(
  state: UsageState,
  open: readonly JobRecord[],
  now: number,
  { reconcile, settleMinutes }: Settings,
): number | undefined {
  if (reconcile === false || open.length === 0) return undefined;
  const { intervalHours, pauseMinutes } = reconcile;
  // A time from before the clock was set back must not delay anything.
  const ago = (at: number) => Math.min(at, now);
  const earliest = state.triedAt === 0 ? 0 : ago(state.triedAt) + pauseMinutes * MINUTE_MS;
  if (state.failures > 0)
    return Math.max(earliest, Math.min(state.retryAt, now + LONGEST_RETRY_MS));
  const sent = open.filter((record) => hasSent(record, state));
  const isAsked = sent.some(({ summary }) => {
    return summary.progress.unknown > 0 && hasTrait(summary.status, "resting");
  });
  // Before an operator may decide to resend codes without a report.
  const settled = open.flatMap((record) => {
    const { summary } = record;
    if (summary.progress.unknown === 0 || !hasTrait(summary.status, "resting")) return [];
    const times = activityOf(record);
    const isStale = isUsageStale({ ...times, usageTriedAt: state.triedAt }, settleMinutes);
    return isStale ? [Math.max(now, resendAt(times, settleMinutes))] : [];
  });
  const readAt = ago(state.readAt ?? 0);
  const since = sent.map(({ summary }) => Math.max(readAt, ago(summary.createdAt)));
  const step = since.length > 0 ? 0 : Math.min(state.step, intervalHours.length - 1);
  const regular =
    Math.min(...(since.length > 0 ? since : [readAt])) + (intervalHours[step] ?? 0) * HOUR_MS;
  return Math.max(
    earliest,
    Math.min(isAsked ? now : Infinity, state.wantedAt ?? Infinity, regular, ...settled),
  );
}

/** Whether the job has sent something since the last read. */
function hasSent({ number, summary }: JobRecord, { requests }: UsageState): boolean {
  return summary.progress.requests !== requests[number];
}

/** Records that a read begins. Later events request another read. */
export function readStarted(state: UsageState, now: number): UsageState {
  return { ...state, triedAt: now, wantedAt: null };
}

/** Records that a read succeeded; `open` are the jobs as they were when it began. */
export function readSucceeded(
  state: UsageState,
  requests: UsageState["requests"],
  readAt: number,
): UsageState {
  const isSame = Object.entries(requests).every(([job, sent]) => state.requests[job] === sent);
  const step = isSame ? state.step + 1 : 1;
  return {
    ...state,
    endedAt: readAt,
    readAt,
    failures: 0,
    error: null,
    retryAt: 0,
    step,
    requests,
  };
}

/** Records that a read failed. */
export function readFailed(
  state: UsageState,
  error: JobFault,
  retryAfterMs: number,
  now: number,
  pauseMinutes: number,
): UsageState {
  const waitMs = Math.min(pauseMinutes * MINUTE_MS * 2 ** state.failures, LONGEST_RETRY_MS);
  const retryAt = now + Math.min(Math.max(waitMs, retryAfterMs), LONGEST_RETRY_MS);
  const endedAt = state.triedAt;
  return { ...state, endedAt, failures: state.failures + 1, error, retryAt };
}
