/** The methods of the client. */
import type { JobDecision } from "../job/types.js";
import type { CallSignal, Guest, VoucherProgram } from "../types.js";
import type {
  AuditPage,
  DryRun,
  EventPage,
  EventSummary,
  JobDetail,
  JobResultPage,
  JobResultRow,
  JobSummary,
  Overview,
  ProgramSummary,
  Reconciled,
} from "../worker/types.js";
import type {
  AuditOptions,
  CreateJobForAllOptions,
  CreateJobOptions,
  CreateJobsOptions,
  EventsOptions,
  GuestsOptions,
  HistoryOptions,
  ResultsOptions,
  UploadOptions,
  Why,
} from "./options.js";
import type { WorkerCodes } from "./upload.js";
import type { WatchedJob } from "./watch.js";

/** The worker's API. Every method rejects with a `WorkerError`. */
export interface WorkerClient {
  /** Programs of the organization, each with its newest job. */
  programs(options?: {
    limit?: number;
    offset?: number;
    signal?: CallSignal;
  }): Promise<ProgramSummary[]>;
  /** One program, with what was used of it. */
  getProgram(programId: string, options?: { signal?: CallSignal }): Promise<VoucherProgram>;
  /** The newest job of each of these programs, at most 100; Uber is not asked. */
  lastJobs(
    programIds: readonly string[],
    options?: { signal?: CallSignal },
  ): Promise<Pick<ProgramSummary, "id" | "lastJob">[]>;
  /**
   * Everybody who is to get a code of the program; masked, unless `reveal` is said. They hold
   * people's data: don't log them.
   */
  guests(programId: string, options?: GuestsOptions): AsyncIterableIterator<Guest>;
  /** What a job of this list would come to. Nothing is created. */
  check(programId: string, codes: WorkerCodes, options?: UploadOptions): Promise<DryRun>;
  /**
   * Creates a job, which the worker runs whether this page stays open or not. Where no
   * answer comes, it asks again with the same key, unless the list is a stream.
   *
   * @throws {WorkerError} `invalid_codes`, `empty_codes`; `already_queued`: an earlier
   *   job has sent some of these codes, or may have; say `skip` or `resend`; `foreign_codes`:
   *   Uber does not list some of them in the program; `codes_not_read`: nobody could say;
   *   `nothing_to_send`: all are cancelled or in use.
   */
  createJob(programId: string, codes: WorkerCodes, options?: CreateJobOptions): Promise<JobSummary>;
  /**
   * Creates a job in each program of a CSV with a column of program ids: all of them, or
   * none. `group` names them together.
   */
  createJobs(
    codes: WorkerCodes,
    options?: CreateJobsOptions,
  ): Promise<{ group: string; jobs: JobSummary[] }>;
  /** What a job of **every** code of the program would come to. Nothing is created. */
  checkAll(programId: string, options?: { signal?: CallSignal }): Promise<DryRun>;
  /**
   * Creates a job of **every** code of the program, whoever its recipient is. The worker has
   * to allow it (`allowDistributeAll`).
   */
  createJobForAll(programId: string, options?: CreateJobForAllOptions): Promise<JobSummary>;
  /** The jobs of all programs, the newest first. */
  history(options?: HistoryOptions): Promise<JobSummary[]>;
  /** What is under way, and what needs an operator. */
  overview(options?: { signal?: CallSignal }): Promise<Overview>;
  /** Who did what, when and why; the newest first. */
  audit(options?: AuditOptions): Promise<AuditPage>;
  /** The jobs of a program, the newest first. */
  jobs(programId: string, options?: { signal?: CallSignal }): Promise<JobSummary[]>;
  /** All that there is to say of a job. */
  job(programId: string, jobId: string, options?: { signal?: CallSignal }): Promise<JobDetail>;
  /**
   * Tells of a job as it happens, until the function returned is called. A connection
   * that breaks comes back by itself; `isConnected` and `at` say how fresh the figures are.
   */
  watch(programId: string, jobId: string, listener: (watched: WatchedJob) => void): () => void;
  /** Each code of a job, in the order of its list. */
  results(
    programId: string,
    jobId: string,
    options?: ResultsOptions,
  ): AsyncIterableIterator<JobResultRow>;
  /** The same, one page at a time; at most 5,000 rows. Default: 500. */
  resultPage(
    programId: string,
    jobId: string,
    options?: ResultsOptions & { limit?: number },
  ): Promise<JobResultPage>;
  /** Nothing more leaves; what is under way is awaited. */
  pause(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Goes on; one that is `scheduled` starts now. */
  resume(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Nothing of the job ever leaves, and its codes are free.
   *
   * @throws {WorkerError} `already_sending`: something has left.
   */
  cancel(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Agrees to a job that another operator has created.
   *
   * @throws {WorkerError} `same_operator`: the same one has created it.
   */
  approve(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Says what a job is called, and what is to be known of it; `null` or an empty note takes it away. */
  rename(
    programId: string,
    jobId: string,
    naming: { name?: string; note?: string | null },
  ): Promise<JobSummary>;
  /** Lets go of a job that is `unreadable`, with its journal: its codes stay blocked, as unknown. */
  drop(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Decides about a batch that is unknown, or all that are. `resend` waits for `resume`.
   *
   * @throws {WorkerError} `reports_arriving`: `resend` would be too early; `job` says when it is not.
   */
  resolve(
    programId: string,
    jobId: string,
    batch: number | "all",
    decision: JobDecision,
    why?: Why,
  ): Promise<JobSummary>;
  /** The events of Uber's that the worker keeps, the newest first, without their bodies. */
  events(options?: EventsOptions): Promise<EventPage>;
  /** The body of an event as it came. It may hold a recipient's data. */
  event(eventId: string, options?: { signal?: CallSignal }): Promise<string>;
  /**
   * Has events read again, with the worker's reader and its `outcomes` of today: all, those of
   * a program, or those that are unread. Gives how many; `events` says how far that has come.
   */
  reread(options?: { programId?: string; unread?: boolean }): Promise<{ events: number }>;
  /** An event that could not be read is dealt with: it is deleted as those that were read. */
  dismiss(eventId: string): Promise<EventSummary>;
  /**
   * Asks Uber which codes of the program are in use, now. What is in use has reached
   * somebody, so it becomes `distributed`; that the rest is not proves nothing.
   */
  reconcile(
    programId: string,
    jobId: string,
    options?: { signal?: CallSignal },
  ): Promise<Reconciled>;
  /**
   * Any other route of the worker: the answer, if it is a success. `path` begins with a
   * slash; `init` is what `fetch` takes.
   */
  request(path: string, init?: any): Promise<any>;
}
