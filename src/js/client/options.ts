/**
 * The options of a client and its calls: names, types and what the host knows of values are
 * checked here, at once; the rest by the core.
 */
import { isBrowser, isLoopback, markOfSandbox } from "../environment.js";
import { type ValidationErrorCode, invalidOption, ours, quietly, refusal } from "../errors.js";
import {
  INVALID_ORGANIZATION_ID_HINT,
  INVALID_PROGRAM_ID_HINT,
  SCOPES,
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
  need,
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

/** Whether it is an object that nothing but its own members tells about, of any realm. */
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
  const given = isObject(value) ? value["href"] : value;
  if (typeof given !== "string") fault("must be a string or a URL");
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const base = isBrowser() ? page : undefined;
  const parsed = quietly(() => new URL(given, base)) ?? fault("is not a URL");
  const { protocol, username, password, search, hash, href } = parsed;
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(parsed));
  if (isSafe && username + password + search + hash === "") return href;
  fault("must be an https URL (or http to this machine) without user name or query");
}

const callSchema = { signal, timeoutMs: timeout, maxRetries: count };

const isFetch = (value: unknown): value is FetchFunction | { fetch: FetchFunction } =>
  isFunction(value) || (isObject(value) && isFunction(value["fetch"]));

/** What a client shares with whatever else asks for a token. */
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
    "can't stand in a header",
  ),
  headers,
  ...hostSchema,
  maxRetries: count,
  onRequest: method<(event: RequestEvent) => void>(),
  onResponse: method<(event: ResponseEvent) => void>(),
};

/** Refuses a secret where everybody could read it, unless it is a sandbox's. */
function refuseSecretInBrowser({ dangerouslyAllowBrowser, fetch }: Read<typeof hostSchema>): void {
  const isSandbox =
    quietly(() => isOfSandbox(fetch) || isOfSandbox(membersOf(fetch)["fetch"])) === true;
  if (dangerouslyAllowBrowser === true || isSandbox || !isBrowser()) return;
  throw refusal(
    "secret_in_browser",
    "A client secret was given in a browser, where everybody can read it",
    'Keep the secret in a worker of your own, point baseUrl at it and pass auth: "none".',
  );
}

const isOfSandbox = (fetch: unknown): boolean => membersOf(fetch)[markOfSandbox] === true;

/** What the core is told of a client's options: plain values only. */
export interface ClientSettings {
  organizationId: string;
  baseUrl: string;
  acceptLanguage: string;
  headers: [string, string][];
  timeoutMs: number;
  maxRetries: number;
  /** Whether another token can be had for one that was rejected. */
  renews: boolean;
  auth: Record<string, unknown>;
}

/** A client's options, checked: what the core is told, and what only JavaScript can hold. */
export interface CheckedOptions {
  settings: ClientSettings;
  host: HostOptions;
  auth: AuthSource;
  module: ModuleSource | undefined;
}

/** Checks a client's options: names, types, and what the host knows of their values. */
export function checkClientOptions(given: ClientOptions): CheckedOptions {
  try {
    return checked(given);
  } catch (error) {
    throw ours(error, (cause) => invalidOption("The options can't be read", cause));
  }
}

function checked(given: ClientOptions): CheckedOptions {
  const options = readOptions(given, clientSchema);
  need(options, ["auth"]);
  const { baseUrl = "https://api.uber.com", timeoutMs = 30_000, maxRetries = 2 } = options;
  const auth = checkAuth(options.auth, options);
  return {
    settings: {
      organizationId: organization(options.organizationId),
      baseUrl,
      acceptLanguage: options.acceptLanguage ?? "en_US",
      headers: fields(options.headers ?? {}),
      timeoutMs,
      maxRetries,
      renews: auth.kind !== "none" && auth.kind !== "token",
      auth: plain(auth),
    },
    host: options,
    auth,
    module: options.module,
  };
}

function organization(value: unknown): string {
  const hint = INVALID_ORGANIZATION_ID_HINT;
  const id = idOf(value, "invalid_organization_id", "The organization id is no string", hint);
  if (SEGMENT.test(id)) return id;
  throw refusal("invalid_organization_id", "The organization id can't be a path segment", hint);
}

