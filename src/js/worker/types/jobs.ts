/** A job, as lists of jobs show it. */
import type { JobProgress } from "../../job/types.js";

/**
 * The status of a job.
 *
 * - `creating`: its list is still being stored.
 * - `held`: stored, and waiting for the rest of its upload or for its call.
 * - `unapproved`: it waits for an operator other than the one who created it.
 * - `scheduled`: it starts automatically, at `startsAt`.
 * - `running`: it sends, or waits until it may send.
 * - `paused`: by an operator, or by the pause of everything.
 * - `halted`: something stopped it; see `error`.
 * - `undecided`: nothing is left to send, but something is unknown.
 * - `finished`: nothing is pending, sending or unknown.
 * - `cancelled`: by an operator, before it sent anything. Its codes are free.
 * - `expired`: its list was deleted after `retentionDays`. The outcome of each code is
 *   still known.
 * - `unreadable`: its journal can't be read, see `error`. It was set aside: it sends
 *   nothing, and its codes count as unknown.
 * - `dropped`: an operator has deleted the journal of an unreadable job. Its codes
 *   still count as unknown, unless Uber reports them.
 */
export type JobStatus =
  | "creating"
  | "held"
  | "unapproved"
  | "scheduled"
  | "running"
  | "paused"
  | "halted"
  | "undecided"
  | "finished"
  | "cancelled"
  | "expired"
  | "unreadable"
  | "dropped";

/** A job as the API shows it. */
export interface JobSummary {
  /** A UUID. */
  id: string;
  /** The voucher program. */
  programId: string;
  /** The status of the job. */
  status: JobStatus;
  /** How many codes are in each state. */
  progress: JobProgress;
  /** Epoch milliseconds, as all times are. */
  createdAt: number;
  /** When something last changed. */
  updatedAt: number;
  /** When the job was finished; `null` until then. */
  finishedAt: number | null;
  /** The operator who created it. */
  by: string;
  /** Its name; by default its source. */
  name: string;
  /** An operator's note. */
  note: string | null;
  /** When it starts automatically, while it is `scheduled`. */
  startsAt: number | null;
  /** It pauses after this many codes. */
  pauseAfter: number | null;
  /** Who has approved it, if approval was needed. */
  approval: { by: string; at: number } | null;
  /** Where the list came from, in the words of the sender. */
  source: string | null;
  /** Codes dropped from the list because they occurred earlier. */
  duplicates: number;
  /** Codes left out because they had been sent before. */
  skipped: number;
  /** Codes sent although they had been sent before. */
  resent: number;
  /** Codes of the list that are not sent, because Uber lists them as cancelled or in use. */
  leftOut: LeftOut;
  /** The id of the upload that it belongs to. */
  group: string | null;
  /** What stopped it. */
  error: JobFault | null;
  /** Until when it waits: as long as Uber asked, or until the next try to get a token. */
  waitingUntil: number | null;
  /** Requests per second, recently. */
  rate: number | null;
}

/** Codes that are never sent, whatever the request says. */
export interface LeftOut {
  /** Codes that Uber has cancelled. */
  cancelled: number;
  /** Codes in use that no job here has sent, or that were to be sent again. */
  used: number;
}

/** An error, without anything that came from outside. */
export interface JobFault {
  /** The error code, which is stable. */
  code: string;
  /** What happened, in one sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** Whether Uber may have queued something because of this call. */
  queued: "no" | "unknown";
  /** The HTTP status, if there was a response. */
  status?: number;
}

/** A page of jobs, as `GET /api/jobs` and `GET /api/programs/{program}/jobs` return them. */
export interface JobPage {
  /** Newest first. */
  jobs: JobSummary[];
}

/**
 * The jobs that need an operator, and those that are under way: at most the newest hundred of each
 * kind.
 */
export interface Overview {
  /** Jobs that send, or start automatically. */
  running: JobSummary[];
  /** Jobs that something stopped, jobs with unknown codes, and jobs that were paused after they had sent something. */
  deciding: JobSummary[];
  /** Jobs that wait for another operator. */
  unapproved: JobSummary[];
  /** The number of events that could not be read, and that nobody has dealt with. */
  unreadEvents: number;
}
