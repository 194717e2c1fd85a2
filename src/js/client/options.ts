/**
 * Options as callers pass them: names, types and what the host knows of values are
 * checked here, at once; the rest by the core. Each is read once, so that a
 * getter can't say two things.
 */
import { isBrowser, isLoopback, markOfSandbox } from "../environment.js";
import { type ValidationErrorCode, invalidOption, ours, quietly, refusal } from "../errors.js";
import {
  INVALID_ORGANIZATION_ID_HINT,
  INVALID_PROGRAM_ID_HINT,
  MOST_CODES,
  SCOPES,
} from "../generated/protocol.js";
import type { HostOptions } from "../wasm/host.js";
import { MODULE_FAULT, type ModuleSource, isModuleSource } from "../wasm/instance.js";
import type { JobProgress } from "../job/types.js";
import type { Journal } from "../journal/types.js";
import { type Pace, type PacedOptions, pace } from "../job/pace.js";
import { type AuthSource, isToken, tokenSetOf } from "./token-source.js";
import type { CallOptions, CallSignal, ClientOptions } from "../types.js";

/** Says what is wrong with a value, or nothing. */
type Check = (value: unknown) => string | undefined;
type Checks = Record<string, Check>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isFunction = (value: unknown): value is (...values: never[]) => unknown =>
  typeof value === "function";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isWithin = (value: unknown, least: number, most: number) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isIterable = (value: object): value is Iterable<unknown> =>
  isFunction((value as Iterable<unknown>)[Symbol.iterator]);

/** Whether it is an object that nothing but its own members tells about, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const text: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";
const method: Check = (value) => (isFunction(value) ? undefined : "must be a function");
const boolean: Check = (value) => (typeof value === "boolean" ? undefined : "must be a boolean");
const anything: Check = () => undefined;
const timeout: Check = (value) =>
  isNumber(value) && value > 0 ? undefined : "must be a number of milliseconds above 0";
const count: Check = (value) =>
  isWithin(value, 0, 0xffff_ffff) ? undefined : "must be a whole number from 0";
const headers: Check = (value) =>
  isObject(value) && (isIterable(value) || isPlain(value))
    ? undefined
    : "must be a Headers object, a Map, a list of pairs or a plain object";
const url: Check = (value) =>
  typeof value === "string" || (isObject(value) && typeof value["href"] === "string")
    ? undefined
    : "must be a string or a URL";
const withMethods =
  (...names: string[]): Check =>
  (value) =>
    isObject(value) && names.every((name) => isFunction(value[name]))
      ? undefined
      : `must be an object with ${names.join("() and ")}()`;

const isOrdinal = (value: unknown) => isWithin(value, 1, 0xffff_ffff);
const ordinal: Check = (value) => (isOrdinal(value) ? undefined : "must be a whole number from 1");
const column: Check = (value) =>
  text(value) === undefined ||
  isOrdinal(value) ||
  (isObject(value) && text(value["name"]) === undefined && isOrdinal(value["occurrence"]))
    ? undefined
    : "must be the name of a column, its number from 1, or { name, occurrence }";

const signal: Check = (value) =>
  isObject(value) && typeof value["aborted"] === "boolean" && isFunction(value["addEventListener"])
    ? undefined
    : "must be an AbortSignal";

/** A signal of any making, whose members never throw. */
const tamed = (given: CallSignal): CallSignal => ({
  get aborted() {
    return quietly(() => given.aborted) === true;
  },
  get reason() {
    return quietly(() => given.reason);
  },
  addEventListener: (type, listener) => quietly(() => given.addEventListener(type, listener)),
  removeEventListener: (type, listener) => quietly(() => given.removeEventListener(type, listener)),
});

const callChecks: Checks = { signal, timeoutMs: timeout, maxRetries: count };

const clientChecks: Checks = {
  organizationId: anything,
  auth: anything,
  baseUrl: url,
  acceptLanguage: (value) =>
    typeof value === "string" && /^[ -~]+$/.test(value) ? undefined : "can't stand in a header",
  headers,
  fetch: (value) =>
    isFunction(value) || withMethods("fetch")(value) === undefined
      ? undefined
      : "must be a function or an object with fetch()",
  timeoutMs: timeout,
  maxRetries: count,
  clock: withMethods("now", "sleep"),
  module: (value) => (isModuleSource(value) ? undefined : MODULE_FAULT),
  dangerouslyAllowBrowser: boolean,
  onRequest: method,
  onResponse: method,
};

