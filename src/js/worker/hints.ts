/** Hints of the package's errors, worded for users of the HTTP API. */

/** For hints that name members, options or functions, which the API does not have. */
const HINTS: Record<string, string> = {
  invalid_codes: "Correct the rows in `issues`, or pass valid=true.",
  empty_codes:
    "Pass at least one code. To reach every code of the program, pass all=true and confirm.",
  too_many_codes: "Create a job: POST /api/programs/{program}/jobs.",
  unauthorized: "Check UBER_CLIENT_ID and UBER_SCOPE: Uber rejected the worker's token.",
  resource_not_found: "Check the program's id, UBER_ORGANIZATION_ID and UBER_BASE_URL.",
  rate_limited: "Wait for as long as Retry-After says, then try again.",
  rejected: "See the status: it is the one of Uber's response.",
  unexpected_response: "Check UBER_BASE_URL, and any proxy between the worker and Uber.",
  token_rejected: "Check UBER_CLIENT_ID, UBER_CLIENT_SECRET and UBER_SCOPE.",
  token_unavailable: "Try again later. Uber issues 100 tokens an hour.",
  connection_failed: "Check UBER_BASE_URL, and whether the worker can reach it.",
  timeout: "Try again later; see `queued` before you send again.",
};
/** A sentence about the cause, which is not sent. */
const ABOUT_CAUSE = /[^.]*(?:`cause`|the cause)[^.]*\.\s*/g;

export function hintOverHttp(code: string, hint: string): string {
  return HINTS[code] ?? (hint.replace(ABOUT_CAUSE, "").trim() || "See the worker's log.");
}
