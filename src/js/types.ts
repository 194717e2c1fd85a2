/**
 * The public types that more than one file needs.
 *
 * What a caller passes in is described by its shape and no platform's own
 * types are named, so that these declarations compile without the DOM library
 * and beside any platform's globals. `CallSignal` takes every `AbortSignal`,
 * `FetchFunction` every `fetch`, and so on.
 */

/** Any `AbortSignal`. */
export interface CallSignal {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Why it was aborted. */
  readonly reason?: any;
  /** Tells when it is aborted. */
  addEventListener(type: "abort", listener: (event: any) => void): void;
  /** Stops telling. */
  removeEventListener(type: "abort", listener: (event: any) => void): void;
}

/** What `fetch` is given beside the URL. */
export interface FetchInit {
  /** The HTTP method. */
  method: "GET" | "POST";
  /** A `Headers` object. */
  headers: any;
  /** A repeated POST is a second send, so redirects are never followed. */
  redirect: "manual";
  /** JSON, or a form for the token endpoint. */
  body?: string;
  /** An `AbortSignal`. */
  signal?: any;
}

/** Any `fetch`: the global one, a wrapper around it, a sandbox's, a mock. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<any>;

/** The platform's `URL`, or its shape where the platform's types have none. */
export type HostURL = typeof globalThis extends { URL: { prototype: infer T } }
  ? T
  : { readonly href: string; toString(): string };

/** A `WebAssembly.Module`, where the platform's types have one. */
export type WasmModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer T } };
}
  ? T
  : object;

/** Time, where it is not the host's own: a test passes its sandbox's. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds; stops its timer when the signal is aborted. */
  sleep(ms: number, signal?: any): Promise<void>;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, while it waits too. See `queued` of the error. */
  signal?: CallSignal;
  /** For one attempt, in milliseconds; `Infinity` for none. Default: the client's. */
  timeoutMs?: number;
  /** How often the call may be tried again. Default: the client's. */
  maxRetries?: number;
}

/**
 * An OAuth token and what belongs to it. Keep it where you keep secrets.
 *
 * Source: Uber's authentication guide for vouchers; `refreshToken` comes with
 * the delegated grant only.
 */
export interface TokenSet {
  /** What goes into the `Authorization` header. */
  accessToken: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  /** When the next one is asked for, in epoch milliseconds. Default: a minute before its end. */
  renewAt?: number;
  /** Space separated. */
  scope: string;
  /** What gets the next token. It may work only once. */
  refreshToken?: string;
}

/**
 * A place where processes share a token. Uber gives 100 an hour and ends the
 * oldest when a further one is asked for, so short-lived processes need one.
 */
export interface TokenCache {
  /** The set that was kept under the key, if there is one. */
  get(key: string): Promise<TokenSet | undefined>;
  /** Keeps a set under the key, which holds no secret. */
  set(key: string, tokens: TokenSet): Promise<void>;
}

/**
 * How the client is authorized. The arms exclude each other.
 *
 * - `accessToken`: a token, which is not renewed, or a function that gives
 *   one. After a 401 the function is called again with the token that was
 *   `rejected`.
 * - client credentials: the client asks for tokens itself and shares each
 *   until a minute before it expires. For servers: never in a browser.
 * - `tokens`: an administrator's own, from `exchangeCode`; the client renews
 *   them and tells `onTokens`, which has to keep them.
 * - `"none"`: nothing is added; a worker of yours in front of Uber does it.
 */
export type Auth =
  | {
      /** A token, or a function that gives one. */
      accessToken: string | ((context: { rejected?: string }) => string | Promise<string>);
      clientId?: never;
      clientSecret?: never;
      tokens?: never;
    }
  | {
      /** The app's client id, from Uber's developer dashboard. */
      clientId: string;
      /** The app's client secret. */
      clientSecret: string;
      /** Default: `organizations.voucher_programs`. */
      scope?: "organizations.voucher_programs" | "organizations.voucher_programs.aggregator";
      /** Default: `https://auth.uber.com/oauth/v2/token`. */
      tokenUrl?: string | { readonly href: string };
      /** Where processes share a token. */
      cache?: TokenCache;
      accessToken?: never;
      tokens?: never;
      onTokens?: never;
    }
  | {
      /** The app's client id, from Uber's developer dashboard. */
      clientId: string;
      /** The app's client secret. */
      clientSecret: string;
      /** What `exchangeCode` gave, or what `onTokens` kept last. */
      tokens: TokenSet;
      /** Keeps renewed tokens: the refresh token before may be spent by then. */
      onTokens?: (tokens: TokenSet) => void | Promise<void>;
      /** Default: `https://auth.uber.com/oauth/v2/token`. */
      tokenUrl?: string | { readonly href: string };
      accessToken?: never;
      scope?: never;
      cache?: never;
    }
  | "none";

