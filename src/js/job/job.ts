/**
 * A job: the loop around the core's state machine.
 *
 * The core says what to do next (`poll`), and is told what came of it. This
 * file saves, sends and waits, and decides nothing.
 */
import { type Binding, instance } from "../wasm/binding.js";
import { type ListParts, hexOf } from "../codes/code-list.js";
import { Turn, refuseAborted } from "../codes/codes-input.js";
import {
  DONE,
  Deadline,
  ERROR,
  FAILED,
  type Outcome,
  TIMEOUT,
  hostClock,
} from "../http/deadline.js";
import {
  type ErrorParts,
  VoucherError,
  invalidOption,
  isUnsent,
  quietly,
  refusal,
  toError,
} from "../errors.js";
import type { Host } from "../wasm/host.js";
import { notify } from "../listeners.js";
import { type Ownership, jobError, journalFailed, own } from "./ownership.js";
import {
  ACTION_DONE,
  ACTION_NEED_TOKEN,
  ACTION_SAVE,
  ACTION_SEND,
  ACTION_WAIT,
  BATCH_ROW_BYTES,
  DECISIONS,
  STATES,
} from "../generated/protocol.js";
import { type Action, JobMachine, type Opening, type Template } from "../wasm/job-machine.js";
import { numbered, resultOf, results, resultsCsv, statesIn } from "./results.js";
import type {
  BareJob,
  BatchState,
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
import { bytesOf } from "../journal/shared.js";
import type { Journal } from "../journal/types.js";
import { type CheckedJobOptions, checkCallOptions } from "../client/options.js";
import { MOST, boolean, isWithin, readOptions, signal as signalReader } from "../schema.js";
import type { Answer } from "../http/transport.js";
import type { CallSignal } from "../types.js";
import { outcomesOf } from "../webhook/webhook.js";

const PIECE = 1 << 18;
const NO_IDS = new Uint8Array();
/** Errors with all that came with them; of others, the journal's words are left. */
const MOST_ERRORS = 1_000;
/** The members of a progress, in the order in which the core hands them over. */
const NUMBERS = [
  "total",
  ...STATES,
  "requests",
  "retries",
  "startedAt",
  "etaMs",
  "waitingUntil",
  "usedBefore",
  "pausedAfter",
] as const satisfies (keyof JobProgress)[];
/** How long a journal that failed may take to say how long it is. */
const READ_BACK_MS = 5_000;

/** What a job needs of its client. */
export interface JobContext {
  glue: Binding;
  client: InstanceType<Binding["Client"]>;
  host: Host;
  /** Reads of which codes Uber says that they are in use. */
  reader: UsageReader;
}

/** A job to be created; without it, the journal's is resumed. */
export interface NewJob {
  programId: string;
  parts: ListParts;
}

/** Opens the job of a journal, or creates it there. */
export async function openJob(
  { glue, client, host, reader }: JobContext,
  options: CheckedJobOptions,
  created?: NewJob,
): Promise<Job> {
  const { journal, signal } = options;
  const ownership = await own(journal, created !== undefined);
  try {
    const machine = new JobMachine(glue, client, host.now, options);
    const unlessAborted =
      <T>(work: (piece: T) => void) =>
      (piece: T) => {
        refuseAborted(signal, "Making the job was aborted");
        work(piece);
      };
    const length = await replay(journal, unlessAborted(machine.push));
    machine.expectLength(await onJournal(() => ownership.knownLength()));
    const { ids = NO_IDS, isDistinct = false } = created?.parts ?? {};
    const offer = (piece: Uint8Array) => machine.offer(piece, ids.length / 16, isDistinct);
    await pieces(ids, unlessAborted(offer));
    refuseAborted(signal, "Making the job was aborted");
    const kept = machine.open(opening(options, created));
    await onJournal(() => ownership.keepLength(kept));
    // What was torn off goes before anything is appended.
    if (kept < length) await onJournal(() => journal.truncate(kept));
    const readBack = () =>
      wholeLength(journal, new JobMachine(glue, client, host.now, options).push);
    const parts = { machine, host, reader, options, ownership, length: kept, readBack };
    const job = new BulkJob(parts);
    await job.flush();
    return job as unknown as Job;
  } catch (error) {
    await ownership.release().catch(() => {});
    throw error;
  }
}

function opening({ restored }: CheckedJobOptions, created: NewJob | undefined): Opening {
  if (created === undefined) return { restored };
  const { duplicates, rejectedCount } = created.parts;
  return { id: randomId(), programId: created.programId, duplicates, rejectedCount };
}

/** A random (version 4) UUID; `randomUUID` is not there in every page. */
function randomId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16));
  id[6] = ((id[6] as number) & 15) | 64;
  id[8] = ((id[8] as number) & 63) | 128;
  return hexOf(id, 0);
}

