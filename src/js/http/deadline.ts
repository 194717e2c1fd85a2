/** A time limit for foreign code, which the caller's signal can end too. */
import {
  HOST_ABORTED as ABORTED,
  HOST_DONE as DONE,
  HOST_ERROR as ERROR,
  HOST_FAILED as FAILED,
  HOST_TIMEOUT as TIMEOUT,
} from "../generated/protocol.js";
import type { VoucherError } from "../errors.js";
import type { Running } from "../running.js";
import type { CallSignal, Clock } from "../types.js";

export { ABORTED, DONE, ERROR, FAILED, TIMEOUT };

/** Why there is no result. `requestSent` says whether a request may be under way. */
export type NoResult =
  | {
      kind: typeof FAILED | typeof TIMEOUT | typeof ABORTED;
      /** What was thrown, or the signal's reason. */
      value: unknown;
      requestSent: boolean;
    }
  | { kind: typeof ERROR; value: VoucherError; requestSent: boolean };

/** The result, or why there is none. */
export type HostResult<T = unknown> =
  { kind: typeof DONE; value: T; requestSent: boolean } | NoResult;

/** If a time limit is noticed late, how long a response that has arrived may take to be read. */
const LONGEST_READ_MS = 1_000;
// The maximum delay of setTimeout; with a longer one, it fires at once.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** A clock. The host's own clock has timers instead of `sleep`. */
export type AnyClock = Pick<Clock, "now"> & Partial<Clock>;

/** The host's own time. If a test mocks the timers, it controls the limits too. */
export const hostClock: AnyClock = { now: () => Date.now() };

// The host's timers as the module found them: for yielding and polling, which limit nothing,
// because mocked timers may never fire. Left out of the declarations, since their types are the
// platform's.
/** @internal */
export const realSetTimeout = globalThis.setTimeout;
/** @internal */
export const realClearTimeout = globalThis.clearTimeout;
/** @internal */
export const realSetInterval = globalThis.setInterval;
/** @internal */
export const realClearInterval = globalThis.clearInterval;
/** @internal */
export const realNow = Date.now;

/** A clock that uses those timers. */
export const realClock: AnyClock = { now: realNow };

const isHost = (clock: AnyClock) => clock === hostClock || clock === realClock;

const nothing = () => {};

/**
 * A young garbage collection treats everything that an old object refers to as alive,
 * even if that object is dead, and a deadline becomes old as soon as its request takes
 * some time. So a deadline that has ended refers to nothing. Otherwise the body and the
 * response of each request would stay in memory until the next full collection.
 */
export class Deadline {
  /** Called when the time is up or the caller aborts. */
  onInterrupt = nothing;
  /** Called by `end`. */
  onEnd = nothing;

  /** Why it was interrupted, once it was. */
  #interruption: NoResult | undefined;
  /** The one caller that waits. */
  #waiting: ((interruption: NoResult) => void) | undefined;
  #stop = nothing;
  #signal: CallSignal | undefined;
  readonly #abort = () => this.#end(ABORTED, this.#signal?.reason);
  #running: Running<Deadline> | undefined;
  readonly #slot: number;

  /** While it is active, it is in `running`. */
  constructor(clock: AnyClock, ms: number, signal?: CallSignal, running?: Running<Deadline>) {
    this.#running = running;
    this.#slot = running?.add(this) ?? 0;
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort);
    if (ms !== Infinity) this.#stop = limit(clock, ms, () => this.#end(TIMEOUT, undefined));
  }

  /**
   * Begins again with this limit: the signal does not count any more, and nothing is called when
   * the time is up. It uses the host's own clock.
   */
  restart(ms: number): void {
    this.#release();
    this.#interruption = undefined;
    this.#stop = limit(realClock, ms, () => this.#end(TIMEOUT, undefined));
  }

  #release(): void {
    this.#stop();
    this.#signal?.removeEventListener("abort", this.#abort);
    this.onInterrupt = this.#stop = nothing;
    this.#signal = undefined;
  }

  #end(kind: typeof TIMEOUT | typeof ABORTED, value: unknown): void {
    this.#interruption ??= { kind, value, requestSent: false };
    this.#waiting?.(this.#interruption);
    this.#waiting = undefined;
    this.onInterrupt();
  }

  /** Waits for the work, the time limit or the signal, whichever comes first. */
  race<T>(work: () => T | Promise<T>): Promise<HostResult<T>> {
    if (this.#signal?.aborted) this.#abort();
    // Started here, so that nothing that waits for it refers to the work itself.
    return this.#interruption ? Promise.resolve(this.#interruption) : this.#until(attempt(work));
  }

  #until<T>(begun: Promise<T>): Promise<HostResult<T>> {
    return new Promise((resolve) => {
      if (this.#interruption) resolve(this.#interruption);
      else this.#waiting = resolve;
      const settle = (outcome: HostResult<T>) => {
        if (this.#waiting === resolve) this.#waiting = undefined;
        resolve(outcome);
      };
      begun.then(
        (value) => settle({ kind: DONE, value, requestSent: false }),
        (value: unknown) => settle({ kind: FAILED, value, requestSent: false }),
      );
    });
  }

  /** Clears the timer and stops listening to the signal. Further calls do nothing. */
  end(): void {
    const { onEnd } = this;
    this.#running?.remove(this.#slot);
    this.#release();
    this.onEnd = nothing;
    this.#waiting = this.#running = undefined;
    onEnd();
  }
}

/**
 * As `timer`. But on the host's clock, a response that has arrived is read before the
 * limit counts: in a process that was suspended or busy, timers are served first.
 */
function limit(clock: AnyClock, ms: number, elapsed: () => void): () => void {
  if (!isHost(clock)) return timer(clock, ms, elapsed);
  const dueAt = clock.now() + ms;
  let stop = timer(clock, ms, () => {
    const lateMs = Math.max(0, clock.now() - dueAt);
    stop = timer(clock, Math.min(lateMs, LONGEST_READ_MS), elapsed);
  });
  return () => stop();
}

/** Calls the function when the time is up, unless the returned function was called before. */
function timer(clock: AnyClock, ms: number, elapsed: () => void): () => void {
  if (isHost(clock)) {
    // Both are read together, because a mocked `clearTimeout` does not know timers of the real one.
    const [set, clear] =
      clock === hostClock ? [setTimeout, clearTimeout] : [realSetTimeout, realClearTimeout];
    const id = set(elapsed, Math.min(ms, LONGEST_TIMEOUT_MS));
    return () => clear(id);
  }
  const stop = new AbortController();
  const { signal } = stop;
  const unlessStopped = () => {
    if (!signal.aborted) elapsed();
  };
  // If a clock fails, the time counts as up.
  attempt(() => clock.sleep?.(ms, signal)).then(unlessStopped, unlessStopped);
  // With a reason, because creating a default one costs more than the rest of the abort.
  return () => stop.abort(null);
}

/** The result of a foreign function, whether returned, thrown or promised, as a promise. */
function attempt<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Waits on a clock; resolves with the reason why it ended. */
export async function pause(
  clock: AnyClock,
  ms: number,
  signal: CallSignal | undefined,
): Promise<HostResult> {
  const deadline = new Deadline(clock, Infinity, signal);
  let stop = () => {};
  const elapsed = (resolve: () => void) => {
    if (ms !== Infinity) stop = timer(clock, ms, resolve);
  };
  const outcome = await deadline.race(() => new Promise<void>(elapsed));
  stop();
  deadline.end();
  return outcome;
}
