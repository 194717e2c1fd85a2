/**
 * Provides the tokens of calls.
 *
 * Uber issues 100 tokens an hour, and the 101st invalidates the oldest. So there is one
 * token request at a time, however many calls wait. It is not tied to any caller's
 * abort. In an edge worker it may still be stopped together with the request that began
 * it, and its promise then never settles. So it sends heartbeats, and a caller that
 * misses them starts another request.
 */
import {
  ABORTED,
  type AnyClock,
  DONE,
  Deadline,
  ERROR,
  FAILED,
  type NoResult,
  type HostResult,
  TIMEOUT,
  realClearInterval,
  realClock,
  realNow,
  realSetInterval,
} from "../http/deadline.js";
import { isWorkerd } from "../environment.js";
import { VoucherError, invalidOption, tryOrUndefined, clientError } from "../errors.js";
import { membersOf } from "../schema.js";
import type { CallSignal, TokenCache, TokenSet } from "../types.js";

const HEARTBEAT_MS = 200;
/**
 * A request without this many heartbeats counts as dead. They are counted instead of
 * timed: a page that was frozen must not draw that conclusion at its first look.
 */
const MAX_MISSED_HEARTBEATS = 4;

/** How often a request of an edge worker checks whether a token has arrived. */
const POLL_MS = 20;

/** The checked options of a client's authorization. */
export type AuthSource =
  | { kind: "none" }
  | { kind: "token"; accessToken: string }
  | {
      kind: "callback";
      accessToken: AccessTokenCallback;
    }
  | { kind: "client_credentials"; cache?: TokenCache; cacheKey: string }
  | {
      kind: "delegated";
      tokens: TokenSet;
      onTokens?: OnTokens;
    };

export type AccessTokenCallback = (context: { rejected?: string }) => string | Promise<string>;
export type OnTokens = (tokens: TokenSet) => void | Promise<void>;

/** The core's decisions about tokens. */
export interface TokenRules {
  /** Calls the token endpoint: with a refresh token, or for one of the app's own. */
  request(refreshToken?: string): Promise<TokenSet>;
  isStale(tokens: TokenSet): boolean;
}

/** A request for a token that is under way. */
interface TokenRequest {
  heartbeats: number;
  result: HostResult<string> | undefined;
  readonly waiters: Set<() => void>;
}

export class TokenSource {
  readonly #auth: AuthSource;
  readonly #rules: TokenRules;
  readonly #clock: AnyClock;
  readonly #timeoutMs: number;
  #current: TokenSet | undefined;
  /**
   * Tokens that `onTokens` has not stored yet: until then, the caller may have only the spent
   * refresh token.
   */
  #unsaved: TokenSet | undefined;
  #request: TokenRequest | undefined;

  constructor(auth: AuthSource, rules: TokenRules, clock: AnyClock, timeoutMs: number) {
    this.#auth = auth;
    this.#rules = rules;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    if (auth.kind === "delegated") this.#current = auth.tokens;
  }

  /** A token other than `rejected`; undefined if none is needed. */
  get(
    rejected: string | undefined,
    timeoutMs: number,
    signal: CallSignal | undefined,
  ): HostResult<string | undefined> | Promise<HostResult<string>> {
    const auth = this.#auth;
    if (signal?.aborted) return { kind: ABORTED, value: signal.reason, requestSent: false };
    if (auth.kind === "none") return { kind: DONE, value: undefined, requestSent: false };
    if (auth.kind === "token") return { kind: DONE, value: auth.accessToken, requestSent: false };
    const current = this.#usable(this.#current, rejected);
    // A token at hand is returned synchronously: a promise would slow every call.
    if (current) return { kind: DONE, value: current.accessToken, requestSent: false };
    return this.#fetch(rejected, timeoutMs, signal);
  }

