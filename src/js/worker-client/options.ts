/** The options of the client's methods. */
import type { CodeState } from "../job/types.js";
import type { CallSignal } from "../types.js";
import type { JobStatus } from "../worker/types.js";

/** The options of sending a list. */
export interface UploadOptions {
  /** The name of the column of the codes, in a CSV. */
  column?: string;
  /** Leaves out rejected rows, to confirm that you have seen them. */
  valid?: boolean;
  /** Leaves out codes that an earlier job has sent, or may have sent. */
  skip?: boolean;
  /**
   * Sends codes that an earlier job has sent, or may have sent: some people may get a second
   * message.
   */
  resend?: boolean;
  /** Sends codes that Uber does not list in the program. */
  allowForeign?: boolean;
  /** Sends the codes even if Uber's list of the program's codes can't be read. */
  unchecked?: boolean;
  /** Aborts the upload. */
  signal?: CallSignal;
}

/** The options of creating a job, besides its list. */
export interface NewJobOptions {
  /**
   * The idempotency key: repeating the request with the same key and list never creates
   * a second job, but returns the existing one. Default: a new UUID. Pass your own key
   * if the page may be reloaded meanwhile.
   */
  key?: string;
  /** Where the list came from, such as the name of a file. Cut at 200 characters. */
  source?: string;
  /** Codes in one request, 1 to 30,000. Default: the worker's. */
  batchSize?: number;
  /** Whether it starts automatically. Default: true. */
  start?: boolean;
  /** The name of the job, at most 200 characters. Default: its source. */
  name?: string;
  /**
   * How many seconds it waits before it starts, so that it can be cancelled; at most 3,600.
   * Default: 0.
   */
  startIn?: number;
  /**
   * It pauses after exactly this many codes; `resume` sends the others. Not for several programs.
   */
  pauseAfter?: number;
  /** The `digest` of the reviewed dry run: if it has changed, the job is refused (`changed_since_review`). */
  reviewed?: string;
}

/** The options of a job of one list. */
export interface CreateJobOptions extends UploadOptions, NewJobOptions {}

/** The options of the jobs of a file with several programs. */
export interface CreateJobsOptions extends Omit<CreateJobOptions, "pauseAfter"> {
  /** The name of the column of the program ids. */
  programColumn?: string;
}

/** The options of a job of every code of a program. */
export type CreateJobForAllOptions = NewJobOptions &
  Pick<UploadOptions, "skip" | "resend" | "unchecked" | "signal">;

/** The options of `results`. */
export interface ResultsOptions {
  /** Only codes in this state. */
  state?: CodeState;
  /** Only codes that begin with this text. */
  find?: string;
  /** Only codes with this reason; empty for those without one. */
  reason?: string;
  /** The index in the list of the first code. Default: 0. */
  from?: number;
  /** Aborts the read. */
  signal?: CallSignal;
}

/** The reason for an operator's action. */
export interface Why {
  /** One sentence for the audit trail; at most 500 characters. */
  reason?: string;
}

/** The options of `history`. */
export interface HistoryOptions {
  /** Contained in the name, note, source or ids, ignoring case. */
  find?: string;
  /** Ids of programs whose jobs are found too: the worker knows no names of programs. */
  programs?: readonly string[];
  /** Only jobs with this status. */
  status?: JobStatus;
  /** Only jobs of this program. */
  program?: string;
  /** Only jobs created before this time, in epoch milliseconds. */
  before?: number;
  /** For jobs created exactly at `before`: only those after this id. */
  beforeId?: string;
  /** The most jobs to return, 1 to 200. Default: 50. */
  limit?: number;
  /** Aborts the read. */
  signal?: CallSignal;
}

/** The options of `audit`. */
export interface AuditOptions {
  /** Contained in one of the texts of an entry, ignoring case. */
  find?: string;
  /** Ids of programs whose entries are found too. */
  programs?: readonly string[];
  /** Only entries of this program. */
  program?: string;
  /** Only entries of this job. */
  job?: string;
  /** The `next` of the previous page. */
  before?: string;
  /** The most entries to return, 1 to 200. Default: 50. */
  limit?: number;
  /** Aborts the read. */
  signal?: CallSignal;
}

/** The options of `events`. */
export interface EventsOptions {
  /** Only events that are unread and not dismissed; or, with `false`, only the others. */
  unread?: boolean;
  /** Only events of this program. */
  program?: string;
  /** Only events of this type, such as `voucher_program_code_distributed`. */
  type?: string;
  /** Only events before this one: the `next` of the previous page. */
  before?: string;
  /** The most events to return, 1 to 200. Default: 50. */
  limit?: number;
  /** Aborts the read. */
  signal?: CallSignal;
}

/** The options of `guests`. */
export interface GuestsOptions {
  /** The most guests to return with one request, up to 1,000. Default: 500. */
  pageSize?: number;
  /** Shows them unmasked, which is recorded in the audit trail. Default: false. */
  reveal?: boolean;
  /** Aborts the read. */
  signal?: CallSignal;
}
