/** The public `Job`: the loop and the core's state under public names. */
import { invalidOption } from "../errors.js";
import type { Usage } from "../generated/calls.js";
import { DECISIONS, JOB_CLOSED_HINT } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { checkCallOptions } from "../client/options.js";
import { MAX_U32, boolean, isWithin, readOptions, signal as signalReader } from "../schema.js";
import type { CallSignal } from "../types.js";
import { outcomesOf } from "../webhook/webhook.js";
import { batchesOf } from "./batches.js";
import { JobLoop, type LoopParts } from "./loop.js";
import { type JournalLock, jobError } from "./journal-lock.js";
import { onJournal } from "./replay.js";
import { resultOf, results, resultsCsv, statesIn } from "./results.js";
import type {
  BareJob,
  Job,
  JobBatch,
  JobDecision,
  JobEvent,
  JobProgress,
  JobReport,
  JobResult,
  ReconcileOptions,
  Reconciliation,
  StateFilter,
  UsedCodes,
} from "./types.js";
import { type UsageReader, readUsage, usageAtUber } from "./usage.js";

/** The parts of a job. */
export interface JobParts extends LoopParts {
  /** Reads at Uber which codes are in use. */
  reader: UsageReader;
}

export class BulkJob implements BareJob {
  readonly id: string;
  readonly programId: string;
  // Bound, so that React's useSyncExternalStore can take both unchanged.
  readonly progress: () => JobProgress;
  readonly subscribe: (listener: () => void) => () => void;

  readonly #machine: JobMachine;
  readonly #reader: UsageReader;
  readonly #lock: JournalLock;
  readonly #loop: JobLoop;
  #closing: Promise<void> | undefined;

  constructor({ reader, ...parts }: JobParts) {
    this.#machine = parts.machine;
    this.#reader = reader;
    this.#lock = parts.lock;
    this.#loop = new JobLoop(parts);
    const { id, programId } = this.#machine.about();
    this.id = id;
    this.programId = programId;
    ({ read: this.progress, subscribe: this.subscribe } = this.#loop.progress);
    const { onProgress } = parts.options;
    if (onProgress !== undefined) this.subscribe(() => onProgress(this.progress()));
  }

  async run(options: { signal?: CallSignal } = {}): Promise<JobReport> {
    const { signal } = readOptions(options, { signal: signalReader });
    this.#requireUsable();
    if (this.#loop.isRunning) {
      const hint = "Wait for the current run, or abort its signal to pause it.";
      throw jobError("job_busy", "no", "The job is already running", hint);
    }
    // Awaited, so that the stack of an error includes the caller.
    return await this.#loop.run(signal);
  }

  async applyWebhook(event: JobEvent): Promise<number> {
    this.#requireUsable();
    let reported: unknown[] | undefined;
    let programId: string | null;
    try {
      const { outcomes } = event;
      ({ programId } = event);
      if (Array.isArray(outcomes)) {
        reported = programId === null || typeof programId === "string" ? outcomesOf(outcomes) : [];
      }
    } catch (cause) {
      throw invalidOption("The event can't be read", cause);
    }
    if (reported === undefined)
      throw invalidOption("This is not an event that verifyWebhook returned");
    return reported.length === 0
      ? 0
      : this.#loop.change(() => this.#machine.report(programId, reported));
  }

  async applyUsage(codes: UsedCodes): Promise<number> {
    this.#requireUsable();
    return this.#applyUsage(await readUsage(codes));
  }

  async reconcile(options?: ReconcileOptions): Promise<Reconciliation> {
    this.#requireUsable();
    const call = checkCallOptions(options, { guests: boolean });
    const usage = await usageAtUber(this.#reader, this.programId, call);
    const settled = await this.#applyUsage(usage);
    return { read: usage.read, settled, stillUnknown: this.progress().unknown };
  }

  async #applyUsage({ used }: Usage): Promise<number> {
    // The job may have been closed during the read.
    this.#requireUsable();
    return used === "" ? 0 : this.#loop.change(() => this.#machine.applyUsage(used));
  }

  async resolve(batch: number | "all", decision: JobDecision): Promise<void> {
    this.#requireUsable();
    if (!(DECISIONS as readonly unknown[]).includes(decision)) {
      throw invalidOption("The decision must be resend, queued or abandon");
    }
    if (batch !== "all" && !isWithin(batch, 0, MAX_U32)) {
      throw invalidOption('The batch must be a whole number from 0, or "all"');
    }
    await this.#loop.change(() => this.#machine.resolve(batch, decision));
  }

  batches(): readonly JobBatch[] {
    return batchesOf(this.#machine, (batch) => this.#loop.requests.errorOf(batch));
  }

  get(code: string): JobResult | undefined {
    return resultOf(this.#machine, String(code));
  }

  results(filter?: StateFilter) {
    const states = statesIn(filter);
    return { [Symbol.iterator]: () => results(this.#machine, states) };
  }

  resultsCsv(filter?: StateFilter) {
    return resultsCsv(this.results(filter));
  }

  /** The source of the pages of results. */
  get pages(): JobMachine {
    return this.#machine;
  }

  /** Whether it can't be used any more and has to be resumed. */
  get isUnusable(): boolean {
    return this.#loop.failure !== undefined || this.#machine.isLost || this.#lock.isReleased;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const wasClosed = this.#lock.isReleased;
    if (!wasClosed && !this.#machine.isLost) {
      this.#loop.pause();
      await this.#loop.ended;
      await this.flush().catch(() => {});
    }
    await onJournal(() => this.#lock.release());
  }

  /** Waits until everything is in the journal. */
  async flush(): Promise<void> {
    await this.#loop.change(() => {});
  }

  #requireUsable(): void {
    if (this.#loop.failure !== undefined) throw this.#loop.failure;
    this.#machine.requireInstance();
    if (!this.#lock.isReleased && this.#closing === undefined) return;
    const message = "The job was closed, or opened again elsewhere";
    throw jobError("job_closed", "no", message, JOB_CLOSED_HINT);
  }
}

const { asyncDispose } = Symbol as { asyncDispose?: symbol };
if (asyncDispose !== undefined) {
  Object.defineProperty(BulkJob.prototype, asyncDispose, {
    value(this: BulkJob) {
      return this.close();
    },
  });
}

/** Members for the worker, besides the public ones. */
export type ReadableJob = Job & Pick<BulkJob, "pages" | "isUnusable">;
