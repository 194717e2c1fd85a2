/** The options of `createWorker`. */
import type { WebhookOptions } from "../../webhook/webhook.js";
import type { WorkerEvent } from "./events.js";

/**
 * When the worker automatically reads which codes are in use, including before an
 * operator is asked about unknown codes.
 */
export interface UsageSchedule {
  /**
   * How many hours after the creation of a job, and after each previous read. The last interval is
   * repeated for as long as the job has codes that are queued or unknown, at most until
   * `retentionDays` after its last change. Default: `[1, 6, 24]`.
   */
  intervalHours?: readonly number[];
  /**
   * How many minutes after an event that could not be read, or that reports a claim or a use.
   * Default: 5.
   */
  delayMinutes?: number;
  /** The least number of minutes between two reads of a program. Default: 10. */
  pauseMinutes?: number;
}

/** The options of `createWorker`. */
export interface WorkerOptions {
  /** Other origins whose pages may call the worker, with a bearer token and never with a cookie. */
  allowedOrigins?: readonly string[];
  /** Whether a job of every code of a program is allowed. Default: false. */
  allowDistributeAll?: boolean;
  /**
   * Requests per second of all programs together, 0.01 to 100,000. Default: 50. Uber's general
   * limit is 500 requests in 5 seconds.
   */
  requestsPerSecond?: number;
  /** Codes in one request, 1 to 30,000. Default: 500. */
  batchSize?: number;
  /** How many days a finished job is kept, with each of its codes; at most 3,650. Default: 90. */
  retentionDays?: number;
  /**
   * How many days an Uber event that was read is kept, with its body; at most 3,650. Default: 30.
   * An event that could not be read is kept until an operator dismisses it, but at most 400 days.
   */
  eventRetentionDays?: number;
  /**
   * The maximum size of one upload, in bytes. Default: 100,000,000, which is the platform's own
   * limit on most plans.
   */
  maxUploadBytes?: number;
  /** The most codes of one upload. Default: 1,000,000. */
  maxCodes?: number;
  /**
   * How many requests the platform allows one invocation, 1 to 10,000,000: to Uber and to the
   * worker's own objects together. Default: 50, as on Cloudflare's free plan; its paid plan allows
   * 10,000, or the value of `limits.subrequests`. With more, a job runs for longer at a time.
   */
  subrequests?: number;
  /**
   * Whether and when the worker automatically reads which codes are in use, which proves that
   * they were delivered. `false`: only when an operator asks for it.
   */
  reconcile?: false | UsageSchedule;
  /**
   * The least number of minutes between a job's last request, or Uber's last report of it, and
   * sending its unknown codes again, 0 to 1,440. Default: 10. 0: at once.
   */
  settleMinutes?: number;
  /**
   * The start delay that pages should use, in seconds, so that a job can be cancelled before it
   * starts: 0 to 3,600. Default: 10. They read it from `GET /api/config`; a request without
   * `startIn` starts at once.
   */
  startDelaySeconds?: number;
  /**
   * A job of more codes than `above` waits until another operator approves it. Operators are told
   * apart by Cloudflare Access, or by `OPERATOR_TOKENS`: with the admin token, all of them have one name.
   */
  approval?: { above: number };
  /**
   * Called with events that an operator may want to know, with counts and a console path, and no
   * personal data. Nothing waits for it, and its errors are logged. An event may be lost when the
   * platform ends an object; the API is authoritative.
   */
  onEvent?: (event: WorkerEvent, env: any) => void | Promise<void>;
  /**
   * Reads the outcomes of a webhook, like the option of `verifyWebhook`. If the event
   * names no program, they go to the programs of the newest jobs, and each applies those
   * of its own codes.
   */
  outcomes?: WebhookOptions["outcomes"];
}
