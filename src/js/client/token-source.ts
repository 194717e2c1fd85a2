/**
 * Where a call's token comes from.
 *
 * Uber allows 100 tokens an hour and the 101st ends the oldest, so however
 * many calls wait, one request for a token is under way. It runs on its own,
 * because a caller that gives up must not take it along. It can still die: an
 * edge worker stops whatever a request began when that request ends, and the
 * promises it leaves behind never settle. So while it lives it says so again
 * and again, and who waits for it in vain asks anew.
 */
import {
  ABORTED,
  type AnyClock,
  DONE,
  Deadline,
  ERROR,
  FAILED,
  type NoResult,
  type Outcome,
  TIMEOUT,
  realClearInterval,
  realClock,
  realNow,
  realSetInterval,
} from "../http/deadline.js";
import { isWorkerd } from "../environment.js";
import { VoucherError, invalidOption, quietly, refusal } from "../errors.js";
import { membersOf } from "../schema.js";
import type { CallSignal, TokenCache, TokenSet } from "../types.js";

const BEAT_MS = 200;
/**
 * So many looks in a row without a beat, and a request is taken for dead.
 * Counted, not timed: a page that was frozen must not take its first look
 * after that for proof.
 */
const LOOKS = 4;

/** How often a request of an edge worker looks whether a token has come. */
const POLL_MS = 20;

/** How a client is authorized, checked. */
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

/** What the core decides about tokens. */
export interface TokenRules {
  /** Asks the token endpoint: with a refresh token, or for one of the app's own. */
  request(refreshToken?: string): Promise<TokenSet>;
  isStale(tokens: TokenSet): boolean;
}

/** A request for a token that is under way. */
interface Flight {
  beats: number;
  landed: Outcome<string> | undefined;
  readonly waiting: Set<() => void>;
}

export class TokenSource {
  readonly #auth: AuthSource;
  readonly #rules: TokenRules;
  readonly #clock: AnyClock;
  readonly #timeoutMs: number;
  #current: TokenSet | undefined;
  /** What `onTokens` has not kept yet: until it has, the refresh token before may be all there is. */
  #unkept: TokenSet | undefined;
  #flight: Flight | undefined;

  constructor(auth: AuthSource, rules: TokenRules, clock: AnyClock, timeoutMs: number) {
    this.#auth = auth;
    this.#rules = rules;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    if (auth.kind === "delegated") this.#current = auth.tokens;
  }

  /** Another token than `rejected`; undefined where none is needed. */
  get(
    rejected: string | undefined,
    timeoutMs: number,
    signal: CallSignal | undefined,
  ): Outcome<string | undefined> | Promise<Outcome<string>> {
    const auth = this.#auth;
    if (signal?.aborted) return { kind: ABORTED, value: signal.reason, hasLeft: false };
    if (auth.kind === "none") return { kind: DONE, value: undefined, hasLeft: false };
    if (auth.kind === "token") return { kind: DONE, value: auth.accessToken, hasLeft: false };
    const current = this.#usable(this.#current, rejected);
    // What need not be waited for is not: it costs every call.
    if (current) return { kind: DONE, value: current.accessToken, hasLeft: false };
    return this.#fetch(rejected, timeoutMs, signal);
  }

