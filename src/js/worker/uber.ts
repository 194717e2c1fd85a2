/** The clients of Uber's API: each gets its token from the one place that asks for them. */
import { type Client, createClient } from "../client.js";
import { type ErrorParts, type VoucherError, toError } from "../errors.js";
import type { ClientOptions, FetchFunction } from "../types.js";
import type { WorkerEnv } from "./types.js";

const DEFAULT_BASE_URL = "https://api.uber.com";

/** A token, in epoch milliseconds. */
export interface Token {
  accessToken: string;
  /** When another one is asked for. */
  renewAt: number;
}

/** What the object that all programs share does for them. */
export interface AppApi {
  token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }>;
}

/** The options that every client of this environment has. */
export function clientOptions(env: WorkerEnv): Omit<ClientOptions, "auth"> {
  return {
    organizationId: env.UBER_ORGANIZATION_ID,
    ...(env.UBER_BASE_URL ? { baseUrl: env.UBER_BASE_URL } : {}),
    ...(env.UBER ? { fetch: env.UBER as never } : {}),
  };
}

/** A client whose tokens come from the app's object, by the `fetch` that is given. */
export function createUber(env: WorkerEnv, app: () => AppApi, fetch?: FetchFunction): Client {
  let current: Token | undefined;
  return createClient({
    ...clientOptions(env),
    ...(fetch && { fetch }),
    auth: {
      async accessToken({ rejected }) {
        const isUsable =
          current && current.accessToken !== rejected && current.renewAt > Date.now();
        if (current && isUsable) return current.accessToken;
        const got = await app().token(rejected);
        if ("fault" in got) throw withDelay(toError(got.fault), got.fault.retryAfterMs);
        current = got.token;
        return current.accessToken;
      },
    },
  });
}

/** The same error with when to ask again; also one that is no answer of a server's. */
function withDelay(error: VoucherError, retryAfterMs: number | null | undefined): VoucherError {
  return retryAfterMs == null ? error : Object.assign(error, { retryAfterMs });
}

/** What an operator may know of the other side. No secrets. */
export function otherSide(env: WorkerEnv): {
  environment: "sandbox" | "uber";
  host: string | null;
} {
  return env.UBER
    ? { environment: "sandbox", host: null }
    : { environment: "uber", host: new URL(env.UBER_BASE_URL || DEFAULT_BASE_URL).host };
}
