/** The error classes, and how an error of the core becomes one of them. */

import {
  type ApiErrorCode,
  type ConnectionErrorCode,
  INVALID_OPTIONS_HINT,
  type JobErrorCode,
  type RejectionReason,
  type ValidationErrorCode,
  type WebhookErrorCode,
} from "./generated/protocol.js";

export type {
  ApiErrorCode,
  ConnectionErrorCode,
  JobErrorCode,
  RejectionReason,
  ValidationErrorCode,
  WebhookErrorCode,
};

/** One entry that stopped a call. */
export interface Issue {
  /** The entry's place, from 0. */
  index: number;
  /** The line it stands in, from 1. */
  line?: number;
  /** What stood there, shortened. It may be anything: don't log it. */
  value: string;
  /** Why. */
  reason: RejectionReason;
  /** The reason in a sentence. */
  message: string;
}

/** Every code there is. */
export type ErrorCode =
  ValidationErrorCode | ApiErrorCode | ConnectionErrorCode | WebhookErrorCode | JobErrorCode;

/** What an error is made of; the form in which the core hands it over. */
export interface ErrorParts {
  /** The name of the class. */
  class: string;
  /** Stable. */
  code: ErrorCode;
  /** May Uber have queued something because of this call? */
  queued: "no" | "unknown";
  /** What to do. */
  hint: string;
  /** What happened, in a sentence. */
  message: string;
  /** What the host threw. */
  cause?: unknown;
  /** The entries that stopped the call. */
  issues?: Issue[];
  /** The HTTP status, of an `ApiError`. */
  status?: number;
  /** The code that the body gave, of an `ApiError`. */
  uberCode?: string | null;
  /** The first 4 KiB of the body. */
  body?: string;
  /** Uber's `x-uber-*` header fields. */
  headers?: Record<string, string>;
  /** How long the answer asked to wait, in milliseconds. */
  retryAfterMs?: number | null;
  /** @internal Whether it is proven that the request never left. */
  unsent?: boolean;
}

const unsentErrors = new WeakSet<VoucherError>();

/** Whether an error proves that its request never left. */
export function isUnsent(error: VoucherError): boolean {
  return unsentErrors.has(error);
}

/** What `toJSON` gives: nothing of what came from outside but Uber's own code. */
export interface ErrorJson {
  /** The name of the class. */
  name: string;
  /** Stable. */
  code: ErrorCode;
  /** What happened, in a sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** May Uber have queued something because of this call? */
  queued: "no" | "unknown";
  /** The HTTP status, of an `ApiError`. */
  status?: number;
  /** The code that the body gave, of an `ApiError`. */
  uberCode?: string;
  /** How long the answer asked to wait, in milliseconds. */
  retryAfterMs?: number;
}

// Two copies of the package can meet in one program. `instanceof` asks for
// this mark, which they share, and not for the class, which they don't.
const mark: unique symbol = Symbol.for("uber-vouchers.error");

/** Any error of this package: narrow it by `code`. */
export type AnyVoucherError =
  ValidationError | ApiError | ConnectionError | WebhookError | JobError;

/** What every error of this package is. Switch over `code`. */
export class VoucherError<C extends ErrorCode = ErrorCode> extends Error {
  /** Stable. */
  readonly code: C;
  /** May Uber have queued something because of this call? */
  readonly queued: "no" | "unknown";
  /** What to do. */
  readonly hint: string;

  /** Errors are made by the package. */
  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- A class's codes are those that the core gives it.
    this.code = parts.code as C;
    this.queued = parts.queued;
    this.hint = parts.hint;
    if (parts.unsent) unsentErrors.add(this);
  }

  /** @internal */
  static readonly [mark]: string = "VoucherError";

  /** Also says yes to an error of another copy of the package. */
  static override [Symbol.hasInstance](value: unknown): value is AnyVoucherError {
    // A class derived elsewhere has no mark of its own.
    if (!Object.hasOwn(this, mark)) return Function.prototype[Symbol.hasInstance].call(this, value);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What has no marks throws, and is none.
    const marked = () => (value as { readonly [mark]: readonly string[] })[mark];
    return quietly(() => marked().includes(this[mark])) === true;
  }

  /** @internal */
  get [mark](): string[] {
    return ["VoucherError", this.name];
  }

  /** The name of the class. */
  override get name(): string {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Of a class derived elsewhere too, which inherits the mark.
    return (this.constructor as typeof VoucherError)[mark];
  }

  /** Without what came from outside: no value, no body, no cause. */
  toJSON(): ErrorJson {
    const { name, code, message, hint, queued } = this;
    return { name, code, message, hint, queued };
  }
}

