/** Clients of Uber's API, all of which get their token from the app's object. */
import { type Client, createClient } from "../client/client.js";
import { type ErrorParts, type VoucherError, toError } from "../errors.js";
import { DEFAULT_BASE_URL, DEFAULT_TOKEN_URL } from "../generated/protocol.js";
import type { ClientOptions, FetchFunction, FetchInit } from "../types.js";
import { log } from "./log.js";
import type { HttpService } from "./platform-types.js";
import type { Upstream, WorkerEnv } from "./types.js";

/** A token, in epoch milliseconds. */
export interface Token {
  accessToken: string;
  /** When another one is requested. */
  renewAt: number;
}

/** Returns a token, other than the one that Uber rejected. */
export interface TokenApi {
  token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }>;
}

/** Sends a request to Uber. */
export type UberFetch = (url: string, init: FetchInit) => Promise<Response>;

/** Sends to Uber, or to the binding that replaces it. */
export function uberFetch(env: WorkerEnv): UberFetch {
  const service: HttpService = env.UBER ?? globalThis;
  return (url, init) => service.fetch(url, init);
}

/**
 * The same for reads, which are repeated once if the connection fails: it may have been idle, and
 * closed by Uber just as it was used again.
 */
export function readingFetch(env: WorkerEnv): UberFetch {
  const fetch = uberFetch(env);
  return (url, init) =>
    fetch(url, init).catch((error: unknown) => {
      if (init.signal instanceof AbortSignal && init.signal.aborted) throw error;
      return fetch(url, init);
    });
}

/** The options of every client of this environment. */
export function clientOptions(env: WorkerEnv): Omit<ClientOptions, "auth"> {
  return {
    organizationId: env.UBER_ORGANIZATION_ID,
    ...(env.UBER_BASE_URL ? { baseUrl: env.UBER_BASE_URL } : {}),
    ...(env.UBER ? { fetch: env.UBER } : {}),
  };
}

// In each isolate, so that a client for one request needs no new token each time.
const tokens = new WeakMap<WorkerEnv, Token>();

/** A client with tokens of the app's object, which sends by the given `fetch`. */
export function createUber(env: WorkerEnv, app: () => TokenApi, fetch?: FetchFunction): Client {
  return createClient(uberOptions(env, app, fetch));
}

/** The options of such a client. */
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

/** Adds to an error when to ask again, even if it is not a server's response. */
function withDelay(error: VoucherError, retryAfterMs: number | null | undefined): VoucherError {
  return retryAfterMs == null ? error : Object.assign(error, { retryAfterMs });
}

/** Which Uber API the worker uses, for operators and the log. No secrets. */
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

/** Logs once in each isolate which API is used, so that a wrong address is noticed. */
export function logUpstream(env: WorkerEnv): void {
  if (logged.has(env)) return;
  logged.add(env);
  log("start", { organization: env.UBER_ORGANIZATION_ID, ...upstreamOf(env) });
}
