/**
 * The clock of a sandbox: virtual, or the wall clock's plus whatever `advance` added.
 *
 * Virtual time stands still while there is activity. Once two macrotasks have passed
 * without a new sleeper, a wake-up or a request, it jumps to the earliest sleeper and
 * wakes only that one; before a jump of more than ten seconds, some real milliseconds
 * pass too. So a wait of an hour costs next to nothing, and events happen in the order
 * of their due times. Waiting for the host (a disk, a real timer, another server) is
 * not activity: time may jump meanwhile.
 */
import { isWorkerd } from "../environment.js";
import { tryOrUndefined } from "../errors.js";
import type { Clock } from "../types.js";

/** A clock, with the functions that a sandbox uses. */
export interface SandboxTime extends Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Advances the time, and wakes everyone who is due by then, in order. */
  advance(ms: number): void;
  /** Marks activity: virtual time waits for its effects. */
  markActivity(): void;
  /** Stops virtual time until the returned function is called. */
  hold(): () => void;
}

/** The start of virtual time: 2026-01-01T00:00:00Z, whenever the test runs. */
const BEGINNING = 1_767_225_600_000;
/**
 * A longer jump usually ends a time limit. Before it, the host gets some real time:
 * reading a response takes an edge worker more than a few macrotasks, and must not look
 * like a server that hangs.
 */
const SHORT_JUMP_MS = 10_000;
const QUIET_MS = 20;
// The maximum delay of setTimeout; with a longer one, it fires at once.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

interface Sleeper {
  dueAt: number;
  isAsleep: boolean;
  wake(): void;
  timer?: ReturnType<typeof setTimeout>;
}

/** Sleepers by due time; of equal ones, the first to arrive is first. */
class TimerQueue {
  readonly #sleepers: Sleeper[] = [];

  get first(): Sleeper | undefined {
    return this.#sleepers[0];
  }

  all(): readonly Sleeper[] {
    return this.#sleepers;
  }

  /** Calls `begin` once the sleeper is added; the promise settles when it wakes. */
  add(
    dueAt: number,
    signal: AbortSignal | undefined,
    begin: (sleeper: Sleeper) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const leave = (then: () => void) => {
        if (!sleeper.isAsleep) return;
        sleeper.isAsleep = false;
        if (sleeper.timer !== undefined) clearTimeout(sleeper.timer);
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        tryOrUndefined(() => signal?.removeEventListener("abort", abort));
        then();
      };
      const abort = () => leave(() => reject(signal?.reason));
      const sleeper: Sleeper = { dueAt, isAsleep: true, wake: () => leave(resolve) };
      const later = this.#sleepers.findIndex((other) => other.dueAt > dueAt);
      this.#sleepers.splice(later === -1 ? this.#sleepers.length : later, 0, sleeper);
      signal?.addEventListener("abort", abort);
      begin(sleeper);
    });
  }
}

/** Discrete-event time; it continues from `since` if that is later than its start. */
export function virtualTime(since: number): SandboxTime {
  const dormitory = new TimerQueue();
  let now = Math.max(BEGINNING, since);
  let stirs = 0;
  let holds = 0;
  let released = Promise.resolve();
  let release = () => {};

  const wake = (sleeper: Sleeper) => {
    stirs += 1;
    now = Math.max(now, sleeper.dueAt);
    sleeper.wake();
  };

  // Every sleeper watches by itself, instead of one watch for all: in an edge worker macrotasks
  // belong to a request, and a common watch would end with its request.
  const watch = async (sleeper: Sleeper) => {
    while (sleeper.isAsleep) {
      const before = stirs;
      await macrotask();
      await macrotask();
      while (holds > 0) await released;
      const { first } = dormitory;
      if (stirs === before && first !== undefined && first.dueAt - now > SHORT_JUMP_MS) {
        await new Promise<void>((resolve) => timeout(resolve, QUIET_MS));
      }
      if (stirs === before && sleeper.isAsleep && first !== undefined) wake(first);
    }
  };

  return {
    now: () => now,
    sleep: (ms, signal) => {
      stirs += 1;
      return dormitory.add(now + duration(ms), signal, (sleeper) => {
        // No timer for an infinite sleep: only an abort ends it.
        if (sleeper.dueAt < Infinity) void watch(sleeper);
      });
    },
    advance: (ms) => {
      const until = now + checkedAdvance(ms);
      for (
        let { first } = dormitory;
        first !== undefined && first.dueAt <= until;
        { first } = dormitory
      ) {
        wake(first);
      }
      stirs += 1;
      now = until;
    },
    markActivity: () => {
      stirs += 1;
    },
    hold: () => {
      stirs += 1;
      if (holds === 0) {
        released = new Promise((resolve) => {
          release = resolve;
        });
      }
      holds += 1;
      return () => {
        stirs += 1;
        holds -= 1;
        if (holds === 0) release();
      };
    },
  };
}

/** The wall clock's time plus what `advance` added; `ahead` is what was added earlier. */
export function realTime(ahead: number): SandboxTime {
  const dormitory = new TimerQueue();
  const now = () => Date.now() + ahead;

  const arm = (sleeper: Sleeper) => {
    if (sleeper.timer !== undefined) clearTimeout(sleeper.timer);
    if (sleeper.dueAt === Infinity) return;
    const wait = Math.min(Math.max(sleeper.dueAt - now(), 0), LONGEST_TIMEOUT_MS);
    sleeper.timer = setTimeout(
      () => (sleeper.dueAt <= now() ? sleeper.wake() : arm(sleeper)),
      wait,
    );
  };

  return {
    now,
    sleep: (ms, signal) => dormitory.add(now() + duration(ms), signal, arm),
    advance: (ms) => {
      ahead += checkedAdvance(ms);
      const sleepers = [...dormitory.all()];
      for (const sleeper of sleepers) {
        if (sleeper.dueAt <= now()) sleeper.wake();
        else arm(sleeper);
      }
    },
    markActivity: () => {},
    hold: () => () => {},
  };
}

/** As a timer treats it: a delay that is not a number is 0. */
function duration(ms: number): number {
  return ms > 0 ? ms : 0;
}

function checkedAdvance(ms: unknown): number {
  if (typeof ms === "number" && ms >= 0 && ms < Infinity) return ms;
  throw new TypeError("advance: `ms` must be a number of milliseconds, 0 or more");
}

// Read at import: fake timers of a test are meant for the test, not for this clock. One by one,
// since an edge runtime throws for missing ones.
const immediate = tryOrUndefined(
  () => globalThis.setImmediate as ((run: () => void) => void) | undefined,
);
const Channel = tryOrUndefined(
  () => globalThis.MessageChannel as typeof MessageChannel | undefined,
);
const timeout = globalThis.setTimeout as (run: () => void, ms: number) => unknown;

/**
 * The ways to wait for a macrotask, the fastest first. In workerd only a timer allows a body to be
 * read.
 */
let macrotasks: ((run: () => void) => void)[] = [
  ...(immediate ? [immediate] : Channel && !isWorkerd ? [byMessage(Channel)] : []),
  (run) => timeout(run, 0),
];

function byMessage(Channel: typeof MessageChannel): (run: () => void) => void {
  return (run) => {
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      run();
    };
    port2.postMessage(null);
  };
}

/** Lets everything that is ready run first. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const [run, ...others] = macrotasks;
    try {
      run?.(resolve);
    } catch {
      // Vercel's edge runtime has a `setImmediate` that only throws.
      macrotasks = others;
      others[0]?.(resolve);
    }
  });
}
