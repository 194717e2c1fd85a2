/** Signing an administrator in: the delegated grant, in two steps. */
import { instance } from "../wasm/binding.js";
import { requestToken } from "./bound-client.js";
import { createHost } from "../wasm/host.js";
import { checkAuthorizationOptions, checkExchangeOptions } from "./options.js";
import type { CallSignal, Clock, FetchFunction, HostURL, TokenSet, WasmModule } from "../types.js";

/** What `authorizationUrl` takes. */
export interface AuthorizationUrlOptions {
  /** The app's client id, from Uber's developer dashboard. */
  clientId: string;
  /** Where Uber sends the administrator back to, as registered with the app. */
  redirectUri: string;
  /**
   * A random value that you keep in the administrator's session and compare
   * when Uber sends them back: without it, anybody could sign them in.
   */
  state: string;
  /** Default: `https://auth.uber.com/oauth/v2/authorize`. */
  authorizeUrl?: string | { readonly href: string };
}

/** What `exchangeCode` takes. */
export interface ExchangeCodeOptions {
  /** The app's client id, from Uber's developer dashboard. */
  clientId: string;
  /** The app's client secret. For servers. */
  clientSecret: string;
  /** The `code` that came to `redirectUri`. */
  code: string;
  /** The same as in step 1. */
  redirectUri: string;
  /** Default: `https://auth.uber.com/oauth/v2/token`. */
  tokenUrl?: string | { readonly href: string };
  /** Default: `globalThis.fetch`. */
  fetch?: FetchFunction | { fetch: FetchFunction };
  /** In milliseconds. Default: 30,000. */
  timeoutMs?: number;
  /** Ends the call. The code may be spent then. */
  signal?: CallSignal;
  /** Default: the host's. */
  clock?: Clock;
  /** As for a client. */
  module?: WasmModule | ArrayBuffer | Uint8Array | HostURL;
  /** As for a client. */
  dangerouslyAllowBrowser?: boolean;
}

/**
 * Step 1: where to send an administrator to sign in, for the scope
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
  const url = instance.callSync((): unknown => glue.authorizationUrl(JSON.stringify(read)));
  return new URL(String(url));
}

/**
 * Step 2: exchanges the code that came back for tokens, to be passed to
 * `createClient` as `auth.tokens`. A code works once, so this is never tried
 * again by itself.
 *
 * Source: Uber's OAuth service (`/oauth/v2/token`).
 *
 * @throws {ApiError} `token_rejected` or `token_unavailable`.
 * @throws {ConnectionError} No answer came. The code may be spent.
 */
export async function exchangeCode(options: ExchangeCodeOptions): Promise<TokenSet> {
  const read = checkExchangeOptions(options);
  const { fetch, clock, module, signal, timeoutMs = 30_000, ...values } = read;
  await instance.load(module);
  const host = createHost({ ...(fetch && { fetch }), ...(clock && { clock }) });
  const settings = {
    organizationId: "-",
    baseUrl: "https://api.uber.com",
    acceptLanguage: "-",
    timeoutMs,
    maxRetries: 0,
    auth: values,
  };
  return requestToken(settings, host, { ...values }, signal ? { signal } : {});
}
