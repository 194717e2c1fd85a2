/** The settings of the worker, and the state of all programs together. */

/** The Uber API that the worker calls. */
export interface Upstream {
  /** Whether a sandbox replaces Uber. */
  environment: "sandbox" | "uber";
  /** The host of Uber's API; `null` with a sandbox, and if the variable is not a URL. */
  host: string | null;
  /** The host that grants tokens; `null` as above. */
  tokenHost: string | null;
}

/** The response of `GET /api/session`: who is signed in. */
export interface SessionInfo {
  /** An e-mail address from Cloudflare Access, a name in `OPERATOR_TOKENS`, or `admin`. */
  operator: string;
  /** How they signed in. */
  by: "access" | "token";
}

/** The response of `GET /api/config`. */
export interface WorkerConfig extends Upstream, SessionInfo {
  /** The organization id, from Uber. */
  organizationId: string;
  /** The option `requestsPerSecond`. */
  requestsPerSecond: number;
  /** The option `maxCodes`. */
  maxCodes: number;
  /** The option `maxUploadBytes`. */
  maxUploadBytes: number;
  /** The option `allowDistributeAll`. */
  allowDistributeAll: boolean;
  /** The option `settleMinutes`. */
  settleMinutes: number;
  /** The option `startDelaySeconds`: how long pages let a job wait before it starts. */
  startDelaySeconds: number;
  /** The option `approval`; `null` if no job needs one. */
  approval: { above: number } | null;
  /** Whether an operator has paused every job of every program. */
  paused: boolean;
  /** Whether `UBER_SIGNING_KEY` is set, so that webhooks can be verified. */
  hasSigningKey: boolean;
  /** How many webhooks were received, by result. */
  counts: Record<string, number>;
}

/** The response of `POST /api/pause`. */
export interface PauseResult {
  /** Whether everything is paused now. */
  paused: boolean;
  /** How many jobs are open. */
  jobs: number;
}

/** The response of `POST /api/resume`. */
export interface ResumeResult {
  /** How many jobs were halted. */
  jobs: number;
}
