/** A job, as lists of jobs show it. */
import type { JobProgress } from "../../job/types.js";

/**
 * What became of a job, in a word.
 *
 * - `creating`: its list is not written down whole yet.
 * - `held`: written down, and waits for what was uploaded with it, or for the
 *   call that it belongs to.
 * - `unapproved`: it waits for an operator other than the one who created it.
 * - `scheduled`: it starts by itself, at `startsAt`.
 * - `running`: it sends, or waits until it may.
 * - `paused`: by an operator, or by the pause of everything.
 * - `halted`: something stopped it; see `error`.
 * - `undecided`: nothing is left to send, and something is unknown.
 * - `finished`: nothing is pending, sending or unknown.
 * - `cancelled`: by an operator, before anything of it had left. Its codes are free.
 * - `expired`: its list was deleted after `retentionDays`. What became of each
 *   code is still known.
 * - `unreadable`: its journal can't be read, see `error`. It was set aside:
 *   nothing of it leaves, and its codes count as unknown.
 * - `dropped`: an operator has deleted the journal of one that was unreadable.
 *   Its codes still count as unknown, unless Uber reports them.
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
  /** What became of it. */
  status: JobStatus;
  /** How many codes are in each state. */
  progress: JobProgress;
  /** Epoch milliseconds, as all times are. */
  createdAt: number;
  /** When something last changed. */
  updatedAt: number;
  /** When nothing was left to do; `null` until then. */
  finishedAt: number | null;
  /** Who created it. */
  by: string;
  /** What it is called: of its source, unless an operator has said otherwise. */
  name: string;
  /** What an operator has written down of it. */
  note: string | null;
  /** When it starts by itself, while it is `scheduled`. */
  startsAt: number | null;
  /** After so many codes it pauses by itself. */
  pauseAfter: number | null;
  /** Who has approved it, where that was needed. */
  approval: { by: string; at: number } | null;
  /** Where the list came from, in the words of whoever sent it. */
  source: string | null;
  /** Codes dropped from the list because they stood there before. */
  duplicates: number;
  /** Codes left out because they had been sent before. */
  skipped: number;
  /** Codes sent although they had been before. */
  resent: number;
  /** Codes of the list that are not sent, since Uber had cancelled them or said that they are in use. */
  leftOut: LeftOut;
  /** What was uploaded together. */
  group: string | null;
  /** What stopped it. */
  error: JobFault | null;
  /** Until when it waits: as Uber asked, or for another try to get a token. */
  waitingUntil: number | null;
  /** Requests a second, of late. */
  rate: number | null;
}

/** Codes that are never sent, whatever the request says. */
export interface LeftOut {
  /** Uber has cancelled them. */
  cancelled: number;
  /** They are in use, and no job here has sent them, or they were to be sent again. */
  used: number;
}

/** An error, without anything that came from outside. */
export interface JobFault {
  /** Stable. */
  code: string;
  /** What happened, in a sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** May Uber have queued something because of this call? */
  queued: "no" | "unknown";
  /** The HTTP status, where an answer came. */
  status?: number;
}

/** What needs an operator, and what is under way: of each at most the newest hundred. */
export interface Overview {
  /** They send, or start by themselves. */
  running: JobSummary[];
  /** Something stopped them, or something of them is unknown. */
  deciding: JobSummary[];
  /** They wait for another operator. */
  unapproved: JobSummary[];
  /** Events that could not be read, and that nobody has dealt with. */
  unreadEvents: number;
}