  async #fetch(
    rejected: string | undefined,
    timeoutMs: number,
    signal: CallSignal | undefined,
  ): Promise<HostResult<string>> {
    const auth = this.#auth;
    if (auth.kind === "callback") {
      const context = rejected === undefined ? {} : { rejected };
      const outcome = await this.#within(() => auth.accessToken(context), timeoutMs, signal);
      // Keeps an error of this package that the callback met, for example in another client.
      if (outcome.kind === FAILED) return failed(outcome.value);
      return outcome.kind !== DONE || isToken(outcome.value) ? outcome : failed(noToken());
    }
    for (;;) {
      const current = this.#usable(this.#current, rejected);
      if (current) return { kind: DONE, value: current.accessToken, requestSent: false };
      const request = (this.#request ??= this.#start(rejected));
      const result = await this.#waitFor(request, signal);
      if (result) return result;
      if (this.#request === request) this.#request = undefined;
    }
  }

  #usable(tokens: TokenSet | undefined, rejected: string | undefined): TokenSet | undefined {
    return tokens &&
      tokens !== this.#unsaved &&
      tokens.accessToken !== rejected &&
      !this.#rules.isStale(tokens)
      ? tokens
      : undefined;
  }

  /** Passes tokens to `onTokens`; if it fails, the next call tries again. */
  async #save(tokens: TokenSet, onTokens: OnTokens): Promise<void> {
    this.#unsaved = tokens;
    const kept = await this.#within(() => onTokens({ ...tokens }), this.#timeoutMs);
    if (kept.kind !== DONE) throw notSaved(kept);
    if (this.#unsaved === tokens) this.#unsaved = undefined;
  }

  #start(rejected: string | undefined): TokenRequest {
    const request: TokenRequest = { heartbeats: 0, result: undefined, waiters: new Set() };
    const heartbeat = realSetInterval(() => (request.heartbeats += 1), HEARTBEAT_MS);
    void this.#obtain(rejected).then((outcome) => {
      realClearInterval(heartbeat);
      request.result = outcome;
      if (this.#request === request) this.#request = undefined;
      for (const wake of request.waiters) wake();
    });
    return request;
  }

  /** The result of the request; undefined if it is dead. */
  async #waitFor(
    request: TokenRequest,
    signal: CallSignal | undefined,
  ): Promise<HostResult<string> | undefined> {
    let { heartbeats } = request;
    for (let missed = 0; missed < MAX_MISSED_HEARTBEATS; missed += 1) {
      const until = realNow() + HEARTBEAT_MS * 1.5;
      do {
        if (request.result) return request.result;
        const { kind, value } = await this.#poll(request, signal);
        if (kind === ABORTED) return { kind, value, requestSent: false };
      } while (realNow() < until);
      if (request.heartbeats !== heartbeats) [missed, heartbeats] = [-1, request.heartbeats];
    }
    return request.result;
  }

  /**
   * Waits a little for a request. An edge worker may continue only within the request
   * that waits, not within the one whose response resolved the promise. So there, each
   * caller checks with a timer of its own.
   */
  async #poll(request: TokenRequest, signal: CallSignal | undefined): Promise<HostResult> {
    const deadline = new Deadline(realClock, isWorkerd ? POLL_MS : HEARTBEAT_MS * 1.5, signal);
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    if (!isWorkerd) request.waiters.add(wake);
    const outcome = await deadline.race(() => woken);
    deadline.end();
    request.waiters.delete(wake);
    return outcome;
  }

  async #obtain(rejected: string | undefined): Promise<HostResult<string>> {
    try {
      const tokens = await this.#obtainTokens(rejected);
      return { kind: DONE, value: tokens.accessToken, requestSent: false };
    } catch (value) {
      return failed(value);
    }
  }

  async #obtainTokens(rejected: string | undefined): Promise<TokenSet> {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Each kind has some of them; no other kind gets here.
    const { kind, cache, cacheKey, onTokens } = this.#auth as {
      kind: string;
      cache?: TokenCache;
      cacheKey: string;
      onTokens?: OnTokens;
    };
    const isDelegated = kind === "delegated";
    if (this.#unsaved && onTokens) {
      await this.#save(this.#unsaved, onTokens);
      const kept = this.#usable(this.#current, rejected);
      if (kept) return kept;
    }
    if (cache) {
      const found = await this.#within(() => cache.get(cacheKey), this.#timeoutMs);
      const kept = found.kind === DONE ? tryOrUndefined(() => tokenSetOf(found.value)) : undefined;
      const shared = this.#usable(kept, rejected);
      if (shared) return (this.#current = shared);
    }
    // Stored here before `onTokens` is called: the refresh token may be single-use.
    const refreshToken = this.#current?.refreshToken;
    if (isDelegated && refreshToken === undefined) throw notRenewable();
    this.#current = await this.#rules.request(isDelegated ? refreshToken : undefined);
    const found = this.#current;
    // A cache that fails costs tokens, but no calls.
    if (cache) await this.#within(() => cache.set(cacheKey, { ...found }), this.#timeoutMs);
    if (onTokens) await this.#save(found, onTokens);
    return found;
  }

  async #within<T>(
    work: () => T | Promise<T>,
    ms: number,
    signal?: CallSignal,
  ): Promise<HostResult<T>> {
    const deadline = new Deadline(this.#clock, ms, signal);
    const outcome = await deadline.race(work);
    deadline.end();
    return outcome;
  }
}

/** Keeps an error of this package, and wraps anything else. */
function failed(value: unknown): NoResult {
  return value instanceof VoucherError
    ? { kind: ERROR, value, requestSent: false }
    : { kind: FAILED, value, requestSent: false };
}

/** Whether a token is valid in a header: visible ASCII. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]+$/.test(value);
}

/**
 * Tokens that were stored somewhere, each member read once; `undefined` if it is not a set of
 * tokens.
 */
export function tokenSetOf(value: unknown): TokenSet | undefined {
  const { accessToken, expiresAt, renewAt, scope, refreshToken } = membersOf(value);
  if (!isToken(accessToken) || typeof expiresAt !== "number") return undefined;
  return {
    accessToken,
    expiresAt,
    scope: typeof scope === "string" ? scope : "",
    ...(typeof renewAt === "number" && Number.isFinite(renewAt) && { renewAt }),
    ...(typeof refreshToken === "string" && { refreshToken }),
  };
}

function noToken(): unknown {
  return invalidOption(
    "`auth.accessToken` is not valid in a header: it must not contain white space",
  );
}

function notRenewable(): unknown {
  return invalidOption("`auth.tokens` has expired and has no refreshToken");
}

function notSaved({ kind, value }: HostResult): unknown {
  return clientError(
    kind === TIMEOUT ? "timeout" : "connection_failed",
    "The new tokens are not stored: `auth.onTokens` failed",
    "See `cause`. The next call calls it again; the tokens that you stored before may be used up.",
    { cause: value },
  );
}
