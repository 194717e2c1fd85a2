/**
 * The token that all programs share. After a failure the endpoint is asked again
 * only after some time, and every program gets the last failure until then.
 */
import { tokensOf } from "../../client/client.js";
import { ApiError, type ErrorParts, VoucherError } from "../../errors.js";
import type { WorkerEnv } from "../types.js";
import { type Token, clientOptions } from "../uber.js";
import type { AppState, TokenFailure } from "./app-state.js";

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** After "too many requests": Uber's limit is per hour. */
const LIMITED_RETRY_MS = 60_000;
/** No response can make the wait longer. */
const LONGEST_WAIT_MS = 60 * 60_000;

const PASSING = new Set(["token_unavailable", "connection_failed", "timeout"]);

export class AppToken {
  #tokens: ((rejected?: string) => Promise<string>) | undefined;

  constructor(
    readonly env: WorkerEnv,
    /** Where the token and the last failure are kept. */
    readonly store: Pick<AppState, "read" | "write">,
  ) {}

  /** Returns a token, other than the one that Uber rejected; or why there is none. */
  async get(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }> {
    const failure = this.#failure();
    const now = Date.now();
    if (failure && failure.until > now && !this.#hasToken(rejected, now)) {
      return { fault: { ...failure.fault, retryAfterMs: failure.until - now } };
    }
    try {
      this.#tokens ??= this.#createTokens();
      const accessToken = await this.#tokens(rejected);
      if (failure) this.store.write("token_failure", null);
      const kept = this.store.read("token");
      return { token: { accessToken, renewAt: kept?.renewAt ?? 0 } };
    } catch (error) {
      if (!(error instanceof VoucherError)) throw error;
      const fault = faultOf(error);
      return { fault: PASSING.has(error.code) ? this.#keep(fault) : fault };
    }
  }

  /** Allows the next request to the endpoint at once. */
  retry(): void {
    if (this.#failure()) this.store.write("token_failure", null);
  }

  #failure(): TokenFailure | undefined {
    return this.store.read("token_failure") ?? undefined;
  }

  #hasToken(rejected: string | undefined, now: number): boolean {
    const kept = this.store.read("token");
    const renewAt = kept?.renewAt ?? 0;
    return kept !== undefined && kept.accessToken !== rejected && renewAt > now;
  }

  /** Stores a failure. Callers that waited for the same request count as one failure. */
  #keep(fault: ErrorParts): ErrorParts {
    const now = Date.now();
    const before = this.#failure();
    if (before && before.until > now) return { ...fault, retryAfterMs: before.until - now };
    const count = (before?.count ?? 0) + 1;
    const backoff = Math.min(FIRST_RETRY_MS * 2 ** (count - 1), LONGEST_RETRY_MS);
    const least = fault.status === 429 ? LIMITED_RETRY_MS : FIRST_RETRY_MS;
    const wait = Math.max(least, Math.min(fault.retryAfterMs ?? backoff, LONGEST_WAIT_MS));
    this.store.write("token_failure", { fault, count, until: now + wait });
    return { ...fault, retryAfterMs: wait };
  }

  #createTokens(): (rejected?: string) => Promise<string> {
    const { UBER_CLIENT_ID: clientId, UBER_CLIENT_SECRET: clientSecret } = this.env;
    return tokensOf({
      ...clientOptions(this.env),
      auth: {
        clientId,
        clientSecret,
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The client checks it.
        ...(this.env.UBER_SCOPE ? { scope: this.env.UBER_SCOPE as never } : {}),
        ...(this.env.UBER_TOKEN_URL ? { tokenUrl: this.env.UBER_TOKEN_URL } : {}),
        cache: {
          get: async () => this.store.read("token"),
          set: async (_key, tokens) => this.store.write("token", tokens),
        },
      },
    });
  }
}

/** The parts of an error that are passed to another object. */
function faultOf(error: VoucherError): ErrorParts {
  const { name, code, queued, message, hint } = error;
  const { status, retryAfterMs }: { status?: number; retryAfterMs?: number } =
    error instanceof ApiError ? error : {};
  const more = {
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return { class: name, code, queued, message, hint, ...more };
}
