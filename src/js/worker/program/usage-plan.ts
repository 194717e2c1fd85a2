/** When a program's usage is read next: from what was read so far, and what its jobs have open. */
import type { Settings } from "../settings.js";
import type { JobFault, JobStatus } from "../types.js";
import type { JobRecord } from "./records.js";
import { isUsageStale, resendAt, timesOf } from "./settling.js";

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** Reads that fail are tried again at intervals that double until they are that long. */
const LONGEST_RETRY_MS = HOUR_MS;

/** What a program's object keeps of the reading, from one life in memory to the next. */
export interface UsageState {
  /** When the last read began, whatever came of it; 0 where there was none. */
  triedAt: number;
  /** When the last one began that has ended. */
  endedAt: number;
  /** When the last one began that succeeded. */
  readAt: number | null;
  /** How many failed since. */
  failures: number;
  /** Why the last one did. */
  error: JobFault | null;
  /** When to try again after failures; else 0. */
  retryAt: number;
  /** Something that came wants a read, by then. */
  wantedAt: number | null;
  /** How many reads there were by themselves since something was sent. */
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

/** Nothing leaves by itself: what is unknown waits for an operator. */
const AT_REST: ReadonlySet<JobStatus> = new Set(["undecided", "halted", "paused"]);

/** Whether a read can tell something of a job. */
export function isOpen({ summary }: JobRecord, now: number, { retentionDays }: Settings): boolean {
  const { queued, unknown, sending } = summary.progress;
  return queued + unknown + sending > 0 && summary.updatedAt + retentionDays * DAY_MS > now;
}

/** When the next read is due, if one is to come by itself; `open` are the jobs that are. */
export function nextReadAt(
  state: UsageState,
  open: readonly JobRecord[],
  now: number,
  { reconcile, settleMinutes }: Settings,
): number | undefined {
  if (reconcile === false || open.length === 0) return undefined;
  const { intervalHours, pauseMinutes } = reconcile;
  // What a clock said that was set back does not hold anything up.
  const ago = (at: number) => Math.min(at, now);
  const earliest = state.triedAt === 0 ? 0 : ago(state.triedAt) + pauseMinutes * MINUTE_MS;
  if (state.failures > 0)
    return Math.max(earliest, Math.min(state.retryAt, now + LONGEST_RETRY_MS));
  const sent = open.filter((record) => hasSent(record, state));
  const isAsked = sent.some(({ summary }) => {
    return summary.progress.unknown > 0 && AT_REST.has(summary.status);
  });
  // Before somebody may decide to send again what nobody has reported.
  const settled = open.flatMap((record) => {
    const { summary } = record;
    if (summary.progress.unknown === 0 || !AT_REST.has(summary.status)) return [];
    const times = timesOf(record);
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

/** Whether it has sent something since the last read. */
function hasSent({ number, summary }: JobRecord, { requests }: UsageState): boolean {
  return summary.progress.requests !== requests[number];
}

/** A read begins. What wants one from now on wants another. */
export function begun(state: UsageState, now: number): UsageState {
  return { ...state, triedAt: now, wantedAt: null };
}

/** It succeeded; `open` are the jobs as they were when it began. */
export function succeeded(
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

/** It failed. */
export function failed(
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
