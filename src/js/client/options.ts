/**
 * Checks the options of a client and its calls at once: names, types, and what the host
 * knows about their values. The core checks the rest.
 */
import { isBrowser, isLoopback, markOfSandbox } from "../environment.js";
import {
  type ValidationErrorCode,
  invalidOption,
  toVoucherError,
  tryOrUndefined,
  clientError,
} from "../errors.js";
import {
  DEFAULT_BASE_URL,
  DEFAULT_LANGUAGE,
  DEFAULT_MAX_RETRIES,
  INVALID_ORGANIZATION_ID_HINT,
  INVALID_PROGRAM_ID_HINT,
  SCOPES,
  SECRET_IN_BROWSER_HINT,
} from "../generated/protocol.js";
import { headerFields } from "../http/headers.js";
import type { HostOptions } from "../wasm/host.js";
import { MODULE_FAULT, type ModuleSource, isModuleSource } from "../wasm/instance.js";
import {
  type Read,
  type Schema,
  anything,
  boolean,
  count,
  fault,
  isFunction,
  isIterable,
  isObject,
  membersOf,
  method,
  requireOptions,
  only,
  readOptions,
  signal,
  text,
  timeout,
  whole,
  withMethods,
} from "../schema.js";
import {
  type AccessTokenCallback,
  type AuthSource,
  type OnTokens,
  isToken,
  tokenSetOf,
} from "./token-source.js";
import type {
  CallOptions,
  ClientOptions,
  Clock,
  FetchFunction,
  RequestEvent,
  ResponseEvent,
  TokenCache,
} from "../types.js";

/** Whether it is a plain object, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const headers = only(
  (value): value is object => isObject(value) && (isIterable(value) || isPlain(value)),
  "must be a Headers object, a Map, a list of pairs or a plain object",
);

/** A URL in the host's canonical form; in a page it may be relative. */
function url(value: unknown): string {
  const input = isObject(value) ? value["href"] : value;
  if (typeof input !== "string") fault("must be a string or a URL");
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const base = isBrowser() ? page : undefined;
  const parsed = tryOrUndefined(() => new URL(input, base)) ?? fault("is not a URL");
  const { protocol, username, password, search, hash, href } = parsed;
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(parsed));
  if (isSafe && username + password + search + hash === "") return href;
  fault("must be an https URL (or http to this machine) without user name or query");
}

const callSchema = { signal, timeoutMs: timeout, maxRetries: count };

const isFetch = (value: unknown): value is FetchFunction | { fetch: FetchFunction } =>
  isFunction(value) || (isObject(value) && isFunction(value["fetch"]));

/** For one attempt. */
export const TIMEOUT_MS = 30_000;

/** The options that a client shares with other callers that request a token. */
const hostSchema = {
  fetch: only(isFetch, "must be a function or an object with fetch()"),
  timeoutMs: timeout,
  clock: withMethods<Clock>("now", "sleep"),
  module: only(isModuleSource, MODULE_FAULT),
  dangerouslyAllowBrowser: boolean,
};

const clientSchema = {
  organizationId: anything,
  auth: anything,
  baseUrl: url,
  acceptLanguage: only(
    (value): value is string => typeof value === "string" && /^[ -~]+$/.test(value),
    "is not valid in a header",
  ),
  headers,
  ...hostSchema,
  maxRetries: count,
  onRequest: method<(event: RequestEvent) => void>(),
  onResponse: method<(event: ResponseEvent) => void>(),
};

/** Refuses a secret in a page, where anyone could read it, unless it is for a sandbox. */
function refuseSecretInBrowser({ dangerouslyAllowBrowser, fetch }: Read<typeof hostSchema>): void {
  const isSandbox =
    tryOrUndefined(() => isOfSandbox(fetch) || isOfSandbox(membersOf(fetch)["fetch"])) === true;
  if (dangerouslyAllowBrowser === true || isSandbox || !isBrowser()) return;
  throw clientError(
    "secret_in_browser",
    "A client secret was given in a browser, where anyone can read it",
    SECRET_IN_BROWSER_HINT,
  );
}

const isOfSandbox = (fetch: unknown): boolean => membersOf(fetch)[markOfSandbox] === true;

/** The options that the core gets: plain values only. */
export interface ClientSettings {
  organizationId: string;
  baseUrl: string;
  acceptLanguage: string;
  headers: [string, string][];
  timeoutMs: number;
  maxRetries: number;
  /** Whether another token can be requested after one was rejected. */
  renews: boolean;
  auth: Record<string, unknown>;
}

/**
 * The checked options of a client: those that the core gets, and those that only JavaScript can
 * hold.
 */
export interface CheckedOptions {
  settings: ClientSettings;
  host: HostOptions;
  auth: AuthSource;
  module: ModuleSource | undefined;
}

/** Checks a client's options: names, types, and what the host knows about their values. */
export function checkClientOptions(input: ClientOptions): CheckedOptions {
  try {
    return readClientOptions(input);
  } catch (error) {
    throw toVoucherError(error, (cause) => invalidOption("The options can't be read", cause));
  }
}

