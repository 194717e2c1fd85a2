/** What an error means for the codes, and what to do, in an admin's words. */
import { ApiError, VoucherError } from "uber-vouchers";

import type { State } from "./words.js";

/** Plain data, in an admin's words. */
export interface Explained {
  state: Extract<State, "pending" | "rejected" | "unknown">;
  /** Stable; the worker's own where it gave one. */
  code: string;
  message: string;
  hint: string;
  status: number | null;
  headers: Record<string, string>;
}

/** The answer of the worker, where it explains itself. */
interface WorkerProblem {
  code: string;
  title: string;
  hint: string;
  queued: "no" | "unknown";
}

/** Codes that mean: Uber itself answered no to the request. */
const REFUSALS = new Set([
  "invalid_request",
  "unauthorized",
  "user_not_allowed",
  "resource_not_found",
  "conflict",
  "rate_limited",
  "rejected",
]);

const ASK_OPERATOR =
  "Ask whoever runs this console to check the client id, the secret and the scope.";

/** Where the package's hint speaks to a programmer, this speaks to an admin. */
const HINTS: Record<string, string> = {
  invalid_request: "Check that these codes belong to this program. Uber refused the list as it is.",
  unauthorized: ASK_OPERATOR,
  token_rejected: ASK_OPERATOR,
  user_not_allowed:
    "Ask your Uber representative to grant this app the voucher scope for your organization.",
  resource_not_found: "Check that the program still exists at Uber, then reload the programs.",
  conflict:
    "The program’s codes are probably still being generated. Wait a few minutes, then distribute them.",
  rate_limited: "Wait a minute, then distribute them.",
  token_unavailable: "Uber gives 100 tokens an hour. Try again later.",
  connection_failed: "Check that the worker is running and has a connection, then try again.",
  internal_server_error: "Uber has a fault of its own. Try again in a while.",
  server_error: "Uber, or something before it, has a fault. Try again in a while.",
  timeout: "Try again in a while.",
  job_busy:
    "Use the tab or window that has it, or close that one. This page looks again by itself.",
  journal_failed: "Make room in this browser’s storage, reload this page, and go on.",
  journal_mismatch:
    "This browser has no list for this distribution any more. Nothing can be sent from here.",
  journal_corrupt: "What this browser stored is damaged. Look for claims in this program at Uber.",
  halted:
    "Find out what is wrong at Uber or with the connection, decide about the unknown codes, then resume.",
  instance_lost: "Reload this page, and go on.",
};

/** What stops a job, in an admin's words. */
const STOPPED: Record<string, string> = {
  job_busy: "Another tab or window has this distribution",
  journal_failed: "This browser could not write down what happens",
  halted: "Three requests in a row got no answer that proves anything",
};

/** Who did not answer whom: the worker says it of Uber, the page's client of the worker. */
const LOST: Record<string, { byWorker: string; byPage: string }> = {
  connection_failed: {
    byWorker: "The worker lost its connection to Uber",
    byPage: "The connection to the worker failed",
  },
  timeout: {
    byWorker: "Uber did not answer the worker in time",
    byPage: "The worker did not answer in time",
  },
};

const LOOK_FIRST =
  "Look for claims in this program at Uber, or ask a few recipients. Codes that were queued would be sent a second time.";

export function explain(error: unknown): Explained {
  if (!(error instanceof VoucherError)) {
    return {
      state: "unknown",
      code: "internal",
      message: "The console failed during the call",
      hint: LOOK_FIRST,
      status: null,
      headers: {},
    };
  }
  const problem = error instanceof ApiError ? readProblem(error.body) : null;
  const code = problem?.code ?? error.code;
  // Both have to know it before this page says that nothing was queued.
  const unknown = error.queued === "unknown" || problem?.queued === "unknown";
  const state = unknown ? "unknown" : isRefusal(error, problem) ? "rejected" : "pending";
  return {
    state,
    code,
    message: messageOf(error, problem),
    hint: unknown && !(code in STOPPED) ? LOOK_FIRST : (HINTS[code] ?? problem?.hint ?? error.hint),
    status: error instanceof ApiError ? error.status : null,
    headers: error instanceof ApiError ? error.headers : {},
  };
}

function messageOf(error: VoucherError, problem: WorkerProblem | null): string {
  if (problem) return LOST[problem.code]?.byWorker ?? problem.title;
  return LOST[error.code]?.byPage ?? STOPPED[error.code] ?? error.message;
}

function isRefusal(error: VoucherError, problem: WorkerProblem | null): boolean {
  return problem === null ? error instanceof ApiError : REFUSALS.has(problem.code);
}

/** A call that only reads: whatever happened, nothing was queued. */
export function explainReading(error: unknown): Explained {
  if (error instanceof VoucherError) {
    const explained = explain(error);
    const hint = HINTS[explained.code] ?? error.hint;
    return { ...explained, hint, state: "pending" };
  }
  return {
    state: "pending",
    code: "connection_failed",
    message: error instanceof Error ? error.message : "The worker did not answer",
    hint: HINTS["connection_failed"] as string,
    status: null,
    headers: {},
  };
}

function readProblem(body: string): WorkerProblem | null {
  try {
    const { code, title, hint, queued } = JSON.parse(body) as Record<string, unknown>;
    const whole = [code, title, hint].every((text) => typeof text === "string");
    if (!whole || (queued !== "no" && queued !== "unknown")) return null;
    return { code, title, hint, queued } as WorkerProblem;
  } catch {
    return null;
  }
}
