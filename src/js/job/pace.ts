/**
 * A rate that jobs share. Not part of the public API: the worker's jobs, each in
 * an object of its own, get their share of one organization's rate by it.
 */

/** When a job may send. Times are in epoch milliseconds. */
export interface Pace {
  /** When the next request may leave, as far as that is known. */
  next(): number;
  /** One has left. */
  take(): void;
  /** The job has something to send, and sends nothing before that. */
  waits(until: number): void;
  /** The server has refused because there were too many: none of them leaves before that. */
  close(until: number): void;
}

/** The member of a job's options under which its pace is. */
export const pace: unique symbol = Symbol("pace");

/** A job's options with a pace. */
export interface PacedOptions {
  [pace]?: Pace;
}