async function replay(journal: Journal, push: (bytes: Uint8Array) => void): Promise<number> {
  let length = 0;
  const stored = await onJournal(async () => journal.read()[Symbol.asyncIterator]());
  let isRead = false;
  try {
    for (;;) {
      const piece = await onJournal(async () => {
        const { done, value } = (await stored.next()) as { done?: boolean; value?: unknown };
        isRead = done === true;
        return isRead ? undefined : bytesOf(value, "read");
      });
      if (piece === undefined) return length;
      length += piece.length;
      await pieces(piece, push);
    }
  } finally {
    // So that it can close what it has open.
    if (!isRead) void onJournal(async () => stored.return?.()).catch(() => {});
  }
}

/** How many bytes of whole records a journal has, if it can be read. */
async function wholeLength(
  journal: Journal,
  push: (bytes: Uint8Array) => number,
): Promise<number | undefined> {
  let length = 0;
  try {
    await replay(journal, (bytes) => (length = push(bytes)));
  } catch (error) {
    // Else it ends in what is none.
    if ((error as VoucherError).code === "journal_failed") return undefined;
  }
  return length;
}

/** Hands bytes over piece by piece, and gives other work its turn. */
async function pieces(bytes: Uint8Array, push: (bytes: Uint8Array) => void): Promise<void> {
  const turn = new Turn();
  for (let at = 0; at < bytes.length; at += PIECE) {
    push(bytes.subarray(at, at + PIECE));
    await turn.end();
  }
}

async function onJournal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // One that knows by itself that it is damaged.
    if (cause instanceof VoucherError && cause.code === "journal_corrupt") throw cause;
    throw journalFailed("no", cause);
  }
}

/** What a job is made of. */
interface JobParts {
  machine: JobMachine;
  host: Host;
  reader: UsageReader;
  options: CheckedJobOptions;
  ownership: Ownership;
  /** How many bytes its journal has. */
  length: number;
  /** How many of them are whole records now, if that can be told. */
  readBack: () => Promise<number | undefined>;
}

/** Whoever waits for a run. */
interface Run {
  resolve(report: JobReport): void;
  reject(error: unknown): void;
}

class BulkJob implements BareJob {
  readonly id: string;
  readonly programId: string;

  readonly #machine: JobMachine;
  readonly #host: Host;
  readonly #reader: UsageReader;
  readonly #options: CheckedJobOptions;
  readonly #ownership: Ownership;
  readonly #duplicates: number;
  readonly #request: Template;

  #run: Run | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #halt: VoucherError | undefined;
  #doubt: unknown;
  readonly #tokens = new Map<number, string>();
  readonly #errors = new Map<number, VoucherError>();

  readonly #readBack: () => Promise<number | undefined>;
  #length: number;
  #saves = 0;
  #isSaving = false;
  /** Whether the whole list is in the journal: until then, nothing is settled. */
  #isCreated = false;
  #failure: VoucherError | undefined;
  #waiting: { save: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #timer: { until: number; stop: AbortController } | undefined;
  /** Whether the server has said that there were too many requests: the next wait is for that. */
  #isLimited = false;

