/**
 * Counts the requests of one invocation. The platform refuses more than its plan allows,
 * so a slice of a job ends before that, and the next slice continues.
 */
import { markUnsent } from "../http/own-fetch.js";
import { isRefused } from "../http/own-fetch.workerd.js";
import { isObject } from "../schema.js";
import { settings } from "./settings.js";
import type { WorkerEnv } from "./types.js";
import { type UberFetch, uberFetch } from "./uber.js";

/** One request to Uber may need a lease and a token before it, and reports after it. */
const RESERVE = 6;
/** With a smaller limit, a slice could not send a single request. */
const LEAST_IN_ALL = 10;

export class Budget {
  #outside = 0;
  #inAll = 0;
  /** Requests reserved for other things than jobs. */
  #reserved = 0;
  #isRefused = false;
  /** The platform's real limit, if it refused a request below the configured one. */
  #learned = Infinity;

  /** A new invocation begins. */
  renew(): void {
    this.#outside = 0;
    this.#inAll = 0;
    this.#reserved = 0;
    this.#isRefused = false;
  }

  /** Whether this invocation may send no further request to Uber. */
  get isSpent(): boolean {
    const most = Math.min(settings().subrequests, this.#learned);
    return (
      this.#isRefused ||
      this.#outside >= most ||
      this.#inAll + this.#reserved + RESERVE > Math.max(most, LEAST_IN_ALL)
    );
  }

  /** Whether the platform refused the first request to Uber: only waiting helps. */
  get isRefusedAtOnce(): boolean {
    return this.#isRefused && this.#outside <= 1;
  }

  /** Reserves requests of this invocation, until the returned function is called. */
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

  /** Records the error if the platform has refused a request. Returns whether it has. */
  noteRefusal(error: unknown): boolean {
    if (!isRefused(error)) return false;
    this.#isRefused = true;
    this.#learned = Math.max(1, Math.min(this.#learned, this.#outside - 1));
    return true;
  }
}

/** Sends to Uber, and counts each request. */
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
