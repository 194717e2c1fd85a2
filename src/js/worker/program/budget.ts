/**
 * The requests of one invocation. The platform refuses any more than its plan
 * allows: so a slice of a job ends before that, and the next one goes on.
 */
import { markUnsent } from "../../http/own-fetch.js";
import { isRefused } from "../../http/own-fetch.workerd.js";
import { isObject } from "../../schema.js";
import { settings } from "../settings.js";
import type { WorkerEnv } from "../types.js";
import { type UberFetch, uberFetch } from "../uber.js";

/** One request to Uber may need a lease and a token before it, and reports after it. */
const RESERVE = 6;
/** With fewer in all, a slice could not send even one request. */
const LEAST_IN_ALL = 10;

export class Budget {
  #outside = 0;
  #inAll = 0;
  /** For those that are to leave beside a job's. */
  #reserved = 0;
  #isRefused = false;
  /** What the platform allows, where it has refused a request before the settings did. */
  #learned = Infinity;

  /** A new invocation begins. */
  renew(): void {
    this.#outside = 0;
    this.#inAll = 0;
    this.#reserved = 0;
    this.#isRefused = false;
  }

  /** Whether no further request to Uber may leave in this invocation. */
  get isSpent(): boolean {
    const most = Math.min(settings().subrequests, this.#learned);
    return (
      this.#isRefused ||
      this.#outside >= most ||
      this.#inAll + this.#reserved + RESERVE > Math.max(most, LEAST_IN_ALL)
    );
  }

  /** Whether the platform refused the very first request to Uber: waiting is all that helps. */
  get isRefusedAtOnce(): boolean {
    return this.#isRefused && this.#outside <= 1;
  }

  /** Keeps so many requests of this invocation from jobs, until the function is called that this returns. */
  reserve(requests: number): () => void {
    this.#reserved += requests;
    return () => void (this.#reserved = Math.max(0, this.#reserved - requests));
  }

  /** A request to Uber. */
  countOutside(): void {
    this.#outside += 1;
    this.#inAll += 1;
  }

  /** A call of another object of the worker's. */
  countInside(): void {
    this.#inAll += 1;
  }

  /** Takes note of an error, if it says that the platform has refused a request. */
  noteRefusal(error: unknown): boolean {
    if (!isRefused(error)) return false;
    this.#isRefused = true;
    this.#learned = Math.max(1, Math.min(this.#learned, this.#outside - 1));
    return true;
  }
}

/** The way to Uber, where each request is counted. */
export function countedFetch(env: WorkerEnv, budget: Budget): UberFetch {
  const fetch = uberFetch(env);
  return async (url, init) => {
    budget.countOutside();
    try {
      return await fetch(url, init);
    } catch (error) {
      throw budget.noteRefusal(error) && isObject(error) ? markUnsent(error) : error;
    }
  };
}
