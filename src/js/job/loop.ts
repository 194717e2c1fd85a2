/**
 * The loop around the core's state machine of a job.
 *
 * The core says what to do next (`poll`), and is told what came of it. This
 * file saves, sends and waits, and decides nothing.
 */
import { instance } from "../wasm/binding.js";
import { DONE, Deadline, hostClock, realSetTimeout } from "../http/deadline.js";
import { type ErrorParts, type VoucherError, quietly, toError } from "../errors.js";
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
import type { CheckedJobOptions } from "./options.js";
import { type Ownership, journalFailed } from "./ownership.js";
import { LiveProgress } from "./progress.js";
import { Requests } from "./requests.js";
import type { JobReport } from "./types.js";
import type { CallSignal } from "../types.js";

/** How long a journal that failed may take to say how long it is. */
const READ_BACK_MS = 5_000;

/** What a job is made of. */
export interface LoopParts {
  machine: JobMachine;
  host: Host;
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

export class JobLoop {
  /** Why the journal can't be gone on with. */
  failure: VoucherError | undefined;
  /** Settles with the last run, and never rejects. */
  ended: Promise<unknown> = Promise.resolve();
  readonly progress: LiveProgress;
  readonly requests: Requests;

  readonly #machine: JobMachine;
  readonly #host: Host;
  readonly #options: CheckedJobOptions;
  readonly #ownership: Ownership;
  readonly #duplicates: number;
  readonly #readBack: () => Promise<number | undefined>;

  #run: Run | undefined;
  #willTurn = false;
  #length: number;
  #saves = 0;
  #isSaving = false;
  /** Whether the whole list is in the journal: until then, nothing is settled. */
  #isCreated = false;
  #waiting: { save: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #timer: { until: number; stop: AbortController } | undefined;

  constructor({ machine, host, options, ownership, length, readBack }: LoopParts) {
    this.#machine = machine;
    this.#host = host;
    this.#options = options;
    this.#ownership = ownership;
    this.#length = length;
    this.#readBack = readBack;
    ownership.isBusy = () => this.isRunning || this.#isSaving;
    this.progress = new LiveProgress(machine);
    this.requests = new Requests(machine, host, options.timeoutMs, (work) =>
      this.#tell(work, true),
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
    this.ended = ended.catch(() => {});
    try {
      return await ended;
    } finally {
      signal?.removeEventListener("abort", pause);
      // A listener may have begun another one.
      if (this.#run === run) this.#run = undefined;
      // Nothing more is to be had of this one: the journal can be resumed.
      if (this.#machine.isLost || this.failure !== undefined) await this.release();
    }
  }

  /** No further request leaves. */
  pause(): void {
    if (this.isRunning) this.#tell(() => this.#machine.pause());
  }

  /** Gives the journal back, where another failure is to be told. */
  async release(): Promise<void> {
    await this.#ownership.release().catch(() => {});
  }

  /** Changes what is known; resolves once the journal has it. */
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

  /** Answers those who wait for the journal, as far as it has come. */
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

  /** Does what the core asks for, until it has to wait. */
  #turn(): void {
    try {
      while (this.#act(this.#machine.poll(this.#heldMs())));
      this.progress.changed();
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
    if (this.failure !== undefined && this.#run === undefined) await this.release();
  }

  /** Nothing more is sent. What can be told of it depends on what the journal still has. */
  async #saveFailed(cause: unknown): Promise<void> {
    this.#tell(() => this.#machine.pause());
    const deadline = new Deadline(hostClock, READ_BACK_MS, undefined);
    const { kind, value } = await deadline.race(this.#readBack);
    deadline.end();
    const found = kind === DONE ? value : undefined;
    const known = quietly(this.progress.read);
    const isNone = known !== undefined && known.unknown + known.sending === 0;
    const failure = journalFailed(isNone ? "no" : "unknown", cause);
    this.#isSaving = false;
    this.#tell(() => {
      const lost = this.#machine.saveFailed(found);
      this.failure = lost === undefined ? failure : toError({ ...lost, cause });
    });
    this.failure ??= failure;
  }

  /**
   * Tells the core what came; then it may want more. With `isSoon` it is asked a little later:
   * what comes together then turns it once, and one record of the journal has it all.
   */
  #tell(work: () => void, isSoon = false): void {
    try {
      work();
    } catch {
      // A trap: `instance.call` has told everybody who waits.
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
      // A clock that wakes too early must not keep everything else from its turn.
      if (this.#host.now() < until) await new Promise((resolve) => realSetTimeout(resolve, 0));
      if (signal.aborted) return;
      this.#timer = undefined;
      this.#turn();
    });
  }

  #done(halt: ErrorParts | undefined): void {
    const run = this.#run;
    // What proved nothing is the cause of a halt.
    const cause = halt?.code === "halted" ? this.requests.doubt : undefined;
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