function readClientOptions(input: ClientOptions): CheckedOptions {
  const options = readOptions(input, clientSchema);
  requireOptions(options, ["auth"]);
  const {
    baseUrl = DEFAULT_BASE_URL,
    timeoutMs = TIMEOUT_MS,
    maxRetries = DEFAULT_MAX_RETRIES,
  } = options;
  const auth = checkAuth(options.auth, options);
  return {
    settings: {
      organizationId: organization(options.organizationId),
      baseUrl,
      acceptLanguage: options.acceptLanguage ?? DEFAULT_LANGUAGE,
      headers: normalizeHeaders(options.headers ?? {}),
      timeoutMs,
      maxRetries,
      renews: auth.kind !== "none" && auth.kind !== "token",
      auth: stringMembers(auth),
    },
    host: options,
    auth,
    module: options.module,
  };
}

function organization(value: unknown): string {
  const hint = INVALID_ORGANIZATION_ID_HINT;
  const id = idOf(value, "invalid_organization_id", "The organization id is not a string", hint);
  if (SEGMENT.test(id)) return id;
  throw clientError("invalid_organization_id", "The organization id can't be a path segment", hint);
}

// The core has these rules too, and more of them. But only the first call loads it, and a wrong
// option should be reported where the client is created.
const SEGMENT = /^(?!\.{1,2}$)\P{Cc}{1,256}$/u;

/** A program id in the form that the core expects. */
export function programIdOf(value: unknown): string {
  const fault = "The voucher program id is not a string";
  return idOf(value, "invalid_program_id", fault, INVALID_PROGRAM_ID_HINT);
}

function idOf(value: unknown, code: ValidationErrorCode, fault: string, hint: string): string {
  // Half of a surrogate pair would be sent as another character.
  if (typeof value === "string" && !/\p{Surrogate}/u.test(value)) return value;
  throw clientError(code, fault, hint);
}

function normalizeHeaders(headers: object): [string, string][] {
  const input = headerFields(headers);
  if (!input.every(isField)) {
    throw invalidOption("`headers` contains a name or a value that is not a string");
  }
  try {
    return [...new Headers(input)];
  } catch {
    throw invalidOption("`headers` contains a name or a value that is not valid in a header");
  }
}

const isField = (field: unknown[]): field is [string, string] =>
  field.length === 2 && field.every((part) => typeof part === "string");

const appSchema = { clientId: text, clientSecret: text, tokenUrl: url };
const authSchemas = {
  token: {
    accessToken: only(
      (value): value is string | AccessTokenCallback => isFunction(value) || isToken(value),
      "must be a token that is valid in a header, without white space, or a function",
    ),
  },
  client_credentials: {
    ...appSchema,
    scope: only(
      (value): value is string => (SCOPES as readonly unknown[]).includes(value),
      `must be ${SCOPES.join(" or ")}`,
    ),
    cache: withMethods<TokenCache>("get", "set"),
  },
  delegated: {
    ...appSchema,
    tokens: (value: unknown) =>
      tokenSetOf(value) ??
      fault("must have accessToken (a token, without white space) and expiresAt (a number)"),
    onTokens: method<OnTokens>(),
  },
} satisfies Record<string, Schema>;

function checkAuth(input: unknown, options: Read<typeof hostSchema>): AuthSource {
  if (input === "none") return { kind: "none" };
  if (!isObject(input)) throw invalidOption('`auth` must be an object or "none"');
  const where = "auth.";
  if ("accessToken" in input) {
    const auth = readOptions(input, authSchemas.token, { where });
    requireOptions(auth, ["accessToken"], where);
    const { accessToken } = auth;
    return typeof accessToken === "string"
      ? { kind: "token", accessToken }
      : { kind: "callback", accessToken };
  }
  if ("tokens" in input) {
    const auth = readOptions(input, authSchemas.delegated, { where });
    requireOptions(auth, ["clientId", "clientSecret", "tokens"], where);
    refuseSecretInBrowser(options);
    return { kind: "delegated", ...auth };
  }
  const auth = readOptions(input, authSchemas.client_credentials, { where });
  requireOptions(auth, ["clientId", "clientSecret"], where);
  refuseSecretInBrowser(options);
  // The name under which a token of this app can be shared. It contains no secret.
  const cacheKey = [auth.tokenUrl, auth.clientId, auth.scope].join(" ").trim();
  return { kind: "client_credentials", cacheKey, ...auth };
}

/** The members of `auth` that the core gets: strings only. */
function stringMembers(auth: AuthSource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(auth).filter(([, value]) => typeof value === "string"));
}

/** The options of one call; `more` are the additional ones of this kind of call. */
export function checkCallOptions<More extends Schema = typeof callSchema>(
  input: CallOptions | undefined,
  more?: More,
): Read<typeof callSchema & More> {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What a spread of both is, whatever `More` is.
  const schema = { ...callSchema, ...more } as typeof callSchema & More;
  return readOptions(input ?? {}, schema);
}

export const pageSize = whole(1, 1_000_000);

const grantSchema = { clientId: text, redirectUri: text };

/** Checks what `authorizationUrl` takes. */
export function checkAuthorizationOptions(input: unknown) {
  const options = readOptions(input, { ...grantSchema, state: text, authorizeUrl: url });
  requireOptions(options, ["clientId", "redirectUri", "state"]);
  return options;
}

/** Checks what `exchangeCode` takes. */
export function checkExchangeOptions(input: unknown) {
  const own = { ...grantSchema, clientSecret: text, code: text, tokenUrl: url };
  const options = readOptions(input, { ...own, ...hostSchema, signal });
  requireOptions(options, ["clientId", "clientSecret", "code", "redirectUri"]);
  refuseSecretInBrowser(options);
  return options;
}
