/** When this program's jobs may send: at the times that the app's object leased to it. */
import type { Pace } from "../../../job/pace.js";
import type { Budget } from "../../budget.js";
import { logError } from "../../log.js";
import { CLOCK_STEP_MS, type Lease } from "../../account/rate.js";
import type { Stubs } from "../../stubs.js";

/** How soon another lease is requested if there was none. */
const LEASE_POLL_MS = 25;
/** The same after a failure. */
const LEASE_RETRY_MS = 1_000;
/** An unused slot expires after this time. */
const STALE_MS = 1_000;
const WINDOW_MS = 1_000;
/** Longer waits use the alarm instead of a timer. */
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
    /** Nothing may be sent: for a long time, until an operator resumes, or in this invocation. */
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

  /** Drops the leased times if the clock was set back. */
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

  /** No request waits for a slot. */
  waits(until: number): void {
    if (this.budget.isSpent) this.onStop("spent");
    else if (until - Date.now() > LONG_WAIT_MS) this.onStop(until);
  }

  /** Uber asked to wait, which applies to all programs. */
  close(until: number): void {
    this.#close(until);
    void this.stubs
      .app()
      .close(until)
      .catch((error: unknown) => logError("close", error));
    this.waits(until);
  }

  /** An operator ends that wait. */
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
      // As many as were used recently, and one more.
      const wanted = this.#taken.length + 1;
      const askedAt = Date.now();
      const lease: Lease = await this.stubs.app().lease(this.programId(), wanted);
      // The clock was set back meanwhile, so these times are wrong.
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
