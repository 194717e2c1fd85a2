/**
 * The loop around the core's state machine of a job.
 *
 * `poll` returns the next action; this file performs it and reports the result. It
 * saves, sends and waits, and decides nothing.
 */
import { instance } from "../wasm/binding.js";
import { DONE, Deadline, hostClock, realSetTimeout } from "../http/deadline.js";
import { type ErrorParts, type VoucherError, tryOrUndefined, toError } from "../errors.js";
import {
  ACTION_DONE,
  ACTION_NEED_TOKEN,
  ACTION_SAVE,
  ACTION_SEND,
  ACTION_WAIT,
} from "../generated/protocol.js";
import type { Host } from "../wasm/host.js";
import type { JobMachine } from "../wasm/job-machine.js";
import type { Action } from "../wasm/results.js";
import { queueMicrotask } from "../wasm/microtask.js";
import { handedOver } from "../journal/shared.js";
import type { CheckedJobOptions } from "./options.js";
import { type JournalLock, journalFailed } from "./journal-lock.js";
import { LiveProgress } from "./progress.js";
import { Requests } from "./requests.js";
import type { JobReport } from "./types.js";
import type { CallSignal } from "../types.js";

/** How long a journal that failed may take to report its length. */
const READ_BACK_MS = 5_000;

/** The parts of a job. */
export interface LoopParts {
  machine: JobMachine;
  host: Host;
  options: CheckedJobOptions;
  lock: JournalLock;
  /** The journal's length in bytes. */
  length: number;
  /** Counts the bytes of whole records again, if the journal can be read. */
  readBack: () => Promise<number | undefined>;
}

/** A caller that waits for a run. */
interface Run {
  resolve(report: JobReport): void;
  reject(error: unknown): void;
}

export class JobLoop {
  /** Why the journal can't be used any more. */
  failure: VoucherError | undefined;
  /** Settles with the last run, and never rejects. */
  ended: Promise<unknown> = Promise.resolve();
  readonly progress: LiveProgress;
  readonly requests: Requests;

  readonly #machine: JobMachine;
  readonly #host: Host;
  readonly #options: CheckedJobOptions;
  readonly #lock: JournalLock;
  readonly #duplicates: number;
  readonly #readBack: () => Promise<number | undefined>;

  #run: Run | undefined;
  #willTurn = false;
  #length: number;
  #saves = 0;
  #isSaving = false;
  /** Whether the whole list is in the journal; no outcome can be applied before. */
  #isCreated = false;
  #waiting: { save: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #timer: { until: number; stop: AbortController } | undefined;

