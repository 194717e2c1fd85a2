/** The errors of the worker's client: the problems (RFC 9457) that the worker answers with. */
import { membersOf } from "../members.js";

/** What an error of the worker's client is made of. */
export interface WorkerErrorParts {
  /** Stable. */
  code: string;
  /** What happened, in a sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** May Uber have queued something because of this call? */
  queued: "no" | "unknown";
  /** The HTTP status; `null` where no answer came. */
  status: number | null;
  /** Other members of the worker's answer. */
  details?: Record<string, unknown>;
  /** What the host threw. */
  cause?: unknown;
}

// `instanceof` asks for this mark, which all copies and doors of the package share.
const mark = Symbol.for("uber-vouchers.error");

/**
 * The worker refused, or no answer came. `code` is the worker's own:
 * `already_queued`, `not_signed_in`, `idempotency_key_reused` and so on, or the
 * `code` of the package's error that the worker met. Without an answer it is
 * `connection_failed`; where something else than the worker answered, `unexpected_response`.
 *
 * It is a `VoucherError` to `instanceof` too. It is no subclass in its types: those have
 * a closed list of codes, to be switched over.
 */
export class WorkerError extends Error {
  /** Stable. */
  readonly code: string;
  /** May Uber have queued something because of this call? */
  readonly queued: "no" | "unknown";
  /** What to do. */
  readonly hint: string;
  /** The HTTP status; `null` where no answer came. */
  readonly status: number | null;
  /** Other members of the worker's answer, such as `issues`. They may hold anything: don't log them. */
  declare readonly details: Record<string, unknown>;

  /** Errors are made by the package. */
  constructor({ code, message, hint, queued, status, details = {}, cause }: WorkerErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.queued = queued;
    this.hint = hint;
    this.status = status;
    Object.defineProperty(this, "details", { value: details });
    Object.defineProperty(this, mark, { value: ["VoucherError", "WorkerError"] });
  }

  /** Also says yes to an error of another copy of the package. */
  static override [Symbol.hasInstance](value: unknown): value is WorkerError {
    const marks = membersOf(value)[mark];
    return Array.isArray(marks) && marks.includes("WorkerError");
  }

  /** The name of the class. */
  override get name(): string {
    return "WorkerError";
  }

  /** Without what came from outside. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, hint, queued, status } = this;
    return { name, code, message, hint, queued, status };
  }
}

/** No answer came. @internal */
export function connectionFailed(cause: unknown, queued: "no" | "unknown"): WorkerError {
  return new WorkerError({
    code: "connection_failed",
    message: "The worker did not answer",
    hint: "Check the connection and `baseUrl`, then ask again.",
    queued,
    status: null,
    cause,
  });
}

/** The problem in an answer that is no success. @internal */
export async function errorOf(answer: Response, queued: "no" | "unknown"): Promise<WorkerError> {
  const { status } = answer;
  try {
    const { code, title, hint, queued: said, ...details } = membersOf(await answer.json());
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
    // What answered is not the worker, and its words are not read.
  }
  return new WorkerError({
    code: "unexpected_response",
    message: `Something between here and the worker answered with ${status}`,
    hint: "Check `baseUrl`, and what stands in between; then ask again.",
    queued,
    status,
  });
}