const appChecks: Checks = { clientId: text, clientSecret: text, tokenUrl: url };
const authChecks = {
  token: {
    accessToken: (value) =>
      isFunction(value) || isToken(value)
        ? undefined
        : "must be a token that can stand in a header, without white space, or a function",
  },
  client_credentials: {
    ...appChecks,
    scope: (value) =>
      (SCOPES as readonly unknown[]).includes(value) ? undefined : `must be ${SCOPES.join(" or ")}`,
    cache: withMethods("get", "set"),
  },
  delegated: {
    ...appChecks,
    tokens: (value) =>
      tokenSetOf(value)
        ? undefined
        : "must hold accessToken (a token, without white space) and expiresAt (a number)",
    onTokens: method,
  },
} satisfies Record<string, Checks>;

/**
 * Reads the members of an options object that have a value. Refuses what has
 * another name or type; `where` goes before the name in the message.
 */
export function readOptions(value: unknown, checks: Checks, where = ""): Record<string, unknown> {
  if (!isObject(value))
    throw invalidOption(
      `${where === "" ? "The options" : `\`${where.slice(0, -1)}\``} must be an object`,
    );
  const read: Record<string, unknown> = {};
  let name = "";
  try {
    for (name of Object.keys(value)) {
      if (!Object.hasOwn(checks, name)) {
        throw invalidOption(
          `\`${where}${name}\` is no option (there are ${Object.keys(checks).join(", ")})`,
        );
      }
      const member = value[name];
      const fault = member === undefined ? undefined : checks[name]?.(member);
      if (fault !== undefined) throw invalidOption(`\`${where}${name}\` ${fault}`);
      if (member !== undefined) {
        read[name] = checks[name] === signal ? tamed(member as CallSignal) : member;
      }
    }
  } catch (error) {
    throw ours(error, (cause) => invalidOption(`\`${where}${name}\` can't be read`, cause));
  }
  return read;
}

function need(options: Record<string, unknown>, names: string[], where = ""): void {
  for (const name of names) {
    if (options[name] === undefined) throw invalidOption(`\`${where}${name}\` is missing`);
  }
}

/** A URL in the host's canonical form; in a page it may be relative. */
function absolute(value: unknown, name: string): string {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  let url: URL;
  try {
    const given = typeof value === "string" ? value : (value as { href: string }).href;
    url = new URL(given, isBrowser() ? page : undefined);
  } catch {
    throw invalidOption(`\`${name}\` is not a URL`);
  }
  const { protocol, username, password, search, hash, href } = url;
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(url));
  if (isSafe && username + password + search + hash === "") return href;
  const rule = "must be an https URL (or http to this machine) without user name or query";
  throw invalidOption(`\`${name}\` ${rule}`);
}

/** Refuses a secret where everybody could read it, unless it is a sandbox's. */
function refuseSecretInBrowser({ dangerouslyAllowBrowser, fetch }: Record<string, unknown>): void {
  const isSandbox =
    quietly(() => isOfSandbox(fetch) || isOfSandbox(Object(fetch)["fetch"])) === true;
  if (dangerouslyAllowBrowser === true || isSandbox || !isBrowser()) return;
  throw refusal(
    "secret_in_browser",
    "A client secret was given in a browser, where everybody can read it",
    'Keep the secret in a worker of your own, point baseUrl at it and pass auth: "none".',
  );
}

const isOfSandbox = (fetch: unknown): boolean => Object(fetch)[markOfSandbox] === true;

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
  module: WebAssembly.Module | BufferSource | undefined;
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
  const options = readOptions(given, clientChecks);
  need(options, ["auth"]);
  const auth = checkAuth(options["auth"], options);
  return {
    settings: {
      organizationId: organization(options["organizationId"]),
      baseUrl: absolute(options["baseUrl"] ?? "https://api.uber.com", "baseUrl"),
      acceptLanguage: (options["acceptLanguage"] as string | undefined) ?? "en_US",
      headers: fields(options["headers"]),
      timeoutMs: (options["timeoutMs"] as number | undefined) ?? 30_000,
      maxRetries: (options["maxRetries"] as number | undefined) ?? 2,
      renews: auth.kind !== "none" && auth.kind !== "token",
      auth: plain(auth),
    },
    host: options as HostOptions,
    auth,
    module: options["module"] as ModuleSource | undefined,
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

function fields(value: unknown): [string, string][] {
  const given = headerFields((value ?? {}) as object);
  if (
    !given.every((field) => field.length === 2 && field.every((part) => typeof part === "string"))
  ) {
    throw invalidOption("`headers` holds a name or a value that is no string");
  }
  try {
    return [...new Headers(given as [string, string][])];
  } catch {
    throw invalidOption("`headers` holds what can't stand in a header");
  }
}

/** Names and values of headers: a `Headers` object, a `Map`, pairs, or a plain object. */
export function headerFields(given: object): unknown[][] {
  if (!isIterable(given)) return Object.entries(given);
  // A string would be a pair of letters.
  return Array.from(given, (field) => (isObject(field) && isIterable(field) ? [...field] : []));
}

function checkAuth(given: unknown, options: Record<string, unknown>): AuthSource {
  if (given === "none") return { kind: "none" };
  if (!isObject(given)) throw invalidOption('`auth` must be an object or "none"');
  const kind =
    "accessToken" in given ? "token" : "tokens" in given ? "delegated" : "client_credentials";
  const auth = readOptions(given, authChecks[kind], "auth.");
  if (kind === "token") {
    need(auth, ["accessToken"], "auth.");
    const isCallback = isFunction(auth["accessToken"]);
    return { kind: isCallback ? "callback" : "token", ...auth } as AuthSource;
  }
  if (kind === "delegated") auth["tokens"] = tokenSetOf(auth["tokens"]);
  need(auth, ["clientId", "clientSecret", ...(kind === "delegated" ? ["tokens"] : [])], "auth.");
  refuseSecretInBrowser(options);
  if (auth["tokenUrl"] !== undefined) {
    auth["tokenUrl"] = absolute(auth["tokenUrl"], "auth.tokenUrl");
  }
  // The name under which a token of this app may be shared. Holds no secret.
  const cacheKey = [auth["tokenUrl"], auth["clientId"], auth["scope"]].join(" ").trim();
  return { kind, cacheKey, ...auth } as unknown as AuthSource;
}

/** What the core is told of `auth`: texts only. */
function plain(auth: AuthSource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(auth).filter(([, value]) => typeof value === "string"));
}

