/**
 * A rate that jobs share. Not part of the public API: through it, the worker's jobs,
 * each in an object of its own, share the rate of one organization.
 */

/** Decides when a job may send. Times are in epoch milliseconds. */
export interface Pace {
  /** When the next request may be sent, if known. */
  next(): number;
  /** A request was sent. */
  take(): void;
  /** The job has something to send, but sends nothing before this time. */
  waits(until: number): void;
  /**
   * The server has refused a request because there were too many: no job sends before this time.
   */
  close(until: number): void;
}

/** The key of the pace in a job's options. */
export const pace: unique symbol = Symbol("pace");

/** The options of a job, with a pace. */
export interface PacedOptions {
  [pace]?: Pace;
}
