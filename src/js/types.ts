/**
 * Public types that several files use.
 *
 * Values that a caller passes in are described by their shape. No platform's own types
 * are named, so these declarations compile without the DOM library and with any
 * platform's globals. `CallSignal` accepts every `AbortSignal`, `FetchFunction` every
 * `fetch`, and so on.
 */
import type { TokenSet } from "./generated/calls.js";

export type { Guest, Receipt, TokenSet, VoucherCode, VoucherProgram } from "./generated/calls.js";

/** Any `AbortSignal`. */
export interface CallSignal {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Why it was aborted. */
  readonly reason?: any;
  /** Adds a listener, which is called on abort. */
  addEventListener(type: "abort", listener: (event: any) => void): void;
  /** Removes a listener. */
  removeEventListener(type: "abort", listener: (event: any) => void): void;
}

/** The second argument of `fetch`. */
export interface FetchInit {
  /** The HTTP method. */
  method: "GET" | "POST";
  /** A `Headers` object. */
  headers: any;
  /** Redirects are never followed, because a repeated POST would send twice. */
  redirect: "manual";
  /** JSON; a form for the token endpoint. */
  body?: string;
  /** An `AbortSignal`. */
  signal?: any;
}

/** Any `fetch`: the global one, a wrapper around it, a sandbox's, or a mock. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<any>;

/** The platform's `URL`, or its shape if the platform's types don't have it. */
export type HostURL = typeof globalThis extends { URL: { prototype: infer T } }
  ? T
  : { readonly href: string; toString(): string };

/** A `WebAssembly.Module`, if the platform's types have it. */
export type WasmModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer T } };
}
  ? T
  : object;

/** A replacement for the host's clock, such as a sandbox's in tests. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds; clears its timer when the signal is aborted. */
  sleep(ms: number, signal?: any): Promise<void>;
}

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, also while it waits. See `queued` of the error. */
  signal?: CallSignal;
  /** The time limit of one attempt, in milliseconds; `Infinity` for none. Default: the client's. */
  timeoutMs?: number;
  /** How often the call may be retried. Default: the client's. */
  maxRetries?: number;
}

/**
 * A store in which processes share a token. Uber issues 100 an hour, and a further one
 * invalidates the oldest; so short-lived processes need a store.
 */
export interface TokenCache {
  /** Returns the tokens that are stored under the key, if any. */
  get(key: string): Promise<TokenSet | undefined>;
  /** Stores tokens under the key, which contains no secret. */
  set(key: string, tokens: TokenSet): Promise<void>;
}

/**
 * How the client is authorized: exactly one of these.
 *
 * - `accessToken`: a token, which is not renewed, or a function that returns one. After
 *   a 401 the function is called again with the token that was `rejected`.
 * - client credentials: the client requests tokens itself and shares each until a
 *   minute before it expires. For servers: never in a browser.
 * - `tokens`: an administrator's tokens, from `exchangeCode`; the client renews them
 *   and calls `onTokens`, which has to store them.
 * - `"none"`: no authorization is added, because your own worker in front of Uber adds
 *   it.
 */
export type Auth =
  | {
      /** A token, or a function that returns one. */
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
      /** The store in which processes share a token. */
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
      /** The result of `exchangeCode`, or what `onTokens` stored last. */
      tokens: TokenSet;
      /** Stores renewed tokens: the previous refresh token may no longer work. */
      onTokens?: (tokens: TokenSet) => void | Promise<void>;
      /** Default: `https://auth.uber.com/oauth/v2/token`. */
      tokenUrl?: string | { readonly href: string };
      accessToken?: never;
      scope?: never;
      cache?: never;
    }
  | "none";

/** A request to the API or to the token endpoint that is about to be sent. */
export interface RequestEvent {
  /** The HTTP method. */
  method: "GET" | "POST";
  /** The whole URL. It never contains a secret. */
  url: string;
  /** The number of the attempt, from 1. */
  attempt: number;
}

/** The status and headers of a response that has arrived. */
export interface ResponseEvent extends RequestEvent {
  /** 0 if the host does not reveal it (an opaque redirect in a page). */
  status: number;
  /** From the call of `fetch` to the headers of the response. */
  durationMs: number;
  /** Uber's `x-uber-*` header fields. */
  headers: Record<string, string>;
}

/** The options of `createClient`. */
export interface ClientOptions {
  /** The id of the organization that owns the voucher programs, from Uber. */
  organizationId: string;
  /** How the client is authorized. */
  auth: Auth;
  /**
   * Default: `https://api.uber.com`. Uber's sandbox is `https://sandbox-api.uber.com`;
   * a page uses your own worker, also by a relative path. Must be https, except on this
   * machine.
   */
  baseUrl?: string | { readonly href: string };
  /** Default: `en_US`. */
  acceptLanguage?: string;
  /**
   * Added to each call to the API (not to the token endpoint), but never in place of
   * the package's own: a `Headers` object, a `Map`, pairs, or a plain object.
   */
  headers?: Iterable<readonly string[]> | { readonly [name: string]: string };
  /** Default: `globalThis.fetch`. A service binding can be passed directly. */
  fetch?: FetchFunction | { fetch: FetchFunction };
  /** The time limit of one attempt, in milliseconds. Default: 30,000; `Infinity` for none. */
  timeoutMs?: number;
  /**
   * How often a call may be retried. Default: 2. A distribute call is repeated only
   * after a response which proves that nothing was queued.
   */
  maxRetries?: number;
  /** Default: the host's. */
  clock?: Clock;
  /**
   * The compiled module, its bytes (`uber-vouchers/wasm`) or its URL, for hosts that
   * load it in another way; see `setModule`. It is loaded once for all clients.
   */
  module?: WasmModule | ArrayBuffer | Uint8Array | HostURL;
  /** Allows a client secret in a page, where anyone can read it. */
  dangerouslyAllowBrowser?: boolean;
  /** Called for each request that is about to be sent. Never gets a token. */
  onRequest?: (event: RequestEvent) => void;
  /** Called for each response. */
  onResponse?: (event: ResponseEvent) => void;
}
