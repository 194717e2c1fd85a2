/**
 * The one alarm of an object, which survives failures of storage.
 *
 * The platform calls a handler that throws six more times within some minutes, and then
 * never again. Storage may refuse everything for hours, including the next alarm (a day's
 * rows are used up, a spending limit is reached). So the handler keeps running and tries
 * again, for as long as the platform allows.
 */
import { logError } from "./log.js";
import type { ObjectStorage } from "./platform-types.js";

const FIRST_RETRY_MS = 5_000;
export const LONGEST_RETRY_MS = 15 * 60_000;
/** The platform ends a handler after fifteen minutes. */
const LONGEST_HANDLER_MS = 14 * 60_000;
/** A time beyond the year 2262 would fire at once, repeatedly. */
const LONGEST_AHEAD_MS = 30 * 24 * 60 * 60_000;

/** How long to wait after this many failures in a row, from 0. */
export function retryDelay(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
}

/** How long to wait after one more failure, when `waitedMs` was the wait before. */
export function nextRetryDelay(waitedMs: number): number {
  return Math.max(FIRST_RETRY_MS, Math.min(waitedMs * 2, LONGEST_RETRY_MS));
}

export class Alarm {
  /** The time for which it is set; 0 if unknown. */
  #at = 0;
  /** Ends the wait of a handler that tries again. */
  #wake: (() => void) | undefined;

  constructor(readonly storage: Pick<ObjectStorage, "getAlarm" | "setAlarm">) {}

  /** Reads the alarm that is set: setting it again would write a row. */
  async load(): Promise<void> {
    this.#at = (await this.storage.getAlarm()) ?? 0;
  }

  /** Sets it, unless it is set for earlier. */
  async set(at: number): Promise<void> {
    const now = Date.now();
    const latest = now + LONGEST_AHEAD_MS;
    const time = Number.isFinite(at) ? Math.min(Math.max(at, now), latest) : latest;
    if (this.#at > now && this.#at <= time) return;
    // Before waiting, so that a later time set meanwhile does not replace it.
    this.#at = time;
    try {
      await this.storage.setAlarm(time);
    } catch (error) {
      this.#at = 0;
      throw error;
    }
    // Storage works again, so a waiting handler can continue.
    this.#wake?.();
  }

  /** Whether the handler failed, and waits to try again. */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /**
   * Does the work of the alarm, which also sets the next one. Fails only if the next
   * alarm could not be set until the platform ends the handler: then the platform has to
   * call again.
   */
  async fire(work: () => Promise<void>): Promise<void> {
    const end = Date.now() + LONGEST_HANDLER_MS;
    for (let failures = 0; ; failures += 1) {
      this.#at = 0;
      try {
        return void (await work());
      } catch (error) {
        logError("alarm", error);
      }
      const delay = retryDelay(failures);
      if (Date.now() + delay > end) break;
      await this.#sleep(delay);
    }
    await this.set(Date.now() + LONGEST_RETRY_MS);
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
    this.#wake = undefined;
  }
}
