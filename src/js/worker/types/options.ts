/** What `createWorker` takes. */
import type { WebhookOptions } from "../../webhook/webhook.js";
import type { WorkerEvent } from "./events.js";

/**
 * When the worker reads by itself which codes are in use: also before an operator is
 * asked about what is unknown.
 */
export interface UsageSchedule {
  /**
   * How many hours after a job was created, and after the read before: the last is repeated for as
   * long as the job has codes that are queued or unknown, `retentionDays` after its last change at
   * most. Default: `[1, 6, 24]`.
   */
  intervalHours?: readonly number[];
  /** How many minutes after an event that could not be read, or that says claimed or redeemed. Default: 5. */
  delayMinutes?: number;
  /** How many minutes pass at least from one read of a program to the next. Default: 10. */
  pauseMinutes?: number;
}

/** What `createWorker` takes. */
export interface WorkerOptions {
  /** Other origins whose pages may call, with a bearer token and never with a cookie. */
  allowedOrigins?: readonly string[];
  /** Whether a job may be made of every code of a program. Default: false. */
  allowDistributeAll?: boolean;
  /** Of all programs together, 0.01 to 100,000. Default: 50. Uber's general limit is 500 requests in 5 seconds. */
  requestsPerSecond?: number;
  /** Codes in one request, 1 to 30,000. Default: 500. */
  batchSize?: number;
  /** How long a finished job is kept, with each of its codes; at most 3,650. Default: 90. */
  retentionDays?: number;
  /**
   * How long an event of Uber's that was read is kept, with its body; at most 3,650. Default: 30.
   * One that could not be read is kept until an operator dismisses it, 400 days at most.
   */
  eventRetentionDays?: number;
  /** Of one upload, in bytes. Default: 100,000,000, which is the platform's own limit on most plans. */
  maxUploadBytes?: number;
  /** Of one upload. Default: 1,000,000. */
  maxCodes?: number;
  /**
   * How many requests the platform allows one invocation, 1 to 10,000,000: to Uber and to the worker's
   * own objects together. Default: 50, as on Cloudflare's free plan; its paid plan allows 10,000, or
   * what `limits.subrequests` says. With more, a job runs for longer at a time.
   */
  subrequests?: number;
  /**
   * Whether and when Uber is asked by itself which codes are in use, which proves that they have
   * reached somebody. `false`: only when an operator says so.
   */
  reconcile?: false | UsageSchedule;
  /**
   * How many minutes pass at least from the last request and Uber's last report of a job until its
   * unknown codes may be sent again, 0 to 1,440. Default: 10. 0: at once.
   */
  settleMinutes?: number;
  /**
   * How long pages are to have a job wait before it starts, so that it can be cancelled, in seconds:
   * 0 to 3,600. Default: 10. They are told by `GET /api/config`; a request without `startIn` starts at once.
   */
  startDelaySeconds?: number;
  /**
   * A job of more codes than `above` waits until another operator approves it. Operators are told
   * apart by Cloudflare Access: with the admin token, all of them have one name.
   */
  approval?: { above: number };
  /**
   * Is told what an operator may want to know, with counts and a path of the console, and nobody's data.
   * Nothing waits for it, and what it throws is logged. It may miss something when the platform ends
   * an object: what the API says is what counts.
   */
  onEvent?: (event: WorkerEvent, env: any) => void | Promise<void>;
  /**
   * Reads the outcomes of a webhook, as `verifyWebhook` takes it. Where the event names no
   * program, they go to the programs of the newest jobs: each takes in what is its own.
   */
  outcomes?: WebhookOptions["outcomes"];
}
