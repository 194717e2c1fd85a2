/** Uber's events, and those that the worker tells of itself. */
import type { JobSummary } from "./jobs.js";

/**
 * A well-signed event of Uber's as the worker keeps it.
 *
 * - `read`: outcomes were read of it.
 * - `unread`: its type says that it reports a distribution, or it is no JSON, and
 *   no outcome could be read.
 * - `other`: its type does not say so, and nothing was read of it.
 */
export interface EventSummary {
  /** Opaque. */
  id: string;
  /** `event_type`; empty where there is none. */
  type: string;
  /** The voucher program; `null` where the event names none. */
  programId: string | null;
  /** When it first came. */
  receivedAt: number;
  /** When the same message came last. */
  lastAt: number;
  /** How often the same message came. */
  count: number;
  /** `X-Environment`, in lower case. */
  environment: string | null;
  /** The length of its body. */
  bytes: number;
  /** Only the beginning of the body was kept. What could be read of the whole was. */
  isCut: boolean;
  /** What could be read of it. */
  status: "read" | "unread" | "other";
  /** How many outcomes were read of it. */
  outcomes: number;
  /** How many codes changed their state because of it; `null` where that is not known. */
  settled: number | null;
  /** Why it could not be read, or what was read of it not be handed on. */
  error: { message: string } | null;
  /** An operator has dealt with it: it is deleted as those that were read. */
  isDismissed: boolean;
}

/** Some of the events that are kept. */
export interface EventPage {
  /** The newest first. */
  events: EventSummary[];
  /** What the next page is asked for with, as `before`; `null` where this is the last one. */
  next: string | null;
  /** How many are unread and not dismissed, of all programs. */
  unreadCount: number;
  /** What was deleted before its time, since there was no space left. */
  dropped: { events: number; bytes: number };
  /** How far reading again has come; `null` where nothing is being read again. */
  rereading: { done: number; total: number } | null;
}

/** What `onEvent` is told. */
export interface WorkerEvent {
  /**
   * - `job_started`: it begins to send.
   * - `job_halted`: something stopped it, or its journal can't be read; see `job.error`.
   * - `decision_needed`: nothing is left to send, and something is unknown.
   * - `approval_needed`: it waits for another operator.
   * - `job_finished`: nothing is pending, sending or unknown.
   * - `event_unread`: an event of Uber's could not be read. Told every ten minutes at most.
   */
  type:
    | "job_started"
    | "job_halted"
    | "decision_needed"
    | "approval_needed"
    | "job_finished"
    | "event_unread";
  /** When, in epoch milliseconds. */
  at: number;
  /** The job; `null` where it is about none. */
  job: JobSummary | null;
  /** Where the console shows it, below the worker's own origin. */
  path: string;
}
