/** The errors of the worker's client, from the problems (RFC 9457) that the worker returns. */
import { errorMark } from "../error-mark.js";
import { membersOf } from "../members.js";

/** The parts of an error of the worker's client. */
export interface WorkerErrorParts {
  /** The error code, which is stable. */
  code: string;
  /** What happened, in one sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** Whether Uber may have queued something because of this call. */
  queued: "no" | "unknown";
  /** The HTTP status; `null` if there was no response. */
  status: number | null;
  /** Other members of the worker's response. */
  details?: Record<string, unknown>;
  /** What the host threw. */
  cause?: unknown;
}

/**
 * The worker refused, or there was no response. `code` is the worker's own:
 * `already_queued`, `not_signed_in`, `idempotency_key_reused` and so on, or the `code` of an
 * error of the package in the worker. Without a response it is `connection_failed`; if
 * something other than the worker responded, `unexpected_response`.
 *
 * For `instanceof` it is a `VoucherError` too. In its types it is not a subclass, because
 * those have a closed list of codes, for use in a `switch`.
 */
export class WorkerError extends Error {
  /** The error code, which is stable. */
  readonly code: string;
  /** Whether Uber may have queued something because of this call. */
  readonly queued: "no" | "unknown";
  /** What to do. */
  readonly hint: string;
  /** The HTTP status; `null` if there was no response. */
  readonly status: number | null;
  /**
   * Other members of the worker's response, such as `issues`. They may contain anything: don't log
   * them.
   */
  declare readonly details: Record<string, unknown>;

  /** Only the package creates errors. */
  constructor({ code, message, hint, queued, status, details = {}, cause }: WorkerErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.queued = queued;
    this.hint = hint;
    this.status = status;
    Object.defineProperty(this, "details", { value: details });
    Object.defineProperty(this, errorMark, { value: ["VoucherError", "WorkerError"] });
  }

  /** Also true for errors of another copy of the package. */
  static override [Symbol.hasInstance](value: unknown): value is WorkerError {
    const marks = membersOf(value)[errorMark];
    return Array.isArray(marks) && marks.includes("WorkerError");
  }

  /** The name of the class. */
  override get name(): string {
    return "WorkerError";
  }

  /** Contains nothing from outside. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, hint, queued, status } = this;
    return { name, code, message, hint, queued, status };
  }
}

/** There was no response. @internal */
export function connectionFailed(cause: unknown, queued: "no" | "unknown"): WorkerError {
  return new WorkerError({
    code: "connection_failed",
    message: "The worker did not respond",
    hint: "Check the connection and `baseUrl`, then try again.",
    queued,
    status: null,
    cause,
  });
}

/** The problem in a response that is not a success. @internal */
export async function errorOf(response: Response, queued: "no" | "unknown"): Promise<WorkerError> {
  const { status } = response;
  try {
    const { code, title, hint, queued: said, ...details } = membersOf(await response.json());
    if (typeof code === "string" && typeof title === "string") {
      return new WorkerError({
        code,
        message: title,
        hint: typeof hint === "string" ? hint : "",
        queued: said === "no" ? "no" : queued,
        status,
        details,
      });
    }
  } catch {
    // The response is not from the worker, so its text is ignored.
  }
  return new WorkerError({
    code: "unexpected_response",
    message: `The response (${status}) did not come from the worker`,
    hint: "Check `baseUrl` and any proxy; then try again.",
    queued,
    status,
  });
}
