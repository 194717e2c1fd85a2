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
  /** One program, with its usage so far. */
  getProgram(programId: string, options?: { signal?: CallSignal }): Promise<VoucherProgram>;
  /** The newest job of each of these programs, at most 100, without a request to Uber. */
  lastJobs(
    programIds: readonly string[],
    options?: { signal?: CallSignal },
  ): Promise<Pick<ProgramSummary, "id" | "lastJob">[]>;
  /**
   * The guests of the program, masked unless `reveal` is true. They contain personal data:
   * don't log them.
   */
  guests(programId: string, options?: GuestsOptions): AsyncIterableIterator<Guest>;
  /** Checks what a job of this list would send. Creates nothing. */
  check(programId: string, codes: WorkerCodes, options?: UploadOptions): Promise<DryRun>;
  /**
   * Creates a job, which the worker runs whether this page stays open or not. If there is no
   * response, the client repeats the request with the same key, unless the list is a stream.
   *
   * @throws {WorkerError} `invalid_codes`, `empty_codes`; `already_queued`: an earlier job
   *   has sent some of these codes, or may have; pass `skip` or `resend`; `foreign_codes`:
   *   Uber does not list some of them in the program; `codes_not_read`: Uber's list could not
   *   be read; `nothing_to_send`: all are cancelled or in use.
   */
  createJob(programId: string, codes: WorkerCodes, options?: CreateJobOptions): Promise<JobSummary>;
  /**
   * Creates a job in each program of a CSV with a column of program ids: all of them, or
   * none. They have the same `group`.
   */
  createJobs(
    codes: WorkerCodes,
    options?: CreateJobsOptions,
  ): Promise<{ group: string; jobs: JobSummary[] }>;
  /** Checks what a job of **every** code of the program would send. Creates nothing. */
  checkAll(programId: string, options?: { signal?: CallSignal }): Promise<DryRun>;
  /**
   * Creates a job of **every** code of the program. The worker has to allow it
   * (`allowDistributeAll`).
   */
  createJobForAll(programId: string, options?: CreateJobForAllOptions): Promise<JobSummary>;
  /** The jobs of all programs, newest first. */
  history(options?: HistoryOptions): Promise<JobSummary[]>;
  /** The jobs that are under way, and those that need an operator. */
  overview(options?: { signal?: CallSignal }): Promise<Overview>;
  /** The audit trail: who did what, when and why; newest first. */
  audit(options?: AuditOptions): Promise<AuditPage>;
  /** The jobs of a program, newest first. */
  jobs(programId: string, options?: { signal?: CallSignal }): Promise<JobSummary[]>;
  /** A job with its details. */
  job(programId: string, jobId: string, options?: { signal?: CallSignal }): Promise<JobDetail>;
  /**
   * Calls the listener whenever the job changes, until the returned function is called.
   * Reconnects automatically; `isConnected` and `at` tell how recent the state is.
   */
  watch(programId: string, jobId: string, listener: (watched: WatchedJob) => void): () => void;
  /** The state of each code of a job, in the order of its list. */
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
  /** Sends nothing more; requests under way are awaited. */
  pause(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Starts a job that was never started. Unlike `resume`, it never resumes a job that has paused meanwhile.
   *
   * @throws {WorkerError} `already_started`: it was started before.
   */
  start(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Resumes a job; one that is `scheduled` starts now. */
  resume(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Cancels a job that has sent nothing, and frees its codes.
   *
   * @throws {WorkerError} `already_sending`: something was sent.
   */
  cancel(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Ends a job that is paused or halted: it never sends its pending codes, and frees them. */
  abandon(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Approves a job that another operator has created.
   *
   * @throws {WorkerError} `same_operator`: the job was created by this operator.
   */
  approve(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Sets the name of a job, at most 200 characters, and its note, at most 2,000. `null` or an empty
   * note removes it.
   */
  rename(
    programId: string,
    jobId: string,
    naming: { name?: string; note?: string | null },
  ): Promise<JobSummary>;
  /** Deletes the journal of an `unreadable` job; its codes stay blocked, as unknown. */
  drop(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Decides about a batch that is unknown, or about all unknown batches. `resend` takes effect with
   * `resume`.
   *
   * @throws {WorkerError} `reports_arriving`: it is too early for `resend`; `settling.resendAt` of
   *   the job says until when.
   */
  resolve(
    programId: string,
    jobId: string,
    batch: number | "all",
    decision: JobDecision,
    why?: Why,
  ): Promise<JobSummary>;
  /** The Uber events that the worker keeps, newest first, without their bodies. */
  events(options?: EventsOptions): Promise<EventPage>;
  /** The body of an event as it arrived. It may contain personal data. */
  event(eventId: string, options?: { signal?: CallSignal }): Promise<string>;
  /**
   * Makes the worker read events again, with its current reader and its current `outcomes`:
   * all, those of a program, or those that are unread. Returns how many; `events` shows the
   * progress.
   */
  reread(options?: { programId?: string; unread?: boolean }): Promise<{ events: number }>;
  /** Marks an unread event as dealt with, so that it expires like the others. */
  dismiss(eventId: string): Promise<EventSummary>;
  /**
   * Asks Uber now which codes of the program are in use. A code in use was delivered,
   * so it becomes `distributed`; an unused code proves nothing.
   */
  reconcile(
    programId: string,
    jobId: string,
    options?: { signal?: CallSignal },
  ): Promise<Reconciled>;
  /**
   * Any other route of the worker: the response, if it is a success. `path` begins with
   * a slash; `init` is the second argument of `fetch`.
   */
  request(path: string, init?: any): Promise<any>;
}
