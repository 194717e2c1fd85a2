/** What the platform hands to the worker, and the handlers that the worker gives it. */
import type { ObjectNamespace, RequestContext, Service } from "../platform-types.js";

/** The variables, secrets and bindings of the worker. */
export interface WorkerEnv {
  /** The objects of the class `VoucherProgram`. */
  VOUCHER_PROGRAM: ObjectNamespace;
  /** The object of the class `VoucherApp`. */
  VOUCHER_APP: ObjectNamespace;
  /** The console's files. Without them, there is the API alone. */
  ASSETS?: Service;
  /** Stands in Uber's place, such as the sandbox. */
  UBER?: Service;
  /** The organization id that Uber gave you. */
  UBER_ORGANIZATION_ID: string;
  /** Of the app in Uber's developer dashboard. */
  UBER_CLIENT_ID: string;
  /** Of the same. A secret. */
  UBER_CLIENT_SECRET: string;
  /** What signs webhooks; several while it changes, separated by blanks. A secret. */
  UBER_SIGNING_KEY?: string;
  /** Default: `https://api.uber.com`. */
  UBER_BASE_URL?: string;
  /** Default: Uber's. */
  UBER_TOKEN_URL?: string;
  /** Default: `organizations.voucher_programs`. */
  UBER_SCOPE?: string;
  /** Lets an operator in, as a bearer token or by the console's sign-in; at least 16 characters. A secret. */
  ADMIN_TOKEN?: string;
  /** Lets in whom Cloudflare Access lets in: the team's domain, `https://….cloudflareaccess.com`. */
  ACCESS_TEAM_DOMAIN?: string;
  /** The audience tag of the Access application. */
  ACCESS_AUDIENCE?: string;
}

/** What a worker module exports by default. */
export interface WorkerHandler {
  /** Answers a request. */
  fetch(request: any, env: any, context: any): Promise<any>;
  /** Looks for jobs that should run and are silent. For a cron trigger, each quarter of an hour. */
  scheduled?(event: any, env: any, context: any): Promise<void>;
}

/** @internal */
export interface Call {
  request: Request;
  url: URL;
  env: WorkerEnv;
  context: RequestContext;
}
