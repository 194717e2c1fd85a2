/**
 * One rate for all programs, handed out as leases: some requests at set times.
 * One call to this object a request would cost more than the request.
 */

/** When requests may leave. Times are in epoch milliseconds. */
export interface Slots {
  /** The first one. */
  from: number;
  /** Between one and the next. */
  everyMs: number;
  /** How many; 0 while Uber asks for patience. */
  count: number;
  /** Nothing leaves before that. */
  closedUntil: number;
}

export interface Lease extends Slots {
  /** An operator has paused everything. */
  isPaused: boolean;
}

/** Of one lease. */
const MOST_SLOTS = 60;
/** Programs that asked within this window share the rate. */
const ACTIVE_MS = 3_000;
/** Leases cover at most a second, so that a 429 takes effect quickly. */
const HORIZON_MS = 1_000;
/** No limit of Uber's lasts longer: a wrong header must not close the gate for good. */
const LONGEST_CLOSED_MS = 60 * 60_000;
/** A clock that goes back further was set. */
export const CLOCK_STEP_MS = 1_000;

export class Rate {
  #now = 0;
  #next = 0;
  #closedUntil = 0;
  readonly #askedAt = new Map<string, number>();

  constructor(readonly perSecond: () => number) {}

  lease(who: string, wanted: number, now: number): Slots {
    this.#follow(now);
    this.#askedAt.set(who, now);
    for (const [other, at] of this.#askedAt) {
      if (at < now - ACTIVE_MS) this.#askedAt.delete(other);
    }
    const everyMs = 1000 / this.perSecond();
    const from = Math.max(this.#next, now, this.#closedUntil);
    if (this.#closedUntil > now + HORIZON_MS) {
      return { from, everyMs, count: 0, closedUntil: this.#closedUntil };
    }
    const share = Math.floor(HORIZON_MS / everyMs / this.#askedAt.size);
    const count = Math.max(1, Math.min(wanted, share, MOST_SLOTS));
    this.#next = from + count * everyMs;
    return { from, everyMs, count, closedUntil: this.#closedUntil };
  }

  /** Nothing leaves before that. Gives until when it is closed. */
  close(until: number, now: number): number {
    this.#follow(now);
    this.#closedUntil = Math.max(this.#closedUntil, Math.min(until, now + LONGEST_CLOSED_MS));
    return this.#closedUntil;
  }

  /** An operator does not want to wait any longer. */
  open(): void {
    this.#closedUntil = 0;
  }

  /** A clock that was set back takes along what was planned by it. */
  #follow(now: number): void {
    const backMs = this.#now - now;
    this.#now = now;
    if (backMs <= CLOCK_STEP_MS) return;
    this.#next -= backMs;
    this.#closedUntil -= backMs;
    this.#askedAt.clear();
  }
}
