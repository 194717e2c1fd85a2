/** The public types of jobs. */
import type { VoucherError } from "../errors.js";
import type { CodeState, JobDecision, JobProgress } from "../generated/protocol.js";
import type { Journal } from "../journal/types.js";
import type { CallOptions, CallSignal } from "../types.js";
import type { WebhookEvent } from "../webhook/event.js";

export type { CodeState, JobDecision, JobProgress };

/** What `resumeJob` takes, and what `createJob` takes beside where to keep the job. */
export interface RunOptions {
  /** Codes in one request, 1 to 30,000. Default: 500. A job keeps the size that it began with. */
  batchSize?: number;
  /** Requests under way at a time. Default: 2. */
  concurrency?: number;
  /**
   * Default: 20. Any positive number; `Infinity` for no pacing. Uber's general
   * limit is 500 requests in 5 seconds.
   */
  requestsPerSecond?: number;
  /** For one request, in milliseconds. Default: the client's. */
  timeoutMs?: number;
  /**
   * How often in a row getting a token may fail in passing before the job stops.
   * 429 and 409 are waited out, however often. Default: the client's.
   */
  maxRetries?: number;
  /** Called whenever something changed. */
  onProgress?: (progress: JobProgress) => void;
  /** Ends the making of the job, and no more: `run` takes one of its own. */
  signal?: CallSignal;
}

/** What `createJob` takes. */
export interface JobOptions extends RunOptions {
  /**
   * Where the job is kept. Default: `memoryJournal()`. **That is gone with the process or
   * the tab, and with it what is known of each code**: keep what matters in another one.
   */
  journal?: Journal;
  /**
   * Exactly the first codes leave, this many: batches are cut for it. Once they were
   * answered, `run` resolves with `pausedAfter: true`, and the next `run` sends the rest.
   * A job that is resumed keeps it. Default: no pause. It has no effect where the list has
   * no more codes than that.
   */
  pauseAfter?: number;
}

/** What `resumeJob` takes. */
export interface ResumeOptions extends RunOptions {
  /**
   * The journal is a copy from before, and may lack its end: everything not
   * known to be queued is taken as unknown.
   */
  restored?: boolean;
}

/** Codes in this state, or in one of these. */
export type StateFilter = CodeState | readonly CodeState[];

/** The state of a batch: of those of its codes that have no outcome. */
export type BatchState = Exclude<CodeState, "distributed" | "failed">;

/** What a run came to. */
export interface JobReport extends JobProgress {
  /** Whether nothing is pending, sending or unknown. */
  finished: boolean;
  /** How many codes were dropped from the input, because they stood there before. */
  duplicates: number;
}

/** One batch of a job. */
export interface JobBatch {
  /** Counts from 0, in input order. */
  id: number;
  /** Of its codes that have no outcome; `queued` if all have one. */
  state: BatchState;
  /** How many codes it has. */
  codes: number;
  /** How many of them have an outcome, or are known to be in use. */
  reported: number;
  /** How many of them are known to be in use. */
  used: number;
  /** How often it left, or was about to. */
  attempts: number;
  /** When it last left, in epoch milliseconds. */
  sentAt: number | null;
  /** The last answer that was no acceptance. */
  lastError: VoucherError | null;
}

/** One code of a job. */
export interface JobResult {
  /** The UUID, in lower case. */
  code: string;
  /** What is known of it. */
  state: CodeState;
  /** Its batch. */
  batch: number;
  /** Why it failed, as Uber put it; addresses are masked. */
  reason: string | null;
  /** What the state rests on. */
  by: "answer" | "webhook" | "usage" | "operator" | null;
}

/** What `applyWebhook` needs of an event, as `verifyWebhook` gives it. */
export type JobEvent = Pick<WebhookEvent, "programId" | "outcomes">;

/** What `applyUsage` needs of a code that `listCodes` gave, or of a guest. */
export interface CodeUsage {
  /** Without one, it is passed over. */
  codeId: string | null;
  /** Above 0, the code is in use. */
  usageCount: number | null;
  /** If `true`, its recipient has it. Of guests only. */
  isClaimed?: boolean | null;
}

/** What `listCodes` with `includeUsage`, or `listGuests`, gave. */
export type UsedCodes = Iterable<CodeUsage> | AsyncIterable<CodeUsage>;

/** What `reconcile` takes. */
export interface ReconcileOptions extends CallOptions {
  /** Reads the guests, page by page, in place of the codes: they tell of claims too. */
  guests?: boolean;
}

