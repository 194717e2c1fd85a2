/** The public types of jobs. */
import type { VoucherError } from "../errors.js";
import type { JobProgress } from "../generated/jobs.js";
import type { CodeState, JobDecision } from "../generated/protocol.js";
import type { Journal } from "../journal/types.js";
import type { CallOptions, CallSignal } from "../types.js";
import type { WebhookEvent } from "../generated/webhooks.js";

export type { CodeState, JobDecision, JobProgress };

/** The options of `resumeJob`, and those of `createJob` except where to keep the job. */
export interface RunOptions {
  /**
   * Codes in one request, 1 to 30,000. Default: 500. A job keeps the size with which it was
   * created.
   */
  batchSize?: number;
  /** The most requests under way at a time. Default: 2. */
  concurrency?: number;
  /**
   * Requests per second. Default: 20. Any positive number; `Infinity` for no limit.
   * Uber's general limit is 500 requests in 5 seconds.
   */
  requestsPerSecond?: number;
  /** The time limit of one request, in milliseconds. Default: the client's. */
  timeoutMs?: number;
  /**
   * How often in a row getting a token may fail temporarily before the job stops. 429
   * and 409 are retried without limit. Default: the client's.
   */
  maxRetries?: number;
  /** Called on every change. */
  onProgress?: (progress: JobProgress) => void;
  /** Aborts creating or resuming the job. `run` has its own signal. */
  signal?: CallSignal;
}

/** The options of `createJob`. */
export interface JobOptions extends RunOptions {
  /**
   * Where the job is kept. Default: `memoryJournal()`. **It is lost with the process or
   * the tab, and so is the state of each code**: use another one for anything that
   * matters.
   */
  journal?: Journal;
  /**
   * Sends exactly this many codes first (a batch ends there). When all have a response,
   * `run` resolves with `pausedAfter: true`, and the next `run` sends the rest. A resumed
   * job keeps it. Default: no pause. It has no effect if the list has no more codes than
   * that.
   */
  pauseAfter?: number;
}

/** The options of `resumeJob`. */
export interface ResumeOptions extends RunOptions {
  /**
   * The journal is an earlier copy and may be incomplete: everything that is not known
   * to be queued counts as unknown.
   */
  restored?: boolean;
}

/** One state of codes, or several. */
export type StateFilter = CodeState | readonly CodeState[];

/** The state of a batch: that of its codes without an outcome. */
export type BatchState = Exclude<CodeState, "distributed" | "failed">;

/** The result of a run. */
export interface JobReport extends JobProgress {
  /** Whether nothing is pending, sending or unknown. */
  finished: boolean;
  /** How many codes were dropped from the input, because they occurred earlier. */
  duplicates: number;
}

/** One batch of a job. */
export interface JobBatch {
  /** The number of the batch, from 0, in input order. */
  id: number;
  /** The state of its codes without an outcome; `queued` if all have one. */
  state: BatchState;
  /** How many codes it has. */
  codes: number;
  /** How many of its codes have an outcome, or are known to be in use. */
  reported: number;
  /** How many of its codes are known to be in use. */
  used: number;
  /** How often it was sent, or was about to be. */
  attempts: number;
  /** When it was last sent, in epoch milliseconds. */
  sentAt: number | null;
  /** The last response that was not an acceptance. */
  lastError: VoucherError | null;
}

/** One code of a job. */
export interface JobResult {
  /** The UUID, in lower case. */
  code: string;
  /** Its state. */
  state: CodeState;
  /** The number of its batch. */
  batch: number;
  /** Why it failed, in Uber's words; personal data is masked. */
  reason: string | null;
  /** The source of the state. */
  by: "answer" | "webhook" | "usage" | "operator" | null;
}

/** The members of an event that `applyWebhook` needs; `verifyWebhook` returns them. */
export type JobEvent = Pick<WebhookEvent, "programId" | "outcomes">;

/** The members that `applyUsage` needs of a code from `listCodes`, or of a guest. */
export interface CodeUsage {
  /** Entries without one are ignored. */
  codeId: string | null;
  /** Above 0, the code is in use. */
  usageCount: number | null;
  /** `true` if the recipient has claimed it. Guests only. */
  isClaimed?: boolean | null;
}

/** The result of `listCodes` with `includeUsage`, or of `listGuests`. */
export type UsedCodes = Iterable<CodeUsage> | AsyncIterable<CodeUsage>;

/** The options of `reconcile`. */
export interface ReconcileOptions extends CallOptions {
  /** Reads the guests, page by page, instead of the codes: guests show claims too. */
  guests?: boolean;
}

