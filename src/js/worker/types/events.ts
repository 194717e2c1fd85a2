/** Uber's events, and the notices that the worker sends itself. */
import type { JobSummary } from "./jobs.js";

/**
 * A correctly signed Uber event, as the worker stores it.
 *
 * - `read`: outcomes were read from it.
 * - `unread`: its type says that it reports a distribution, or it is not JSON, and no
 *   outcome could be read.
 * - `other`: its type does not say so, and no outcome was read.
 */
export interface EventSummary {
  /** The id of the event, which is opaque. */
  id: string;
  /** `event_type`; empty if there is none. */
  type: string;
  /** The voucher program; `null` if the event names none. */
  programId: string | null;
  /** When it first arrived. */
  receivedAt: number;
  /** When the same message last arrived. */
  lastAt: number;
  /** How often the same message arrived. */
  count: number;
  /** `X-Environment`, in lower case. */
  environment: string | null;
  /** The length of its body. */
  bytes: number;
  /** Only the beginning of the body is stored. Outcomes were read from the whole body. */
  isCut: boolean;
  /** Whether outcomes could be read from it. */
  status: "read" | "unread" | "other";
  /** How many outcomes were read from it. */
  outcomes: number;
  /** How many codes changed their state because of it; `null` if unknown. */
  settled: number | null;
  /** Why it could not be read, or why its outcomes could not be passed on. */
  error: { message: string } | null;
  /** An operator has dealt with it: it expires like events that were read. */
  isDismissed: boolean;
}

/** A page of the stored events. */
export interface EventPage {
  /** Newest first. */
  events: EventSummary[];
  /** Pass it as `before` for the next page; `null` on the last page. */
  next: string | null;
  /** How many events of all programs are unread and not dismissed. */
  unreadCount: number;
  /** What was deleted early because there was no space left. */
  dropped: { events: number; bytes: number };
  /** The progress of reading events again; `null` if none are being read again. */
  rereading: { done: number; total: number } | null;
}

/** The notice that `onEvent` gets. */
export interface WorkerEvent {
  /**
   * - `job_started`: it starts to send.
   * - `job_halted`: something stopped it, or its journal can't be read; see `job.error`.
   * - `decision_needed`: nothing is left to send, but something is unknown.
   * - `approval_needed`: it waits for another operator.
   * - `job_finished`: nothing is pending, sending or unknown.
   * - `event_unread`: an Uber event could not be read. Sent every ten minutes at most.
   */
  type:
    | "job_started"
    | "job_halted"
    | "decision_needed"
    | "approval_needed"
    | "job_finished"
    | "event_unread";
  /** The time, in epoch milliseconds. */
  at: number;
  /** The job; `null` if the notice concerns none. */
  job: JobSummary | null;
  /** The path at which the console shows it, at the worker's own origin. */
  path: string;
}
