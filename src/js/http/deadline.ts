/** A time limit on foreign code, which the caller's signal can end too. */
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

/** Why nothing came. `hasLeft` says whether a request may be under way. */
export type NoResult =
  | {
      kind: typeof FAILED | typeof TIMEOUT | typeof ABORTED;
      /** What was thrown; the signal's reason. */
      value: unknown;
      hasLeft: boolean;
    }
  | { kind: typeof ERROR; value: VoucherError; hasLeft: boolean };

/** What came, or why nothing did. */
export type Outcome<T = unknown> = { kind: typeof DONE; value: T; hasLeft: boolean } | NoResult;

/** After a time limit that was noticed late, how long what has come may take to be read. */
const LONGEST_READ_MS = 1_000;
// What setTimeout can hold; beyond it, it fires at once.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** A clock; the host's own has timers instead of `sleep`. */
export type AnyClock = Pick<Clock, "now"> & Partial<Clock>;

/** The host's own time. A test that takes over its timers takes over the limits. */
export const hostClock: AnyClock = { now: () => Date.now() };

// The host's timers as the module found them. For what limits nothing, and only
// gives others their turn or looks again: a test's timers may never fire. Left out of
// the declarations, as their types are the platform's.
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

/** Time by those timers. */
export const realClock: AnyClock = { now: realNow };

const isHost = (clock: AnyClock) => clock === hostClock || clock === realClock;

const nothing = () => {};

/**
 * A young collection takes all that an old object refers to for alive, dead objects
 * included, and a deadline gets old as soon as its request takes some time. So one that
 * has ended refers to nothing: or the body and the answer of each request would stay
 * until the next full collection.
 */
export class Deadline {
  /** Called when the time is up or the caller gives up. */
  onCut = nothing;
  /** Called by `end`. */
  onEnd = nothing;

  /** Why it was cut, once it was. */
  #cut: NoResult | undefined;
  /** Whoever waits under it: one at a time. */
  #waiting: ((cut: NoResult) => void) | undefined;
  #stop = nothing;
  #signal: CallSignal | undefined;
  readonly #abort = () => this.#end(ABORTED, this.#signal?.reason);
  #running: Running<Deadline> | undefined;
  readonly #place: number;

  /** While it runs, it is in `running`. */
  constructor(clock: AnyClock, ms: number, signal?: CallSignal, running?: Running<Deadline>) {
    this.#running = running;
    this.#place = running?.add(this) ?? 0;
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort);
    if (ms !== Infinity) this.#stop = limit(clock, ms, () => this.#end(TIMEOUT, undefined));
  }

  #end(kind: typeof TIMEOUT | typeof ABORTED, value: unknown): void {
    this.#cut ??= { kind, value, hasLeft: false };
    this.#waiting?.(this.#cut);
    this.#waiting = undefined;
    this.onCut();
  }

  /** Waits for the work, the end of the time or the signal, whichever comes first. */
  race<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
    if (this.#signal?.aborted) this.#abort();
    // Begun here, so that nothing that waits for it refers to the work itself.
    return this.#cut ? Promise.resolve(this.#cut) : this.#until(attempt(work));
  }

  #until<T>(begun: Promise<T>): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      if (this.#cut) resolve(this.#cut);
      else this.#waiting = resolve;
      const settle = (outcome: Outcome<T>) => {
        if (this.#waiting === resolve) this.#waiting = undefined;
        resolve(outcome);
      };
      begun.then(
        (value) => settle({ kind: DONE, value, hasLeft: false }),
        (value: unknown) => settle({ kind: FAILED, value, hasLeft: false }),
      );
    });
  }

  /** Stops the timer, and no longer listens to the signal. Again, it does nothing. */
  end(): void {
    const { onEnd } = this;
    this.#running?.remove(this.#place);
    this.#stop();
    this.#signal?.removeEventListener("abort", this.#abort);
    this.onCut = this.onEnd = this.#stop = nothing;
    this.#signal = this.#waiting = this.#running = undefined;
    onEnd();
  }
}

/**
 * As `timer`, but on the host's clock what has come by then is read before it
 * counts: a process that was stopped, or busy, gets its timers served first.
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

/** Calls when the time is up, unless the function returned was called before. */
function timer(clock: AnyClock, ms: number, elapsed: () => void): () => void {
  if (isHost(clock)) {
    // Both at once: what one made, the other's `clearTimeout` does not know.
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
  // A clock that fails is taken at its word that the time is up.
  attempt(() => clock.sleep?.(ms, signal)).then(unlessStopped, unlessStopped);
  // With a reason: making up one costs more than the rest of it.
  return () => stop.abort(null);
}

/** What a foreign function returned, thrown or promised, as a promise. */
function attempt<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Waits on a clock; resolves with why it ended. */
export async function pause(
  clock: AnyClock,
  ms: number,
  signal: CallSignal | undefined,
): Promise<Outcome> {
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
