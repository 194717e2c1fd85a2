/** What the platform passes to the worker, and the handlers of the worker. */
import type { ObjectNamespace, RequestContext, Service } from "../platform-types.js";

/** The variables, secrets and bindings of the worker. */
export interface WorkerEnv {
  /** The objects of the class `VoucherProgram`. */
  VOUCHER_PROGRAM: ObjectNamespace;
  /** The object of the class `VoucherApp`. */
  VOUCHER_APP: ObjectNamespace;
  /** The console's files. Without them, the worker serves only the API. */
  ASSETS?: Service;
  /** A service that replaces Uber, such as the sandbox. */
  UBER?: Service;
  /** The organization id, from Uber. */
  UBER_ORGANIZATION_ID: string;
  /** The app's client id, from Uber's developer dashboard. */
  UBER_CLIENT_ID: string;
  /** The app's client secret. */
  UBER_CLIENT_SECRET: string;
  /** The signing key of webhooks; several, separated by spaces, during a rotation. A secret. */
  UBER_SIGNING_KEY?: string;
  /** Default: `https://api.uber.com`. */
  UBER_BASE_URL?: string;
  /** Default: Uber's own address. */
  UBER_TOKEN_URL?: string;
  /** Default: `organizations.voucher_programs`. */
  UBER_SCOPE?: string;
  /**
   * The token with which an operator signs in, as a bearer token or in the console; at least 16
   * characters. A secret.
   */
  ADMIN_TOKEN?: string;
  /**
   * Tokens of operators by their names, which the audit trail shows: `{"ada": "…", "grace": "…"}` as JSON text. Each
   * token has at least 16 characters, and is no other's; no name is `admin`. A secret.
   */
  OPERATOR_TOKENS?: string;
  /** Accepts sign-in by Cloudflare Access: the team's domain, `https://….cloudflareaccess.com`. */
  ACCESS_TEAM_DOMAIN?: string;
  /** The audience tag of the Access application. */
  ACCESS_AUDIENCE?: string;
}

/** The default export of a worker module. */
export interface WorkerHandler {
  /** Responds to a request. */
  fetch(request: any, env: any, context: any): Promise<any>;
  /**
   * Looks for jobs that should run and do not report. For a cron trigger, every quarter of an hour.
   */
  scheduled?(event: any, env: any, context: any): Promise<void>;
}

/** @internal */
export interface Call {
  request: Request;
  url: URL;
  env: WorkerEnv;
  context: RequestContext;
}
