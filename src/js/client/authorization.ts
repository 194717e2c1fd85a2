/** Delegated sign-in of an administrator, in two steps. */
import { instance } from "../wasm/binding.js";
import { DEFAULT_BASE_URL } from "../generated/protocol.js";
import { requestToken } from "./bound-client.js";
import { createHost } from "../wasm/host.js";
import { TIMEOUT_MS, checkAuthorizationOptions, checkExchangeOptions } from "./options.js";
import type { CallSignal, Clock, FetchFunction, HostURL, TokenSet, WasmModule } from "../types.js";

/** The options of `authorizationUrl`. */
export interface AuthorizationUrlOptions {
  /** The app's client id, from Uber's developer dashboard. */
  clientId: string;
  /** The address to which Uber sends the administrator back, as registered with the app. */
  redirectUri: string;
  /**
   * A random value that you store in the administrator's session and compare when Uber
   * sends them back: without it, anyone could sign them in.
   */
  state: string;
  /** Default: `https://auth.uber.com/oauth/v2/authorize`. */
  authorizeUrl?: string | { readonly href: string };
}

/** The options of `exchangeCode`. */
export interface ExchangeCodeOptions {
  /** The app's client id, from Uber's developer dashboard. */
  clientId: string;
  /** The app's client secret. For servers only. */
  clientSecret: string;
  /** The `code` parameter with which Uber called `redirectUri`. */
  code: string;
  /** The same as in step 1. */
  redirectUri: string;
  /** Default: `https://auth.uber.com/oauth/v2/token`. */
  tokenUrl?: string | { readonly href: string };
  /** Default: `globalThis.fetch`. */
  fetch?: FetchFunction | { fetch: FetchFunction };
  /** In milliseconds. Default: 30,000. */
  timeoutMs?: number;
  /** Aborts the call. The code may be spent then. */
  signal?: CallSignal;
  /** Default: the host's. */
  clock?: Clock;
  /** As in `createClient`. */
  module?: WasmModule | ArrayBuffer | Uint8Array | HostURL;
  /** As in `createClient`. */
  dangerouslyAllowBrowser?: boolean;
}

/**
 * Step 1: the URL at which an administrator signs in, for the scope
 * `organizations.voucher_programs.delegated`, with a token that can be renewed
 * (`offline_access`).
 *
 * Source: Uber's OAuth service (`/oauth/v2/authorize`).
 *
 * @throws {ValidationError} `invalid_options`, naming the option.
 */
export async function authorizationUrl(options: AuthorizationUrlOptions): Promise<HostURL> {
  const read = checkAuthorizationOptions(options);
  const glue = await instance.load();
  const url = instance.callSync((): unknown => glue.authorizationUrl(read));
  return new URL(String(url));
}

/**
 * Step 2: exchanges the returned code for tokens, which `createClient` takes as
 * `auth.tokens`. A code works once, so this is never retried automatically.
 *
 * Source: Uber's OAuth service (`/oauth/v2/token`).
 *
 * @throws {ApiError} `token_rejected` or `token_unavailable`.
 * @throws {ConnectionError} There was no response. The code may be spent.
 */
export async function exchangeCode(options: ExchangeCodeOptions): Promise<TokenSet> {
  const read = checkExchangeOptions(options);
  const { fetch, clock, module, signal, timeoutMs = TIMEOUT_MS, ...values } = read;
  await instance.load(module);
  const host = createHost({ ...(fetch && { fetch }), ...(clock && { clock }) });
  const settings = {
    organizationId: "-",
    baseUrl: DEFAULT_BASE_URL,
    acceptLanguage: "-",
    timeoutMs,
    maxRetries: 0,
    auth: values,
  };
  return requestToken(settings, host, { ...values }, signal ? { signal } : {});
}
