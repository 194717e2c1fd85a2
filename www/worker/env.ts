/** What the worker is given: by `scripts/start.mjs` locally, by bindings elsewhere. */

/** What is called of a service binding. */
export interface Service {
  fetch(request: Request): Promise<Response>;
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export interface Env {
  /** The console's files. */
  ASSETS: Service;
  /** Present where the sandbox stands behind this worker instead of Uber. */
  SANDBOX?: Service;
  UBER_ORGANIZATION_ID: string;
  UBER_CLIENT_ID: string;
  UBER_CLIENT_SECRET: string;
  UBER_BASE_URL?: string;
  UBER_TOKEN_URL?: string;
  UBER_SCOPE?: string;
}

/** What is used of the platform's context of a request. */
export interface Context {
  waitUntil(work: Promise<unknown>): void;
}

/** A request on its way through the worker. */
export interface Call {
  request: Request;
  url: URL;
  env: Env;
  context: Context;
}