/** Refused before anything left: nothing was queued. */
export class ValidationError extends VoucherError<ValidationErrorCode> {
  /** The entries that stopped the call, the first 1,000 (`invalid_codes`). */
  declare readonly issues: readonly Issue[];

  /** Errors are made by the package. */
  constructor(parts: ErrorParts) {
    super(parts);
    hide(this, "issues", parts.issues ?? []);
  }

  /** @internal */
  static override readonly [mark] = "ValidationError";

  /** Also says yes to an error of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is ValidationError;
}

/** Uber, its token endpoint, or something in between, answered. */
export class ApiError extends VoucherError<ApiErrorCode> {
  /** The HTTP status; 0 where the host shows none. */
  readonly status: number;
  /** The code that the body gave, verbatim: Uber's, or that of a worker in front of it. */
  declare readonly uberCode?: string;
  /** The first 4 KiB of the body. It may be anything: don't log it. */
  declare readonly body: string;
  /** Uber's `x-uber-*` header fields, for its support. */
  declare readonly headers: Record<string, string>;
  /** How long the answer asked to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;

  /** Errors are made by the package. */
  constructor(parts: ErrorParts) {
    super(parts);
    this.status = parts.status ?? 0;
    if (parts.uberCode != null) this.uberCode = parts.uberCode;
    if (parts.retryAfterMs != null) this.retryAfterMs = parts.retryAfterMs;
    hide(this, "body", parts.body ?? "");
    hide(this, "headers", parts.headers ?? {});
  }

  /** @internal */
  static override readonly [mark] = "ApiError";

  /** Also says yes to an error of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is ApiError;

  override toJSON(): ErrorJson {
    const { status, uberCode, retryAfterMs } = this;
    return {
      ...super.toJSON(),
      status,
      ...(uberCode === undefined ? {} : { uberCode }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
}

/** No answer came. `cause` is what was thrown; see `queued`. */
export class ConnectionError extends VoucherError<ConnectionErrorCode> {
  /** @internal */
  static override readonly [mark] = "ConnectionError";

  /** Also says yes to an error of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is ConnectionError;
}

/** A webhook was refused. */
export class WebhookError extends VoucherError<WebhookErrorCode> {
  /** @internal */
  static override readonly [mark] = "WebhookError";

  /** Also says yes to an error of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is WebhookError;
}

/** The job, or a call itself, could not go on; see `queued`. */
export class JobError extends VoucherError<JobErrorCode> {
  /** @internal */
  static override readonly [mark] = "JobError";

  /** Also says yes to an error of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is JobError;
}

// To be read, not to be printed: a logger that walks over an error's members
// must not find what a recipient or a gateway wrote.
function hide(error: object, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}

const classes = { ValidationError, ApiError, ConnectionError, WebhookError, JobError };

// Whatever shortens the names of a script, a host that prints an error asks for that of its class.
for (const type of [VoucherError, ...Object.values(classes)]) {
  Object.defineProperty(type, "name", { value: type[mark], configurable: true });
}

/** Makes an error of the object in which the core hands one over. */
export function toError(parts: ErrorParts): VoucherError {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core names no other class.
  return new classes[parts.class as keyof typeof classes](parts);
}

/** What foreign code gives; nothing if it throws. */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** An error of ours as it is; anything else as the `cause` of one. */
export function ours<E extends Error>(
  error: unknown,
  wrap: (cause: unknown) => E,
): VoucherError | E {
  return error instanceof VoucherError ? error : wrap(error);
}

/** Whether a thrown value is an error that the core handed over. */
export function isErrorParts(value: unknown): value is ErrorParts {
  return typeof value === "object" && value !== null && "class" in value && "queued" in value;
}

/** An error that starts on this side: nothing has left. */
export function refusal(
  code: ValidationErrorCode | ConnectionErrorCode,
  message: string,
  hint: string,
  more: { cause?: unknown; issues?: Issue[] } = {},
): VoucherError {
  const isConnection = code === "connection_failed" || code === "timeout" || code === "aborted";
  const type = isConnection ? "ConnectionError" : "ValidationError";
  return toError({ class: type, code, queued: "no", message, hint, ...more });
}

/** An option with a wrong name, type or value. `what` never holds the value. */
export function invalidOption(what: string, cause?: unknown): VoucherError {
  return refusal("invalid_options", what, INVALID_OPTIONS_HINT, { cause });
}
