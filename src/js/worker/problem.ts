/** Error responses: problem+json (RFC 9457) with the package's codes. */
import { ApiError, ConnectionError, JobError, ValidationError, VoucherError } from "../errors.js";
import { hintOverHttp } from "./hints.js";
import type { JobFault } from "./types.js";

export interface Problem {
  status: number;
  code: string;
  title: string;
  /** What to do. */
  hint: string;
  /** Whether Uber may have queued something because of this request. Default: no. */
  queued?: "no" | "unknown";
  headers?: Record<string, string>;
  /** Other members of the problem. */
  more?: Record<string, unknown>;
}

/** A refusal that is thrown. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

/** Makes the refusal of a request from which nothing was sent. */
export function refuse(
  status: number,
  code: string,
  title: string,
  hint: string,
  more?: Pick<Problem, "headers" | "more">,
): Refusal {
  return new Refusal({ status, code, title, hint, ...more });
}

const NEWER = "A later release of the worker has written to this database";

/** The refusal of an object whose tables a later release has written. */
export const refuseNewer = (): Refusal =>
  refuse(503, "newer_database", NEWER, "Deploy that release again. Until then nothing is sent.");

export function problemResponse({
  status,
  code,
  title,
  hint,
  queued,
  headers,
  more,
}: Problem): Response {
  const body = {
    type: "about:blank",
    title,
    status,
    code,
    hint,
    queued: queued ?? "no",
    ...more,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "Content-Type": "application/problem+json" },
  });
}

/** The response for an error of any route. */
export function answerError(error: unknown): Response {
  return problemResponse(problemOf(error));
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  if (!(error instanceof VoucherError)) {
    // Only the message of an error crosses RPC.
    if (error instanceof Error && error.message === NEWER) return refuseNewer().problem;
    return {
      status: 500,
      code: "internal",
      title: "The worker failed",
      hint: "See the worker's log.",
    };
  }
  if (error.queued === "unknown") return of(error, error.code === "timeout" ? 504 : 502);
  if (error instanceof ConnectionError) return of(error, error.code === "timeout" ? 504 : 502);
  const failed = error instanceof ApiError && (error.status < 400 || error.status >= 500);
  return of(error, failed ? 502 : refusalStatus(error));
}

/**
 * The response for a distribute call that did not end in `queued`.
 *
 * The client in the page takes a 4xx as proof that nothing was queued, and a 5xx as
 * unknown, so the status has to match `queued`. The client also retries 401, 409 and
 * 429: these are given only if Uber gave them and a retry can help.
 */
export function distributeProblem(error: VoucherError): Problem {
  if (error.queued === "unknown") return of(error, error.code === "timeout" ? 504 : 502);
  return of(error, refusalStatus(error));
}

/**
 * Statuses that are passed on. All other refusals become 424, which the page's client does not
 * retry.
 */
const PASSED_ON = new Set([400, 402, 403, 404, 409, 410, 413, 415, 422, 429]);
const FAILED_DEPENDENCY = 424;
const VALIDATION: Record<string, number> = {
  empty_codes: 400,
  invalid_codes: 422,
  too_many_codes: 422,
  invalid_program_id: 404,
  invalid_options: 400,
};

/** A 4xx for an error that has queued nothing: never 401, 408 or 499. */
function refusalStatus(error: VoucherError): number {
  if (error instanceof ValidationError) return VALIDATION[error.code] ?? FAILED_DEPENDENCY;
  if (error instanceof JobError) return error.code === "not_unknown" ? 409 : FAILED_DEPENDENCY;
  if (!(error instanceof ApiError) || error.code.startsWith("token_")) return FAILED_DEPENDENCY;
  return PASSED_ON.has(error.status) ? error.status : FAILED_DEPENDENCY;
}

function of(error: VoucherError, status: number): Problem {
  const headers: Record<string, string> = {};
  if (error instanceof ApiError) {
    Object.assign(headers, error.headers);
    if (error.retryAfterMs !== undefined) {
      headers["Retry-After"] = String(Math.ceil(error.retryAfterMs / 1000));
    }
  }
  const more = error instanceof ValidationError ? issues(error) : undefined;
  const { code, message: title, queued } = error;
  const hint = hintOverHttp(code, error.hint);
  return { status, code, title, hint, queued, headers, ...(more && { more }) };
}

function issues({ issues: found }: ValidationError): Record<string, unknown> | undefined {
  return found.length === 0
    ? undefined
    : { issues: found.map(({ line, value, reason }) => ({ line, value, reason })) };
}

/** An error as a job stores it, without text from outside. */
export function faultOf(error: unknown): JobFault {
  if (!(error instanceof VoucherError)) {
    const { code, title: message, hint } = problemOf(error);
    return { code, message, hint, queued: "unknown" };
  }
  const { code, message, queued } = error;
  const hint = hintOverHttp(code, error.hint);
  const status = error instanceof ApiError && error.status > 0 ? { status: error.status } : {};
  return { code, message, hint, queued, ...status };
}