  async #fetch(
    rejected: string | undefined,
    timeoutMs: number,
    signal: CallSignal | undefined,
  ): Promise<Outcome<string>> {
    const auth = this.#auth;
    if (auth.kind === "callback") {
      const context = rejected === undefined ? {} : { rejected };
      const outcome = await this.#within(() => auth.accessToken(context), timeoutMs, signal);
      // An error of ours that the callback met, as in another client, says it best.
      if (outcome.kind === FAILED) return failed(outcome.value);
      return outcome.kind !== DONE || isToken(outcome.value) ? outcome : failed(noToken());
    }
    for (;;) {
      const current = this.#usable(this.#current, rejected);
      if (current) return { kind: DONE, value: current.accessToken, hasLeft: false };
      const flight = (this.#flight ??= this.#start(rejected));
      const landed = await this.#landing(flight, signal);
      if (landed) return landed;
      if (this.#flight === flight) this.#flight = undefined;
    }
  }

  #usable(tokens: TokenSet | undefined, rejected: string | undefined): TokenSet | undefined {
    return tokens &&
      tokens !== this.#unkept &&
      tokens.accessToken !== rejected &&
      !this.#rules.isStale(tokens)
      ? tokens
      : undefined;
  }

  /** Hands tokens to `onTokens`; if it fails, the next call does so again. */
  async #keep(tokens: TokenSet, onTokens: OnTokens): Promise<void> {
    this.#unkept = tokens;
    const kept = await this.#within(() => onTokens({ ...tokens }), this.#timeoutMs);
    if (kept.kind !== DONE) throw notKept(kept);
    if (this.#unkept === tokens) this.#unkept = undefined;
  }

  #start(rejected: string | undefined): Flight {
    const flight: Flight = { beats: 0, landed: undefined, waiting: new Set() };
    const beat = realSetInterval(() => (flight.beats += 1), BEAT_MS);
    void this.#obtain(rejected).then((outcome) => {
      realClearInterval(beat);
      flight.landed = outcome;
      if (this.#flight === flight) this.#flight = undefined;
      for (const wake of flight.waiting) wake();
    });
    return flight;
  }

  /** What the flight brings; undefined if it has died. */
  async #landing(
    flight: Flight,
    signal: CallSignal | undefined,
  ): Promise<Outcome<string> | undefined> {
    let { beats } = flight;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const until = realNow() + BEAT_MS * 1.5;
      do {
        if (flight.landed) return flight.landed;
        const { kind, value } = await this.#look(flight, signal);
        if (kind === ABORTED) return { kind, value, hasLeft: false };
      } while (realNow() < until);
      if (flight.beats !== beats) [looks, beats] = [-1, flight.beats];
    }
    return flight.landed;
  }

  /**
   * Waits a little for a flight. An edge worker may go on only in the request
   * that waits, and not in the one whose answer woke it: there each looks for
   * itself, by a timer of its own.
   */
  async #look(flight: Flight, signal: CallSignal | undefined): Promise<Outcome> {
    const look = new Deadline(realClock, isWorkerd ? POLL_MS : BEAT_MS * 1.5, signal);
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    if (!isWorkerd) flight.waiting.add(wake);
    const outcome = await look.race(() => woken);
    look.end();
    flight.waiting.delete(wake);
    return outcome;
  }

  async #obtain(rejected: string | undefined): Promise<Outcome<string>> {
    try {
      const tokens = await this.#obtainTokens(rejected);
      return { kind: DONE, value: tokens.accessToken, hasLeft: false };
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
    if (this.#unkept && onTokens) {
      await this.#keep(this.#unkept, onTokens);
      const kept = this.#usable(this.#current, rejected);
      if (kept) return kept;
    }
    if (cache) {
      const found = await this.#within(() => cache.get(cacheKey), this.#timeoutMs);
      const kept = found.kind === DONE ? quietly(() => tokenSetOf(found.value)) : undefined;
      const shared = this.#usable(kept, rejected);
      if (shared) return (this.#current = shared);
    }
    // Known before it is told: a refresh token may work only once.
    const refreshToken = this.#current?.refreshToken;
    if (isDelegated && refreshToken === undefined) throw notRenewable();
    this.#current = await this.#rules.request(isDelegated ? refreshToken : undefined);
    const found = this.#current;
    // A cache that fails costs tokens, not calls.
    if (cache) await this.#within(() => cache.set(cacheKey, { ...found }), this.#timeoutMs);
    if (onTokens) await this.#keep(found, onTokens);
    return found;
  }

  async #within<T>(
    work: () => T | Promise<T>,
    ms: number,
    signal?: CallSignal,
  ): Promise<Outcome<T>> {
    const deadline = new Deadline(this.#clock, ms, signal);
    const outcome = await deadline.race(work);
    deadline.end();
    return outcome;
  }
}

/** An error of ours says it best; anything else is the cause of one. */
function failed(value: unknown): NoResult {
  return value instanceof VoucherError
    ? { kind: ERROR, value, hasLeft: false }
    : { kind: FAILED, value, hasLeft: false };
}

/** Whether a value can stand in a header as a token: visible ASCII. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]+$/.test(value);
}

/** A set of tokens that was kept somewhere, each member read once; nothing if it is none. */
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
    "`auth.accessToken` is no token that can stand in a header: it must hold no white space",
  );
}

function notRenewable(): unknown {
  return invalidOption("`auth.tokens` has run out and holds no refreshToken");
}

function notKept({ kind, value }: Outcome): unknown {
  return refusal(
    kind === TIMEOUT ? "timeout" : "connection_failed",
    "The new tokens are not stored: `auth.onTokens` failed",
    "See `cause`. The next call calls it again; what you had stored before may be spent.",
    { cause: value },
  );
}
