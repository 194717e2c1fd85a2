/** Answers that say no: problem+json (RFC 9457) with the package's codes. */
import { ApiError, ConnectionError, ValidationError, VoucherError } from "uber-vouchers";

export interface Problem {
  status: number;
  code: string;
  title: string;
  /** What to do. */
  hint: string;
  /** May Uber have queued something because of this request? */
  queued: "no" | "unknown";
  headers?: Record<string, string>;
}

export function problem({ status, code, title, hint, queued, headers }: Problem): Response {
  const body = { type: "about:blank", title, status, code, detail: hint, hint, queued };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "Content-Type": "application/problem+json" },
  });
}

/** A request that this worker refuses by itself, before anything leaves. */
export function refused(
  status: number,
  code: string,
  title: string,
  hint: string,
  headers?: Record<string, string>,
): Response {
  return problem({ status, code, title, hint, queued: "no", ...(headers && { headers }) });
}

/**
 * The answer for a distribute call that failed.
 *
 * The client in the page takes a 4xx for proof that nothing was queued and a
 * 5xx for doubt, so the status has to say what `queued` says. It also repeats
 * 401, 409 and 429: those are given only where Uber gave them and asking again
 * can help.
 */
export function distributeProblem(error: unknown): Response {
  if (!(error instanceof VoucherError)) {
    // A fault of this worker, after the call began: no proof either way.
    return problem({
      status: 502,
      code: "internal",
      title: "The worker failed during the call",
      hint: "Look for webhooks or claims before you send again, and see the worker's log.",
      queued: "unknown",
    });
  }
  const status =
    error.queued === "unknown" ? (error.code === "timeout" ? 504 : 502) : refusalStatus(error);
  return of(error, status);
}

/** The answer for a reading call that failed. */
export function readProblem(error: unknown): Response {
  if (!(error instanceof VoucherError)) {
    return problem({
      status: 500,
      code: "internal",
      title: "The worker failed",
      hint: "See the worker's log.",
      queued: "no",
    });
  }
  if (error instanceof ConnectionError) return of(error, error.code === "timeout" ? 504 : 502);
  const failed = error instanceof ApiError && (error.status < 400 || error.status >= 500);
  return of(error, failed ? 502 : refusalStatus(error));
}

/** Passed on as they are; the rest of the refusals is 424, as it asks for nothing of the page. */
const PASSED_ON = new Set([400, 402, 403, 404, 409, 410, 413, 415, 422, 429]);
const TOKEN_CODES = new Set<string>(["token_rejected", "token_unavailable"]);
const FAILED_DEPENDENCY = 424;

/** A 4xx for what is known to have queued nothing: never 401, 408 or 499. */
function refusalStatus(error: VoucherError): number {
  if (error instanceof ValidationError) {
    if (error.code === "empty_codes") return 400;
    if (error.code === "invalid_codes" || error.code === "too_many_codes") return 422;
    if (error.code === "invalid_program_id") return 404;
    return FAILED_DEPENDENCY;
  }
  if (!(error instanceof ApiError) || TOKEN_CODES.has(error.code)) return FAILED_DEPENDENCY;
  return PASSED_ON.has(error.status) ? error.status : FAILED_DEPENDENCY;
}

function of(error: VoucherError, status: number): Response {
  const headers: Record<string, string> = {};
  if (error instanceof ApiError) {
    Object.assign(headers, error.headers);
    if (error.retryAfterMs !== undefined) {
      headers["Retry-After"] = String(Math.ceil(error.retryAfterMs / 1000));
    }
  }
  const { code, message, hint, queued } = error;
  return problem({ status, code, title: message, hint, queued, headers });
}
