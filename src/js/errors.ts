/** The error classes, and how errors of the core become instances of them. */

import { errorMark } from "./error-mark.js";
import type { ErrorParts } from "./generated/errors.js";
import {
  type ApiErrorCode,
  type ConnectionErrorCode,
  type ErrorCode,
  INVALID_OPTIONS_HINT,
  type JobErrorCode,
  type RejectionReason,
  type ValidationErrorCode,
  type WebhookErrorCode,
} from "./generated/protocol.js";
import type { Issue } from "./issue.js";

export type { ErrorParts, Issue };
export type {
  ApiErrorCode,
  ConnectionErrorCode,
  ErrorCode,
  JobErrorCode,
  RejectionReason,
  ValidationErrorCode,
  WebhookErrorCode,
};

const unsentErrors = new WeakSet<VoucherError>();

/** Whether an error proves that its request was never sent. */
export function isUnsent(error: VoucherError): boolean {
  return unsentErrors.has(error);
}

/** What `toJSON` returns: nothing from outside except Uber's own error code. */
export interface ErrorJson {
  /** The name of the class. */
  name: string;
  /** The error code, which is stable. */
  code: ErrorCode;
  /** What happened, in one sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** Whether Uber may have queued something because of this call. */
  queued: "no" | "unknown";
  /** The HTTP status, of an `ApiError`. */
  status?: number;
  /** The error code in the body, of an `ApiError`. */
  uberCode?: string;
  /** How long the response asked to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** Any error of this package: use `code` to narrow its type. */
export type AnyVoucherError =
  ValidationError | ApiError | ConnectionError | WebhookError | JobError;

/** The base class of all errors of this package. Use `code` to tell them apart. */
export class VoucherError<C extends ErrorCode = ErrorCode> extends Error {
  /** The error code, which is stable. */
  readonly code: C;
  /** Whether Uber may have queued something because of this call. */
  readonly queued: "no" | "unknown";
  /** What to do. */
  readonly hint: string;

  /** Only the package creates errors. */
  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- A class's codes are those that the core gives it.
    this.code = parts.code as C;
    this.queued = parts.queued;
    this.hint = parts.hint;
    if (parts.unsent) unsentErrors.add(this);
  }

  /** @internal */
  static readonly [errorMark]: string = "VoucherError";

  /** Also true for errors of another copy of the package. */
  static override [Symbol.hasInstance](value: unknown): value is AnyVoucherError {
    // A subclass from elsewhere has no mark of its own.
    if (!Object.hasOwn(this, errorMark))
      return Function.prototype[Symbol.hasInstance].call(this, value);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What has no marks throws, and is none.
    const marked = () => (value as { readonly [errorMark]: readonly string[] })[errorMark];
    return tryOrUndefined(() => marked().includes(this[errorMark])) === true;
  }

  /** @internal */
  get [errorMark](): string[] {
    return ["VoucherError", this.name];
  }

  /** The name of the class. */
  override get name(): string {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Of a class derived elsewhere too, which inherits the mark.
    return (this.constructor as typeof VoucherError)[errorMark];
  }

  /** Contains nothing from outside: no value, no body, no cause. */
  toJSON(): ErrorJson {
    const { name, code, message, hint, queued } = this;
    return { name, code, message, hint, queued };
  }
}

/** The input was refused before anything was sent: nothing was queued. */
export class ValidationError extends VoucherError<ValidationErrorCode> {
  /** The entries that stopped the call, the first 1,000 (`invalid_codes`). */
  declare readonly issues: readonly Issue[];

  /** Only the package creates errors. */
  constructor(parts: ErrorParts) {
    super(parts);
    hide(this, "issues", parts.issues ?? []);
  }

  /** @internal */
  static override readonly [errorMark] = "ValidationError";

  /** Also true for errors of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is ValidationError;
}

/** Uber, its token endpoint, or a server in between responded with an error. */
export class ApiError extends VoucherError<ApiErrorCode> {
  /** The HTTP status; 0 if the host does not reveal it. */
  readonly status: number;
  /** The error code in the body, unchanged: from Uber, or from a worker in front of it. */
  declare readonly uberCode?: string;
  /** The first 4 KiB of the body. It may contain anything: don't log it. */
  declare readonly body: string;
  /** Uber's `x-uber-*` header fields, which Uber's support may ask for. */
  declare readonly headers: Record<string, string>;
  /** How long the response asked to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;

  /** Only the package creates errors. */
  constructor(parts: ErrorParts) {
    super(parts);
    this.status = parts.status ?? 0;
    if (parts.uberCode != null) this.uberCode = parts.uberCode;
    if (parts.retryAfterMs != null) this.retryAfterMs = parts.retryAfterMs;
    hide(this, "body", parts.body ?? "");
    hide(this, "headers", parts.headers ?? {});
  }

  /** @internal */
  static override readonly [errorMark] = "ApiError";

  /** Also true for errors of another copy of the package. */
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

/** There was no response. `cause` is what was thrown; see `queued`. */
export class ConnectionError extends VoucherError<ConnectionErrorCode> {
  /** @internal */
  static override readonly [errorMark] = "ConnectionError";

  /** Also true for errors of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is ConnectionError;
}

/** A webhook was refused. */
export class WebhookError extends VoucherError<WebhookErrorCode> {
  /** @internal */
  static override readonly [errorMark] = "WebhookError";

  /** Also true for errors of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is WebhookError;
}

/** The job, or the call itself, could not continue; see `queued`. */
export class JobError extends VoucherError<JobErrorCode> {
  /** @internal */
  static override readonly [errorMark] = "JobError";

  /** Also true for errors of another copy of the package. */
  declare static [Symbol.hasInstance]: (value: unknown) => value is JobError;
}

// Readable, but not enumerable: a logger that walks over the members of an error must not find what
// a recipient or a gateway wrote.
function hide(error: object, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}

const classes = { ValidationError, ApiError, ConnectionError, WebhookError, JobError };

// A host that prints an error looks up the name of its class, which a minifier may have shortened.
for (const type of [VoucherError, ...Object.values(classes)]) {
  Object.defineProperty(type, "name", { value: type[errorMark], configurable: true });
}

/** Creates an error from the parts that the core passed. */
export function toError(parts: ErrorParts): VoucherError {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core names no other class.
  return new classes[parts.class as keyof typeof classes](parts);
}

/** Calls foreign code; `undefined` if it throws. */
export function tryOrUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Returns an error of this package unchanged, and wraps anything else as the `cause` of one. */
export function toVoucherError<E extends Error>(
  error: unknown,
  wrap: (cause: unknown) => E,
): VoucherError | E {
  return error instanceof VoucherError ? error : wrap(error);
}

/** Whether a thrown value is an error from the core. */
export function isErrorParts(value: unknown): value is ErrorParts {
  return typeof value === "object" && value !== null && "class" in value && "queued" in value;
}

/** An error that arises in JavaScript, before anything is sent. */
export function clientError(
  code: ValidationErrorCode | ConnectionErrorCode,
  message: string,
  hint: string,
  more: { cause?: unknown; issues?: Issue[] } = {},
): VoucherError {
  const isConnection = code === "connection_failed" || code === "timeout" || code === "aborted";
  const type = isConnection ? "ConnectionError" : "ValidationError";
  return toError({ class: type, code, queued: "no", message, hint, ...more });
}

/** An option with a wrong name, type or value. `what` never contains the value. */
export function invalidOption(what: string, cause?: unknown): VoucherError {
  return clientError("invalid_options", what, INVALID_OPTIONS_HINT, { cause });
}
