/**
 * One rate for all programs, given out as leases: a number of requests at set times. A call of
 * this object for each request would cost more than the request.
 */

/** When requests may be sent. Times are in epoch milliseconds. */
export interface Slots {
  /** The time of the first one. */
  from: number;
  /** The time between two requests. */
  everyMs: number;
  /** How many requests; 0 while Uber asks to wait. */
  count: number;
  /** Nothing is sent before this time. */
  closedUntil: number;
}

export interface Lease extends Slots {
  /** An operator has paused everything. */
  isPaused: boolean;
}

/** The most requests in one lease. */
const MAX_SLOTS = 60;
/** Programs that asked within this window share the rate. */
const ACTIVE_MS = 3_000;
/** Leases cover at most a second, so that a 429 takes effect quickly. */
const HORIZON_MS = 1_000;
/** No limit of Uber lasts longer: a wrong header must not block sending for good. */
const LONGEST_CLOSED_MS = 60 * 60_000;
/** If the clock goes back further than this, it was set. */
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
    const count = Math.max(1, Math.min(wanted, share, MAX_SLOTS));
    this.#next = from + count * everyMs;
    return { from, everyMs, count, closedUntil: this.#closedUntil };
  }

  /** Sends nothing before this time. Returns until when the gate is closed. */
  close(until: number, now: number): number {
    this.#follow(now);
    this.#closedUntil = Math.max(this.#closedUntil, Math.min(until, now + LONGEST_CLOSED_MS));
    return this.#closedUntil;
  }

  /** Sends again at once, because an operator asked for it. */
  open(): void {
    this.#closedUntil = 0;
  }

  /** If the clock was set back, the planned times move back with it. */
  #follow(now: number): void {
    const backMs = this.#now - now;
    this.#now = now;
    if (backMs <= CLOCK_STEP_MS) return;
    this.#next -= backMs;
    this.#closedUntil -= backMs;
    this.#askedAt.clear();
  }
}
