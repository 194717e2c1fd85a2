/** The options of the client's methods. */
import type { CodeState } from "../job/types.js";
import type { CallSignal } from "../types.js";
import type { JobStatus } from "../worker/types.js";

/** What is to be sent. */
export interface UploadOptions {
  /** The name of the column that holds the codes, in a CSV. */
  column?: string;
  /** "I have seen what was rejected": it is left out. */
  valid?: boolean;
  /** Codes that an earlier job has sent, or may have sent, are left out. */
  skip?: boolean;
  /** They are sent all the same: some people may get a second message. */
  resend?: boolean;
  /** Codes that Uber does not list in the program are sent all the same. */
  allowForeign?: boolean;
  /** Where Uber's list of the program's codes can't be read: the codes are sent all the same. */
  unchecked?: boolean;
  /** Ends the upload. */
  signal?: CallSignal;
}

/** What makes a job beside its list. */
export interface NewJobOptions {
  /**
   * Names this request, so that it can be made again without a second job: with the
   * same key and the same list it gives the job that is there. Default: a new UUID.
   * Keep one of your own where the page may be reloaded meanwhile.
   */
  key?: string;
  /** Where the list came from, in your words: a file's name. */
  source?: string;
  /** Codes in one request, 1 to 30,000. Default: the worker's. */
  batchSize?: number;
  /** Whether it starts by itself. Default: true. */
  start?: boolean;
  /** What the job is called. Default: its source. */
  name?: string;
  /** So many seconds it waits before it starts, so that it can be cancelled; at most 3,600. Default: 0. */
  startIn?: number;
  /** After exactly so many codes it pauses by itself; `resume` sends the others. Not for several programs. */
  pauseAfter?: number;
}

/** What a job of a list is created with. */
export interface CreateJobOptions extends UploadOptions, NewJobOptions {}

/** What the jobs of a file that spans programs are created with. */
export interface CreateJobsOptions extends Omit<CreateJobOptions, "pauseAfter"> {
  /** The name of the column that holds the program ids. */
  programColumn?: string;
}

/** What a job of every code of a program is created with. */
export type CreateJobForAllOptions = NewJobOptions &
  Pick<UploadOptions, "skip" | "resend" | "unchecked" | "signal">;

/** What `results` takes. */
export interface ResultsOptions {
  /** Only codes in this state. */
  state?: CodeState;
  /** Only codes that begin so. */
  find?: string;
  /** Only codes with this reason; empty for those without one. */
  reason?: string;
  /** The place in the list to begin at. Default: 0. */
  from?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** Why an operator does something. */
export interface Why {
  /** In a sentence, for the audit trail; at most 500 characters. */
  reason?: string;
}

/** What `history` takes. */
export interface HistoryOptions {
  /** Contained in its name, note, source or ids, in any case. */
  find?: string;
  /** Only jobs that are so. */
  status?: JobStatus;
  /** Only those of a program. */
  program?: string;
  /** Only those created before, in epoch milliseconds. */
  before?: number;
  /** Of those that were created at that very moment, the ones after this one. */
  beforeId?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `audit` takes. */
export interface AuditOptions {
  /** Contained in one of the texts of an entry, in any case. */
  find?: string;
  /** Only entries of a program. */
  program?: string;
  /** Only entries of a job. */
  job?: string;
  /** What `next` of the page before was. */
  before?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `events` takes. */
export interface EventsOptions {
  /** Only those that are unread and not dismissed; or, with `false`, only the others. */
  unread?: boolean;
  /** Only those of a program. */
  program?: string;
  /** Only those of a type, such as `voucher_program_code_distributed`. */
  type?: string;
  /** Only those before: what `next` of the page before was. */
  before?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `guests` takes. */
export interface GuestsOptions {
  /** How many guests one request asks for, at most 1,000. Default: 500. */
  pageSize?: number;
  /** Shows them unmasked, which is written into the audit trail. Default: false. */
  reveal?: boolean;
  /** Ends the reading. */
  signal?: CallSignal;
}