/** The options of one call; `more` are those of this kind of call only. */
export function checkCallOptions(
  given: CallOptions | undefined,
  more: Checks = {},
): CallOptions & Record<string, unknown> {
  return given === undefined ? {} : readOptions(given, { ...callChecks, ...more });
}

const jobChecks: Checks = {
  journal: withMethods("append", "read", "truncate"),
  batchSize: (value) =>
    isWithin(value, 1, MOST_CODES) ? undefined : `must be a whole number from 1 to ${MOST_CODES}`,
  concurrency: (value) =>
    isWithin(value, 1, 1_000) ? undefined : "must be a whole number from 1 to 1000",
  requestsPerSecond: (value) =>
    isNumber(value) && value > 0 && 1000 / value < Infinity
      ? undefined
      : "must be a number above 0",
  timeoutMs: timeout,
  maxRetries: count,
  onProgress: method,
  signal,
  restored: boolean,
};

/** A job's options, checked. */
export interface CheckedJobOptions {
  journal: Journal;
  batchSize: number;
  concurrency: number;
  intervalMs: number;
  timeoutMs: number;
  maxRetries: number;
  onProgress: ((progress: JobProgress) => void) | undefined;
  signal: CallSignal | undefined;
  restored: boolean;
  pace: Pace | undefined;
}

/** Checks the options of a job; what is not given is the client's, or the default. */
export function checkJobOptions(
  given: object | undefined,
  client: { timeoutMs: number; maxRetries: number },
  journal: unknown,
  names: readonly string[],
): CheckedJobOptions {
  const own = Object.fromEntries(
    Object.entries(jobChecks).filter(
      ([name]) => (name !== "journal" && name !== "restored") || names.includes(name),
    ),
  );
  const options = {
    batchSize: 500,
    concurrency: 2,
    requestsPerSecond: 20,
    onProgress: undefined,
    signal: undefined,
    restored: false,
    ...client,
    journal,
    ...readOptions(given ?? {}, own),
  } as CheckedJobOptions & { requestsPerSecond: number };
  readOptions({ journal: options.journal ?? null }, jobChecks);
  const intervalMs = 1000 / options.requestsPerSecond;
  return { ...options, intervalMs, pace: quietly(() => (given as PacedOptions)[pace]) };
}

const pageSize: Check = (value) =>
  isWithin(value, 1, 1_000_000) ? undefined : "must be a whole number from 1 to 1000000";
/** The checks that only some calls need. */
export const checks = {
  boolean,
  column,
  count,
  ordinal,
  pageSize,
  text,
  method,
  signal,
  url,
} as const;

/** Checks what `exchangeCode` and `authorizationUrl` take. */
export function checkGrantOptions(
  given: unknown,
  required: string[],
  optional: Checks = {},
): Record<string, unknown> {
  const needed = Object.fromEntries(required.map((name) => [name, text]));
  const options = readOptions(given, { ...needed, ...optional });
  need(options, required);
  for (const name of ["tokenUrl", "authorizeUrl"]) {
    if (options[name] !== undefined) options[name] = absolute(options[name], name);
  }
  if ("clientSecret" in options) refuseSecretInBrowser(options);
  return options;
}

/** The options that a grant shares with a client. */
export const hostChecks: Checks = {
  fetch: clientChecks["fetch"] as Check,
  clock: clientChecks["clock"] as Check,
  module: clientChecks["module"] as Check,
  dangerouslyAllowBrowser: boolean,
  timeoutMs: timeout,
  signal,
};
