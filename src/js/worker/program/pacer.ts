/** When this program's jobs may send: the times that the app's object leased it. */
import type { Pace } from "../../job/pace.js";
import type { Budget } from "./budget.js";
import { logError } from "../log.js";
import { CLOCK_STEP_MS, type Lease } from "../account/rate.js";
import type { Stubs } from "../stubs.js";

/** Without a lease, it is looked for one again so soon. */
const LEASE_POLL_MS = 25;
/** After a failure, so soon. */
const LEASE_RETRY_MS = 1_000;
/** A slot that was not used by then is gone. */
const STALE_MS = 1_000;
const WINDOW_MS = 1_000;
/** A longer wait is the alarm's, and not a timer's. */
export const LONG_WAIT_MS = 10_000;

export class Pacer implements Pace {
  #slots: number[] = [];
  #isAsking = false;
  #taken: number[] = [];
  #closedUntil = 0;
  #now = 0;

  constructor(
    readonly stubs: Stubs,
    readonly budget: Budget,
    readonly programId: () => string,
    /** Nothing may leave for long, or until an operator says so, or within this invocation. */
    readonly onStop: (until: number | "paused" | "spent") => void,
  ) {}

  next(): number {
    const now = Date.now();
    this.#follow(now);
    if (this.budget.isSpent) return now + LEASE_POLL_MS;
    while ((this.#slots[0] ?? Infinity) < now - STALE_MS) this.#slots.shift();
    if (this.#slots.length <= 1 && !this.#isAsking) void this.#ask();
    return Math.max(this.#slots[0] ?? now + LEASE_POLL_MS, this.#closedUntil);
  }

  /** A clock that was set back: the times that were leased are of the other one. */
  #follow(now: number): void {
    const backMs = this.#now - now;
    this.#now = now;
    if (backMs <= CLOCK_STEP_MS) return;
    this.#slots = [];
    this.#taken = [];
    this.#closedUntil -= backMs;
  }

  take(): void {
    this.#slots.shift();
    const now = Date.now();
    this.#taken = [...this.#taken.filter((at) => at > now - WINDOW_MS), now];
  }

  /** Nothing is under way that could still leave. */
  waits(until: number): void {
    if (this.budget.isSpent) this.onStop("spent");
    else if (until - Date.now() > LONG_WAIT_MS) this.onStop(until);
  }

  /** Uber asked for patience: that holds for all programs. */
  close(until: number): void {
    this.#close(until);
    void this.stubs
      .app()
      .close(until)
      .catch((error: unknown) => logError("close", error));
    this.waits(until);
  }

  /** An operator does not want to wait for that any longer. */
  open(): void {
    this.#closedUntil = 0;
  }

  #close(until: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, until);
    this.#slots = this.#slots.filter((slot) => slot >= this.#closedUntil);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      // What was used lately, and one more.
      const wanted = this.#taken.length + 1;
      const askedAt = Date.now();
      const lease: Lease = await this.stubs.app().lease(this.programId(), wanted);
      // The clock was set back meanwhile: these are times of the other one.
      if (Date.now() < askedAt - CLOCK_STEP_MS) lease.count = lease.closedUntil = 0;
      for (let slot = 0; slot < lease.count; slot += 1) {
        this.#slots.push(lease.from + slot * lease.everyMs);
      }
      this.#close(lease.closedUntil);
      if (lease.isPaused) this.onStop("paused");
      else this.waits(lease.closedUntil);
    } catch (error) {
      logError("lease", error);
      this.budget.noteRefusal(error);
      this.#close(Date.now() + LEASE_RETRY_MS);
    }
    this.#isAsking = false;
  }
}
