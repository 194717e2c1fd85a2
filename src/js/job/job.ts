/** A job, as its user has it: the loop and what the core knows, under public names. */
import { invalidOption } from "../errors.js";
import { DECISIONS } from "../generated/protocol.js";
import type { JobMachine } from "../wasm/job-machine.js";
import { checkCallOptions } from "../client/options.js";
import { MOST, boolean, isWithin, readOptions, signal as signalReader } from "../schema.js";
import type { CallSignal } from "../types.js";
import { outcomesOf } from "../webhook/webhook.js";
import { batchesOf } from "./batches.js";
import { JobLoop, type LoopParts } from "./loop.js";
import { type Ownership, jobError } from "./ownership.js";
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
import { type Usage, type UsageReader, readUsage, usageAtUber } from "./usage.js";

/** What a job is made of. */
export interface JobParts extends LoopParts {
  /** Reads of which codes Uber says that they are in use. */
  reader: UsageReader;
}

export class BulkJob implements BareJob {
  readonly id: string;
  readonly programId: string;
  // Bound: React's useSyncExternalStore takes both as they are.
  readonly progress: () => JobProgress;
  readonly subscribe: (listener: () => void) => () => void;

  readonly #machine: JobMachine;
  readonly #reader: UsageReader;
  readonly #ownership: Ownership;
  readonly #loop: JobLoop;
  #closing: Promise<void> | undefined;

  constructor({ reader, ...parts }: JobParts) {
    this.#machine = parts.machine;
    this.#reader = reader;
    this.#ownership = parts.ownership;
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
    this.#refuse();
    if (this.#loop.isRunning) {
      const hint = "Wait for the run that there is, or pause it by its signal.";
      throw jobError("job_busy", "no", "The job runs already", hint);
    }
    // Awaited, so that the stack of its error leads on to the caller.
    return await this.#loop.run(signal);
  }

  async applyWebhook(event: JobEvent): Promise<number> {
    this.#refuse();
    let told: unknown[] | undefined;
    let programId: string | null;
    try {
      const { outcomes } = event;
      ({ programId } = event);
      if (Array.isArray(outcomes)) {
        told = programId === null || typeof programId === "string" ? outcomesOf(outcomes) : [];
      }
    } catch (cause) {
      throw invalidOption("The event can't be read", cause);
    }
    if (told === undefined) throw invalidOption("It is no event of verifyWebhook");
    return told.length === 0 ? 0 : this.#loop.change(() => this.#machine.report(programId, told));
  }

  async applyUsage(codes: UsedCodes): Promise<number> {
    this.#refuse();
    return this.#applyUsage(await readUsage(codes));
  }

  async reconcile(options?: ReconcileOptions): Promise<Reconciliation> {
    this.#refuse();
    const call = checkCallOptions(options, { guests: boolean });
    const usage = await usageAtUber(this.#reader, this.programId, call);
    const settled = await this.#applyUsage(usage);
    return { read: usage.read, settled, stillUnknown: this.progress().unknown };
  }

  async #applyUsage({ used }: Usage): Promise<number> {
    // It may have been closed while they were read.
    this.#refuse();
    return used === "" ? 0 : this.#loop.change(() => this.#machine.applyUsage(used));
  }

  async resolve(batch: number | "all", decision: JobDecision): Promise<void> {
    this.#refuse();
    if (!(DECISIONS as readonly unknown[]).includes(decision)) {
      throw invalidOption("The decision must be resend, queued or abandon");
    }
    if (batch !== "all" && !isWithin(batch, 0, MOST)) {
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

  /** What pages of results are read from. */
  get pages(): JobMachine {
    return this.#machine;
  }

  /** Whether nothing more is to be had of it: it has to be resumed from its journal. */
  get isOver(): boolean {
    return this.#loop.failure !== undefined || this.#machine.isLost || this.#ownership.isReleased;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const wasClosed = this.#ownership.isReleased;
    if (!wasClosed && !this.#machine.isLost) {
      this.#loop.pause();
      await this.#loop.ended;
      await this.flush().catch(() => {});
    }
    await onJournal(() => this.#ownership.release());
  }

  /** Waits until the journal has everything. */
  async flush(): Promise<void> {
    await this.#loop.change(() => {});
  }

  #refuse(): void {
    if (this.#loop.failure !== undefined) throw this.#loop.failure;
    this.#machine.refuseLost();
    if (!this.#ownership.isReleased && this.#closing === undefined) return;
    const hint = "Resume it from its journal.";
    throw jobError("job_closed", "no", "The job was closed, or opened anew elsewhere", hint);
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

/** What the worker reads of a job beside its public members. */
export type ReadableJob = Job & Pick<BulkJob, "pages" | "isOver">;