/** What came of `reconcile`. */
export interface Reconciliation {
  /** How many codes or guests Uber listed. */
  read: number;
  /** How many codes of the job became distributed by that. */
  settled: number;
  /** How many are unknown all the same. */
  stillUnknown: number;
}

/** The platform's `ReadableStream`, or its shape where the platform's types have none. */
export type HostReadableStream = typeof globalThis extends {
  ReadableStream: { prototype: infer T };
}
  ? T
  : { getReader(): any; cancel(reason?: any): Promise<void> };

/** `Symbol.asyncDispose`, where the platform's types have it: `await using job = …`. */
export type HostAsyncDisposable = SymbolConstructor extends {
  readonly asyncDispose: infer S extends symbol;
}
  ? { [key in S]: () => Promise<void> }
  : unknown;

/** One list of codes on its way to one program. */
export interface BareJob {
  /** A UUID, drawn when the job was created. */
  readonly id: string;
  /** The voucher program. */
  readonly programId: string;

  /**
   * Sends what is pending or to be sent again, until nothing is left.
   *
   * Aborting the signal pauses: nothing new leaves, what is under way is
   * awaited, and the run resolves with `finished: false`. So it does too where
   * something is unknown: see `batches` and `resolve`, then run again.
   *
   * @throws {ApiError} A refusal that concerns the whole job (401 after renewal,
   *   403, 404, …), or no token. What it concerned is pending again; the job can
   *   be run again.
   * @throws {JobError} `halted` after three answers in a row that prove nothing;
   *   `journal_failed` and `instance_lost`, after which the job has to be
   *   resumed; `journal_lost`, after which it can't be; `job_busy` while it runs
   *   already; `job_closed`.
   */
  run(options?: { signal?: CallSignal }): Promise<JobReport>;

  /**
   * How far it is: the same object until something changes. Bound, as is
   * `subscribe`: `useSyncExternalStore(job.subscribe, job.progress)`.
   */
  readonly progress: () => JobProgress;

  /** Calls the listener whenever something changed, until the function returned is called. */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * Takes in what Uber reported, in any order and any number of times. Resolves
   * once it is in the journal, with how many codes it settled; only then
   * acknowledge the webhook.
   */
  applyWebhook(event: JobEvent): Promise<number>;

  /**
   * Takes in which codes are in use: whoever has claimed or used a code has it, whichever
   * send brought it. Resolves once that is in the journal, with how many codes of this job
   * became distributed.
   *
   * A code that has left (`sending`, `queued`, `unknown`, `failed`) is `distributed`, `by:
   * "usage"`, and stays so: no webhook changes that, and no request holds it again, also if
   * the one under way turns out to be refused. One abandoned after it had left too. A
   * pending code stays pending, is counted in `usedBefore`, and is sent as you asked. One
   * that was rejected, or abandoned before it left, stays as it is. That a code is not in
   * use proves nothing, and changes nothing.
   *
   * @throws {ValidationError} `invalid_options`: it holds something else than codes and guests.
   */
  applyUsage(codes: UsedCodes): Promise<number>;

  /**
   * Asks Uber which codes are in use, in one request (with `guests`, in one for each page),
   * and takes that in as `applyUsage` does. If reading fails, nothing has changed.
   *
   * @throws As `listCodes`.
   */
  reconcile(options?: ReconcileOptions): Promise<Reconciliation>;

  /**
   * Your decision about a batch that is unknown, or about all that are.
   *
   * - `resend`: those of its codes without an outcome, and not known to be in use, are
   *   sent again by the next run, or this one. Some people may get a second message.
   * - `queued`: you know that it was queued.
   * - `abandon`: leave it at that. A pending batch can be abandoned too, and is
   *   then never sent.
   *
   * @throws {JobError} `not_unknown`: that batch is not to be decided about.
   */
  resolve(batch: number | "all", decision: JobDecision): Promise<void>;

  /** All batches, in input order. */
  batches(): readonly JobBatch[];

  /** What is known of one code, in either case; undefined where the job has no such code. */
  get(code: string): JobResult | undefined;

  /** Each code, in input order; or those in one state, or in some. */
  results(filter?: StateFilter): Iterable<JobResult>;

  /** The same as a CSV file that a spreadsheet can open without running any of it. */
  resultsCsv(filter?: StateFilter): HostReadableStream & AsyncIterable<Uint8Array>;

  /**
   * Pauses if it runs, and gives the journal back. What is known can still be
   * read.
   */
  close(): Promise<void>;
}

/** One list of codes on its way to one program. */
export type Job = BareJob & HostAsyncDisposable;