/** The result of `reconcile`. */
export interface Reconciliation {
  /** How many codes or guests Uber listed. */
  read: number;
  /** How many codes of the job became distributed by it. */
  settled: number;
  /** How many are still unknown. */
  stillUnknown: number;
}

/** The platform's `ReadableStream`, or its shape if the platform's types don't have it. */
export type HostReadableStream = typeof globalThis extends {
  ReadableStream: { prototype: infer T };
}
  ? T
  : { getReader(): any; cancel(reason?: any): Promise<void> };

/** `Symbol.asyncDispose`, if the platform's types have it: `await using job = …`. */
export type HostAsyncDisposable = SymbolConstructor extends {
  readonly asyncDispose: infer S extends symbol;
}
  ? { [key in S]: () => Promise<void> }
  : unknown;

/** A bulk distribution: one list of codes, sent to one program. */
export interface BareJob {
  /** A random UUID of the job. */
  readonly id: string;
  /** The voucher program. */
  readonly programId: string;

  /**
   * Sends everything that is pending or to be sent again, until nothing is left.
   *
   * Aborting the signal pauses: no further request is sent, requests under way are
   * awaited, and the run resolves with `finished: false`. It also resolves with
   * `finished: false` if something is unknown: see `batches` and `resolve`, then run
   * again.
   *
   * @throws {ApiError} A refusal that affects the whole job (401 after renewal, 403,
   *   404, …), or no token. The codes of that request are pending again; the job can be
   *   run again.
   * @throws {JobError} `halted` after three responses in a row that prove nothing;
   *   `journal_failed` and `instance_lost`, after which the job has to be resumed;
   *   `journal_lost`, after which it can't be; `job_busy` if it is already running;
   *   `job_closed`.
   */
  run(options?: { signal?: CallSignal }): Promise<JobReport>;

  /**
   * The job's progress: the same object until something changes. Bound, as is
   * `subscribe`: `useSyncExternalStore(job.subscribe, job.progress)`.
   */
  readonly progress: () => JobProgress;

  /** Calls the listener on every change, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * Applies outcomes that Uber reported, in any order and any number of times. Resolves
   * once they are in the journal, with how many codes they settled; only then
   * acknowledge the webhook.
   */
  applyWebhook(event: JobEvent): Promise<number>;

  /**
   * Applies which codes are in use: a claimed or used code was delivered, whichever request
   * sent it. Resolves once that is in the journal, with how many codes of this job became
   * distributed.
   *
   * A code that was sent (`sending`, `queued`, `unknown`, `failed`) is `distributed`, `by:
   * "usage"`, and stays so: no webhook changes that, and no further request includes it, even
   * if the current one is refused. The same holds for a code that was abandoned after it was
   * sent. A pending code stays pending, is counted in `usedBefore`, and is sent as you asked. A
   * code that was rejected, or abandoned before it was sent, does not change. An unused code
   * proves nothing and changes nothing.
   *
   * @throws {ValidationError} `invalid_options`: the input contains something other than codes
   *   and guests.
   */
  applyUsage(codes: UsedCodes): Promise<number>;

  /**
   * Asks Uber which codes are in use, in one request (with `guests`, in one per page), and
   * applies the answer as `applyUsage` does. If reading fails, nothing has changed.
   *
   * @throws As `listCodes`.
   */
  reconcile(options?: ReconcileOptions): Promise<Reconciliation>;

  /**
   * Your decision about a batch that is unknown, or about all unknown batches.
   *
   * - `resend`: its codes that have no outcome, and are not known to be in use, are
   *   sent again by the current or the next run. Some people may get a second message.
   * - `queued`: you know that it was queued.
   * - `abandon`: stop tracking it. A pending batch can be abandoned too, and is then
   *   never sent.
   *
   * @throws {JobError} `not_unknown`: the batch is not unknown.
   */
  resolve(batch: number | "all", decision: JobDecision): Promise<void>;

  /** All batches, in input order. */
  batches(): readonly JobBatch[];

  /**
   * The result of one code, in upper or lower case; undefined if the job does not have the code.
   */
  get(code: string): JobResult | undefined;

  /** Each code, in input order; or only those in the given states. */
  results(filter?: StateFilter): Iterable<JobResult>;

  /** The same as a CSV file, which a spreadsheet can open without running any cell as a formula. */
  resultsCsv(filter?: StateFilter): HostReadableStream & AsyncIterable<Uint8Array>;

  /**
   * Pauses a running job, and releases the journal. Results and progress can still be
   * read.
   */
  close(): Promise<void>;
}

/** A bulk distribution: one list of codes, sent to one program. */
export type Job = BareJob & HostAsyncDisposable;