// The core has these rules too, and more of them. It is loaded by the first call only, and
// a wrong option is to be found on the line where it is made.
const SEGMENT = /^(?!\.{1,2}$)\P{Cc}{1,256}$/u;

/** A program id as the core takes it. */
export function programIdOf(value: unknown): string {
  const fault = "The voucher program id is no string";
  return idOf(value, "invalid_program_id", fault, INVALID_PROGRAM_ID_HINT);
}

function idOf(value: unknown, code: ValidationErrorCode, fault: string, hint: string): string {
  // Half of a surrogate pair would reach the wire as another character.
  if (typeof value === "string" && !/\p{Surrogate}/u.test(value)) return value;
  throw refusal(code, fault, hint);
}

function fields(headers: object): [string, string][] {
  const given = headerFields(headers);
  if (!given.every(isField)) {
    throw invalidOption("`headers` holds a name or a value that is no string");
  }
  try {
    return [...new Headers(given)];
  } catch {
    throw invalidOption("`headers` holds what can't stand in a header");
  }
}

const isField = (field: unknown[]): field is [string, string] =>
  field.length === 2 && field.every((part) => typeof part === "string");

const appSchema = { clientId: text, clientSecret: text, tokenUrl: url };
const authSchemas = {
  token: {
    accessToken: only(
      (value): value is string | AccessTokenCallback => isFunction(value) || isToken(value),
      "must be a token that can stand in a header, without white space, or a function",
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
      fault("must hold accessToken (a token, without white space) and expiresAt (a number)"),
    onTokens: method<OnTokens>(),
  },
} satisfies Record<string, Schema>;

function checkAuth(given: unknown, options: Read<typeof hostSchema>): AuthSource {
  if (given === "none") return { kind: "none" };
  if (!isObject(given)) throw invalidOption('`auth` must be an object or "none"');
  const where = "auth.";
  if ("accessToken" in given) {
    const auth = readOptions(given, authSchemas.token, { where });
    need(auth, ["accessToken"], where);
    const { accessToken } = auth;
    return typeof accessToken === "string"
      ? { kind: "token", accessToken }
      : { kind: "callback", accessToken };
  }
  if ("tokens" in given) {
    const auth = readOptions(given, authSchemas.delegated, { where });
    need(auth, ["clientId", "clientSecret", "tokens"], where);
    refuseSecretInBrowser(options);
    return { kind: "delegated", ...auth };
  }
  const auth = readOptions(given, authSchemas.client_credentials, { where });
  need(auth, ["clientId", "clientSecret"], where);
  refuseSecretInBrowser(options);
  // The name under which a token of this app may be shared. Holds no secret.
  const cacheKey = [auth.tokenUrl, auth.clientId, auth.scope].join(" ").trim();
  return { kind: "client_credentials", cacheKey, ...auth };
}

/** What the core is told of `auth`: texts only. */
function plain(auth: AuthSource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(auth).filter(([, value]) => typeof value === "string"));
}

/** The options of one call; `more` are those of this kind of call only. */
export function checkCallOptions<More extends Schema = typeof callSchema>(
  given: CallOptions | undefined,
  more?: More,
): Read<typeof callSchema & More> {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What a spread of both is, whatever `More` is.
  const schema = { ...callSchema, ...more } as typeof callSchema & More;
  return readOptions(given ?? {}, schema);
}

export const pageSize = whole(1, 1_000_000);

const grantSchema = { clientId: text, redirectUri: text };

/** Checks what `authorizationUrl` takes. */
export function checkAuthorizationOptions(given: unknown) {
  const options = readOptions(given, { ...grantSchema, state: text, authorizeUrl: url });
  need(options, ["clientId", "redirectUri", "state"]);
  return options;
}

/** Checks what `exchangeCode` takes. */
export function checkExchangeOptions(given: unknown) {
  const own = { ...grantSchema, clientSecret: text, code: text, tokenUrl: url };
  const options = readOptions(given, { ...own, ...hostSchema, signal });
  need(options, ["clientId", "clientSecret", "code", "redirectUri"]);
  refuseSecretInBrowser(options);
  return options;
}