  #progress: JobProgress | undefined;
  #isStale = true;
  #isTelling = false;
  readonly #listeners = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor({ machine, host, reader, options, ownership, length, readBack }: JobParts) {
    this.#machine = machine;
    this.#host = host;
    this.#reader = reader;
    this.#options = options;
    this.#ownership = ownership;
    this.#length = length;
    this.#readBack = readBack;
    ownership.isBusy = () => this.#run !== undefined || this.#isSaving;
    const { id, programId, duplicates } = machine.about();
    this.#request = machine.request();
    this.id = id;
    this.programId = programId;
    this.#duplicates = duplicates;
    const { onProgress } = options;
    if (onProgress !== undefined) this.#listeners.add(() => onProgress(this.progress()));
  }

  // Bound, as is `subscribe`: React's useSyncExternalStore takes both as they are.
  readonly progress = (): JobProgress => {
    if (this.#progress !== undefined && (!this.#isStale || this.#machine.isLost))
      return this.#progress;
    const numbers = this.#machine.progress();
    const progress = Object.fromEntries(
      NUMBERS.map((name, place) => [name, numbers[place]]),
    ) as unknown as JobProgress;
    this.#isStale = false;
    const before = this.#progress;
    // Time alone is no change.
    const isSame = (name: keyof JobProgress) =>
      name === "etaMs" || before?.[name] === progress[name];
    if (before !== undefined && NUMBERS.every(isSame)) return before;
    return (this.#progress = progress);
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  };

  async run(options: { signal?: CallSignal } = {}): Promise<JobReport> {
    const { signal } = readOptions(options, { signal: signalReader });
    this.#refuse();
    if (this.#run !== undefined) {
      const hint = "Wait for the run that there is, or pause it by its signal.";
      throw jobError("job_busy", "no", "The job runs already", hint);
    }
    let run: Run | undefined;
    const pause = () => {
      if (this.#run === run) this.#tell(() => this.#machine.pause());
    };
    const ended = instance.call("unknown", () => {
      this.#machine.start();
      return new Promise<JobReport>((resolve, reject) => {
        this.#run = run = { resolve, reject };
        // First, since whoever is called from here on may abort it.
        signal?.addEventListener("abort", pause);
        if (signal?.aborted) pause();
        else this.#turn();
      });
    });
    this.#ended = ended.catch(() => {});
    try {
      return await ended;
    } finally {
      signal?.removeEventListener("abort", pause);
      // A listener may have begun another one.
      if (this.#run === run) this.#run = undefined;
      // Nothing more is to be had of this one: the journal can be resumed.
      if (this.#machine.isLost || this.#failure !== undefined) await this.#release();
    }
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
    return told.length === 0 ? 0 : this.#change(() => this.#machine.report(programId, told));
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
    return used === "" ? 0 : this.#change(() => this.#machine.applyUsage(used));
  }

  async resolve(batch: number | "all", decision: JobDecision): Promise<void> {
    this.#refuse();
    if (!(DECISIONS as readonly unknown[]).includes(decision)) {
      throw invalidOption("The decision must be resend, queued or abandon");
    }
    if (batch !== "all" && !isWithin(batch, 0, MOST)) {
      throw invalidOption('The batch must be a whole number from 0, or "all"');
    }
    await this.#change(() => this.#machine.resolve(batch, decision));
  }

  batches(): readonly JobBatch[] {
    const rows = this.#machine.batches();
    const view = new DataView(rows.buffer, rows.byteOffset);
    return Array.from({ length: rows.length / BATCH_ROW_BYTES }, (_, id) => {
      const [codes = 0, used = 0] = [4, 6].map((at) =>
        view.getUint16(id * BATCH_ROW_BYTES + at, true),
      );
      const [reported = 0, attempts = 0, low = 0, high = 0] = [8, 12, 16, 20].map((at) =>
        view.getUint32(id * BATCH_ROW_BYTES + at, true),
      );
      const [state = 0, hasError] = rows.subarray(id * BATCH_ROW_BYTES);
      return {
        id,
        state: numbered(STATES, state) as BatchState,
        codes,
        reported,
        used,
        attempts,
        sentAt: attempts === 0 ? null : low + high * 2 ** 32,
        lastError: hasError ? (this.#errors.get(id) ?? toError(this.#machine.lastError(id))) : null,
      };
    });
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
    return this.#failure !== undefined || this.#machine.isLost || this.#ownership.isReleased;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const wasClosed = this.#ownership.isReleased;
    if (!wasClosed && !this.#machine.isLost) {
      if (this.#run !== undefined) this.#tell(() => this.#machine.pause());
      await this.#ended;
      await this.flush().catch(() => {});
    }
    await onJournal(() => this.#ownership.release());
  }

  /** Gives the journal back, where another failure is to be told. */
  async #release(): Promise<void> {
    await this.#ownership.release().catch(() => {});
  }

  /** Waits until the journal has everything. */
  async flush(): Promise<void> {
    await this.#change(() => {});
  }

  #refuse(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#machine.refuseLost();
    if (!this.#ownership.isReleased && this.#closing === undefined) return;
    const hint = "Resume it from its journal.";
    throw jobError("job_closed", "no", "The job was closed, or opened anew elsewhere", hint);
  }

  /** Changes what is known; resolves once the journal has it. */
  #change<T>(work: () => T): Promise<T> {
    return instance.call("no", async () => {
      // A record may have to wait for the append that is under way.
      const save = this.#saves + (this.#isSaving ? 2 : 1);
      const result = work();
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({ save, resolve, reject });
        this.#turn();
        this.#settle();
      });
      return result;
    });
  }

  /** Answers those who wait for the journal, as far as it has come. */
  #settle(): void {
    if (!this.#isCreated && this.#failure === undefined) return;
    const done = this.#isSaving ? this.#saves - 1 : Infinity;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ save }) => save > done);
    for (const { save, resolve, reject } of waiting) {
      if (save > done) continue;
      if (this.#failure === undefined) resolve();
      else reject(this.#failure);
    }
  }

  /** Does what the core asks for, until it has to wait. */
  #turn(): void {
    try {
      while (this.#act(this.#machine.poll(this.#heldMs())));
      this.#changed();
    } catch {
      // A trap: `instance.call` has told everybody who waits.
    }
  }

  /** How long nothing may leave, where others share the rate. */
  #heldMs(): number {
    const pace = this.#options.pace;
    if (pace === undefined || this.#run === undefined) return 0;
    return Math.max(0, Math.ceil(pace.next() - this.#host.now()));
  }

  /** Whether there may be more to do. */
  #act(action: Action): boolean {
    switch (action?.[0]) {
      case ACTION_SAVE:
        void this.#save(action[1]);
        return true;
      case ACTION_NEED_TOKEN:
        this.#token(action[1], action[2]);
        return true;
      case ACTION_SEND:
        this.#options.pace?.take();
        void this.#send(action[1], action[2], action[3]);
        return true;
      case ACTION_WAIT:
        this.#options.pace?.[this.#isLimited ? "close" : "waits"](action[1]);
        this.#isLimited = false;
        this.#wait(action[1]);
        return false;
      case ACTION_DONE:
        this.#done(action[1]);
        return false;
      case undefined:
        return false;
      default:
        throw new Error("The core asks for something unknown");
    }
  }

  async #save(bytes: Uint8Array): Promise<void> {
    this.#saves += 1;
    this.#isSaving = true;
    const length = this.#length + bytes.length;
    try {
      await this.#options.journal.append(bytes);
      await this.#ownership.keepLength(length);
      this.#length = length;
      this.#isSaving = false;
      this.#tell(() => {
        this.#isCreated = this.#machine.saved();
      });
    } catch (cause) {
      await this.#saveFailed(cause);
    }
    this.#settle();
    if (this.#failure !== undefined && this.#run === undefined) await this.#release();
  }

  /** Nothing more is sent. What can be told of it depends on what the journal still has. */
  async #saveFailed(cause: unknown): Promise<void> {
    this.#tell(() => this.#machine.pause());
    const deadline = new Deadline(hostClock, READ_BACK_MS, undefined);
    const { kind, value } = await deadline.race(this.#readBack);
    deadline.end();
    const found = kind === DONE ? value : undefined;
    const known = quietly(this.progress);
    const isNone = known !== undefined && known.unknown + known.sending === 0;
    const failure = journalFailed(isNone ? "no" : "unknown", cause);
    this.#isSaving = false;
    this.#tell(() => {
      const lost = this.#machine.saveFailed(found);
      this.#failure = lost === undefined ? failure : toError({ ...lost, cause });
    });
    this.#failure ??= failure;
  }

  #token(batch: number, renew: boolean): void {
    const rejected = renew ? this.#tokens.get(batch) : undefined;
    const coming = this.#host.token(rejected, this.#options.timeoutMs, undefined);
    // One that is here is taken at once: the next poll sends the batch.
    if (!(coming instanceof Promise)) this.#takeToken(batch, coming);
    else void coming.then((outcome) => this.#tell(() => this.#takeToken(batch, outcome)));
  }

  #takeToken(batch: number, { kind, value }: Outcome): void {
    if (kind === DONE) {
      if (value !== undefined) this.#tokens.set(batch, value as string);
      this.#machine.token(batch);
      return;
    }
    const error = kind === ERROR ? (value as VoucherError) : noToken(kind === TIMEOUT, value);
    if (this.#machine.noToken(batch, error)) this.#halt ??= error;
    else if (isUnsent(error)) this.#keepError(batch, error);
  }

  async #send(batch: number, attempt: number, body: string): Promise<void> {
    const host = this.#host;
    const [url, shared] = this.#request;
    const init = { ...shared, headers: new Headers(shared.headers as HeadersInit), body };
    const token = this.#tokens.get(batch);
    if (token !== undefined) init.headers.set("Authorization", `Bearer ${token}`);
    const deadline = host.deadline(this.#options.timeoutMs, undefined);
    const { kind, value, hasLeft } = await host.send(url, init, attempt, deadline);
    const answer = value as Answer;
    if (kind === FAILED && !hasLeft) {
      this.#tell(() => {
        this.#remember(batch, { ...this.#machine.unsent(batch), cause: value });
      });
    } else if (kind !== DONE) {
      this.#tell(() => {
        const parts = this.#machine.lost(batch, kind === TIMEOUT ? "timeout" : "connection_failed");
        this.#doubt = this.#remember(batch, { ...parts, cause: value });
      });
    } else {
      const patienceMs = quietly(() => this.#machine.bodyPatienceMs(answer));
      const isNeeded = patienceMs !== undefined;
      const body = isNeeded ? (await host.read(answer, patienceMs, deadline)).value : "";
      this.#tell(() => {
        const parts = this.#machine.answered(batch, answer, String(body));
        if (parts === undefined) return;
        const error = this.#remember(batch, parts);
        if (error.queued === "unknown") this.#doubt = error;
      });
    }
    deadline.end();
  }

  /** Tells the core what came; then it may want more. */
  #tell<T>(work: () => T): T | undefined {
    try {
      const result = work();
      this.#turn();
      return result;
    } catch {
      // A trap: `instance.call` has told everybody who waits.
      return undefined;
    }
  }

  #remember(batch: number, parts: ErrorParts): VoucherError {
    const error = toError(parts);
    if (error.code === "rate_limited") this.#isLimited = true;
    this.#keepError(batch, error);
    return error;
  }

  /** Keeps the last error of a batch with all that came with it. */
  #keepError(batch: number, error: VoucherError): void {
    this.#errors.delete(batch);
    this.#errors.set(batch, error);
    const [oldest] = this.#errors.keys();
    if (this.#errors.size > MOST_ERRORS) this.#errors.delete(oldest as number);
  }

  #wait(until: number): void {
    if (this.#timer?.until === until) return;
    this.#timer?.stop.abort();
    const timer = (this.#timer = { until, stop: new AbortController() });
    const { signal } = timer.stop;
    void this.#host.wait(until - this.#host.now(), signal).then(async () => {
      // A clock that wakes too early must not keep everything else from its turn.
      if (this.#host.now() < until) await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal.aborted) return;
      this.#timer = undefined;
      this.#turn();
    });
  }

  #done(halt: ErrorParts | undefined): void {
    const run = this.#run;
    // What proved nothing is the cause of a halt.
    const cause = halt?.code === "halted" ? this.#doubt : undefined;
    const error = this.#failure ?? this.#halt ?? (halt && toError({ ...halt, cause }));
    this.#run = undefined;
    this.#halt = undefined;
    this.#timer?.stop.abort();
    this.#timer = undefined;
    if (error !== undefined) return run?.reject(error);
    this.#isStale = true;
    const progress = this.progress();
    const finished = progress.pending + progress.sending + progress.unknown === 0;
    run?.resolve({ ...progress, finished, duplicates: this.#duplicates });
  }

  #changed(): void {
    this.#isStale = true;
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    const before = this.#progress;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#machine.isLost || this.progress() === before) return;
      // A listener that subscribes anew is not called again.
      for (const listener of [...this.#listeners]) notify(listener);
    });
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

function noToken(isTimeout: boolean, cause: unknown): VoucherError {
  const hint = "See `cause`. Nothing has left.";
  const code = isTimeout ? "timeout" : "connection_failed";
  return refusal(code, "Getting a token failed", hint, { cause });
}
