/** The clients of Uber's API: each gets its token from the one place that asks for them. */
import { type Client, createClient } from "../client/client.js";
import { type ErrorParts, type VoucherError, toError } from "../errors.js";
import type { ClientOptions, FetchFunction, FetchInit } from "../types.js";
import { log } from "./log.js";
import type { HttpService } from "./platform-types.js";
import type { WorkerEnv } from "./types.js";

const DEFAULT_BASE_URL = "https://api.uber.com";
const DEFAULT_TOKEN_URL = "https://auth.uber.com/oauth/v2/token";

/** A token, in epoch milliseconds. */
export interface Token {
  accessToken: string;
  /** When another one is asked for. */
  renewAt: number;
}

/** A token, other than the one that Uber rejected. */
export interface TokenApi {
  token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }>;
}

/** Sends a request to Uber. */
export type UberFetch = (url: string, init: FetchInit) => Promise<Response>;

/** The way to Uber, or to what stands in its place. */
export function uberFetch(env: WorkerEnv): UberFetch {
  const service: HttpService = env.UBER ?? globalThis;
  return (url, init) => service.fetch(url, init);
}

/** The options that every client of this environment has. */
export function clientOptions(env: WorkerEnv): Omit<ClientOptions, "auth"> {
  return {
    organizationId: env.UBER_ORGANIZATION_ID,
    ...(env.UBER_BASE_URL ? { baseUrl: env.UBER_BASE_URL } : {}),
    ...(env.UBER ? { fetch: env.UBER } : {}),
  };
}

// Of each isolate: a client for one request must not ask for a token each time.
const tokens = new WeakMap<WorkerEnv, Token>();

/** A client whose tokens come from the app's object, by the `fetch` that is given. */
export function createUber(env: WorkerEnv, app: () => TokenApi, fetch?: FetchFunction): Client {
  return createClient(uberOptions(env, app, fetch));
}

/** What such a client is made with. */
export function uberOptions(
  env: WorkerEnv,
  app: () => TokenApi,
  fetch?: FetchFunction,
): ClientOptions {
  return {
    ...clientOptions(env),
    ...(fetch && { fetch }),
    auth: {
      async accessToken({ rejected }) {
        const current = tokens.get(env);
        const isUsable =
          current && current.accessToken !== rejected && current.renewAt > Date.now();
        if (current && isUsable) return current.accessToken;
        const got = await app().token(rejected);
        if ("fault" in got) throw withDelay(toError(got.fault), got.fault.retryAfterMs);
        tokens.set(env, got.token);
        return got.token.accessToken;
      },
    },
  };
}

/** The same error with when to ask again; also one that is no answer of a server's. */
function withDelay(error: VoucherError, retryAfterMs: number | null | undefined): VoucherError {
  return retryAfterMs == null ? error : Object.assign(error, { retryAfterMs });
}

/** Which Uber is behind the worker, as operators and the log are told. No secrets. */
export interface Upstream {
  environment: "sandbox" | "uber";
  /** Null with the sandbox behind, and where the variable is no URL. */
  host: string | null;
  tokenHost: string | null;
}

export function upstreamOf(env: WorkerEnv): Upstream {
  return env.UBER
    ? { environment: "sandbox", host: null, tokenHost: null }
    : {
        environment: "uber",
        host: hostOf(env.UBER_BASE_URL || DEFAULT_BASE_URL),
        tokenHost: hostOf(env.UBER_TOKEN_URL || DEFAULT_TOKEN_URL),
      };
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : null);

const logged = new WeakSet<WorkerEnv>();

/** Says once in each isolate which Uber it is: a test address that is not read looks like any other. */
export function logUpstream(env: WorkerEnv): void {
  if (logged.has(env)) return;
  logged.add(env);
  log("start", { organization: env.UBER_ORGANIZATION_ID, ...upstreamOf(env) });
}