/** A request that is about to leave, to the API or to the token endpoint. */
export interface RequestEvent {
  /** The HTTP method. */
  method: "GET" | "POST";
  /** The whole URL. Never holds a secret. */
  url: string;
  /** Counts from 1. */
  attempt: number;
}

/** The head of an answer that has come. */
export interface ResponseEvent extends RequestEvent {
  /** 0 where the host shows none (an opaque redirect in a page). */
  status: number;
  /** From handing the request to `fetch` to the head of its answer. */
  durationMs: number;
  /** Uber's `x-uber-*` header fields. */
  headers: Record<string, string>;
}

/** What `createClient` takes. */
export interface ClientOptions {
  /** The organization that owns the voucher programs, as Uber gave it. */
  organizationId: string;
  /** How the client is authorized. */
  auth: Auth;
  /**
   * Default: `https://api.uber.com`. Uber's sandbox is
   * `https://sandbox-api.uber.com`; a page names your own worker, also by a
   * relative path. Must be https, except on this machine.
   */
  baseUrl?: string | { readonly href: string };
  /** Default: `en_US`. */
  acceptLanguage?: string;
  /** Added to each call to the API (not to the token endpoint), never over ours. */
  headers?: Record<string, string>;
  /** Default: `globalThis.fetch`. A service binding itself works. */
  fetch?: FetchFunction | { fetch: FetchFunction };
  /** For one attempt, in milliseconds. Default: 30,000; `Infinity` for none. */
  timeoutMs?: number;
  /**
   * How often a call may be tried again. Default: 2. A distribute call is only
   * ever repeated after an answer that proves that nothing was queued.
   */
  maxRetries?: number;
  /** Default: the host's. */
  clock?: Clock;
  /**
   * The compiled module, or its bytes (`uber-vouchers/wasm`), for hosts that
   * load it their own way. It is loaded once for all clients.
   */
  module?: WasmModule | ArrayBuffer | Uint8Array;
  /** Lets a client secret into a page, where everybody can read it. */
  dangerouslyAllowBrowser?: boolean;
  /** Called for each request that is about to leave. Never sees a token. */
  onRequest?: (event: RequestEvent) => void;
  /** Called for each answer. */
  onResponse?: (event: ResponseEvent) => void;
}

/**
 * Proof that Uber accepted a call. Accepted means *queued*: whether each code
 * reached its recipient is told later, by webhook, and may be partial.
 */
export interface Receipt {
  /** The program whose codes were queued. */
  programId: string;
  /** How many distinct codes were queued. */
  codes: number | "all";
  /** How many were dropped from the input because they stood there before. */
  duplicates: number;
  /** How many requests it took. */
  attempts: number;
  /** Epoch milliseconds, by the local clock. */
  queuedAt: number;
  /** The HTTP status. */
  status: number;
  /** Uber's `x-uber-*` header fields, for its support. */
  headers: Record<string, string>;
}

/**
 * One code of a program. Source: Get Voucher Codes. Uber may leave any member
 * out; `null` says that it did.
 */
export interface VoucherCode {
  /** The UUID to pass to `distribute` (inferred: Uber calls it "code uuid" there). */
  codeId: string;
  /** What a rider types. */
  codeText: string | null;
  /** Where a rider claims it. */
  redemptionLink: string | null;
  /** How often it can be redeemed. */
  maxNumRedemptions: number | null;
  /** With `includeUsage`. */
  usageCount: number | null;
  /** With `includeUsage`; in `currencyCode`. */
  usageAmount: number | null;
  /** Of `usageAmount`, such as `USD`. */
  currencyCode: string | null;
  /** Epoch milliseconds (inferred); only of a cancelled code. */
  canceledAt: number | null;
  /** The object as Uber sent it, with whatever else it holds. */
  raw: Record<string, unknown>;
}

/**
 * One voucher program. Source: Search Voucher Programs. Uber may leave any
 * member out; `null` says that it did.
 */
export interface VoucherProgram {
  /** `voucher_program_id`, what calls on the program take. */
  programId: string;
  /** As given when the program was made. */
  name: string | null;
  /** In upper case: `UPCOMING`, `ACTIVE`, `COMPLETE`, `CANCELED`, or what else Uber says. */
  status: string | null;
  /** Such as `PERSONAL_TRANSPORT`. */
  voucherType: string | null;
  /** `MULTI_CODE_SINGLE_REDEEM` or `SINGLE_CODE_MULTI_REDEEM`. */
  codeScheme: string | null;
  /** Such as `USD`. */
  currencyCode: string | null;
  /** What the program can cost at most, as Uber puts it. */
  totalDollarExposure: number | null;
  /** Epoch milliseconds. */
  startsAt: number | null;
  /** Epoch milliseconds. */
  endsAt: number | null;
  /** Epoch milliseconds. */
  createdAt: number | null;
  /** The object as Uber sent it, with whatever else it holds. */
  raw: Record<string, unknown>;
}