  constructor({ machine, host, options, lock, length, readBack }: LoopParts) {
    this.#machine = machine;
    this.#host = host;
    this.#options = options;
    this.#lock = lock;
    this.#length = length;
    this.#readBack = readBack;
    lock.isBusy = () => this.isRunning || this.#isSaving;
    this.progress = new LiveProgress(machine);
    this.requests = new Requests(machine, host, options.timeoutMs, (work) =>
      this.#update(work, true),
    );
    this.#duplicates = machine.about().duplicates;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Runs until nothing is left to do, the run is halted, or the signal pauses it. */
  async run(signal: CallSignal | undefined): Promise<JobReport> {
    let run: Run | undefined;
    const pause = () => {
      if (this.#run === run) this.#update(() => this.#machine.pause());
    };
    const ended = instance.call("unknown", () => {
      this.#machine.start();
      return new Promise<JobReport>((resolve, reject) => {
        this.#run = run = { resolve, reject };
        // Before `#turn`, since callbacks may abort the signal.
        signal?.addEventListener("abort", pause);
        if (signal?.aborted) pause();
        else this.#turn();
      });
    });
    this.ended = ended.catch(() => {});
    try {
      return await ended;
    } finally {
      signal?.removeEventListener("abort", pause);
      // A listener may have started another run.
      if (this.#run === run) this.#run = undefined;
      // This job can't be used any more; it can be resumed from the journal.
      if (this.#machine.isLost || this.failure !== undefined) await this.release();
    }
  }

  /** No further request is sent. */
  pause(): void {
    if (this.isRunning) this.#update(() => this.#machine.pause());
  }

  /** Releases the journal, ignoring errors: another failure is being reported. */
  async release(): Promise<void> {
    await this.#lock.release().catch(() => {});
  }

  /** Changes the job's state; resolves once the change is in the journal. */
  change<T>(work: () => T): Promise<T> {
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

  /** Resolves the calls that wait for the journal, as far as it is written. */
  #settle(): void {
    if (!this.#isCreated && this.failure === undefined) return;
    const done = this.#isSaving ? this.#saves - 1 : Infinity;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ save }) => save > done);
    for (const { save, resolve, reject } of waiting) {
      if (save > done) continue;
      if (this.failure === undefined) resolve();
      else reject(this.failure);
    }
  }

  /** Performs the core's actions until it has to wait. */
  #turn(): void {
    try {
      while (this.#act(this.#machine.poll(this.#heldMs())));
      this.progress.changed();
    } catch {
      // A trap: `instance.call` has already rejected all pending calls.
    }
  }

  /** How long nothing may be sent, if a shared rate limits it. */
  #heldMs(): number {
    const pace = this.#options.pace;
    if (pace === undefined || this.#run === undefined) return 0;
    return Math.max(0, Math.ceil(pace.next() - this.#host.now()));
  }

  /** Performs an action. Returns whether to poll again at once. */
  #act(action: Action): boolean {
    switch (action?.[0]) {
      case ACTION_SAVE:
        void this.#save(action[1]);
        return true;
      case ACTION_NEED_TOKEN:
        this.requests.token(action[1], action[2]);
        return true;
      case ACTION_SEND:
        this.#options.pace?.take();
        void this.requests.send(action[1], action[2], action[3]);
        return true;
      case ACTION_WAIT:
        this.#options.pace?.[this.requests.isLimited ? "close" : "waits"](action[1]);
        this.requests.isLimited = false;
        this.#wait(action[1]);
        return false;
      case ACTION_DONE:
        this.#done(action[1]);
        return false;
      case undefined:
        return false;
      default:
        throw new Error("The core asked for something unknown");
    }
  }

  async #save(bytes: Uint8Array): Promise<void> {
    this.#saves += 1;
    this.#isSaving = true;
    const length = this.#length + bytes.length;
    handedOver.add(bytes);
    try {
      await this.#options.journal.append(bytes);
      await this.#lock.keepLength(length);
      this.#length = length;
      this.#isSaving = false;
      this.#update(() => {
        this.#isCreated = this.#machine.saved();
      });
    } catch (cause) {
      await this.#saveFailed(cause);
    }
    this.#settle();
    if (this.failure !== undefined && this.#run === undefined) await this.release();
  }

  /** Nothing more is sent. What the error says depends on what the journal still has. */
  async #saveFailed(cause: unknown): Promise<void> {
    this.#update(() => this.#machine.pause());
    const deadline = new Deadline(hostClock, READ_BACK_MS, undefined);
    const { kind, value } = await deadline.race(this.#readBack);
    deadline.end();
    const found = kind === DONE ? value : undefined;
    const known = tryOrUndefined(this.progress.read);
    const isNone = known !== undefined && known.unknown + known.sending === 0;
    const failure = journalFailed(isNone ? "no" : "unknown", cause);
    this.#isSaving = false;
    this.#update(() => {
      const lost = this.#machine.saveFailed(found);
      this.failure = lost === undefined ? failure : toError({ ...lost, cause });
    });
    this.failure ??= failure;
  }

  /**
   * Reports something to the core, and then polls it. With `isSoon` it polls a little later,
   * so that reports which arrive together need only one turn, and one record in the journal.
   */
  #update(work: () => void, isSoon = false): void {
    try {
      work();
    } catch {
      // A trap: `instance.call` has already rejected all pending calls.
      return;
    }
    if (!isSoon) return void this.#turn();
    if (this.#willTurn) return;
    this.#willTurn = true;
    queueMicrotask(() => {
      this.#willTurn = false;
      this.#turn();
    });
  }

  #wait(until: number): void {
    if (this.#timer?.until === until) return;
    this.#timer?.stop.abort();
    const timer = (this.#timer = { until, stop: new AbortController() });
    const { signal } = timer.stop;
    void this.#host.wait(until - this.#host.now(), signal).then(async () => {
      // A clock that wakes too early must not block all other work.
      if (this.#host.now() < until) await new Promise((resolve) => realSetTimeout(resolve, 0));
      if (signal.aborted) return;
      this.#timer = undefined;
      this.#turn();
    });
  }

  #done(halt: ErrorParts | undefined): void {
    const run = this.#run;
    // The last unproven error becomes the `cause` of `halted`.
    const cause = halt?.code === "halted" ? this.requests.lastUnproven : undefined;
    const error = this.failure ?? this.requests.halt ?? (halt && toError({ ...halt, cause }));
    this.#run = undefined;
    this.requests.halt = undefined;
    this.#timer?.stop.abort();
    this.#timer = undefined;
    if (error !== undefined) return run?.reject(error);
    const progress = this.progress.read();
    const finished = progress.pending + progress.sending + progress.unknown === 0;
    run?.resolve({ ...progress, finished, duplicates: this.#duplicates });
  }
}
