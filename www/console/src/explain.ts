/** Explains an error in an admin's words: what it means for the codes, and what to do. */
import { WorkerError } from "./server/error.js";
import type { JobFault } from "./server/types.js";

/** What happened, what it means for the codes, what to do; and the code to pass on. */
export interface Explained {
  what: string;
  meaning: string;
  todo: string;
  code: string;
  status: number | null;
}

const ASK = "Ask the person who runs this worker to check the client id, the secret and the scope.";

/** Replaces the worker's hints that are written for programmers. */
const TODO: Record<string, string> = {
  invalid_request: "Check that these codes belong to this program. Uber refused the list as it is.",
  unauthorized: ASK,
  token_rejected: ASK,
  user_not_allowed:
    "Ask your Uber representative to grant this app the voucher scope for your organization.",
  resource_not_found: "Check that the program still exists at Uber.",
  conflict:
    "The program’s codes are probably still being generated. Wait a few minutes, then resume.",
  token_unavailable: "Uber issues 100 tokens an hour. Resume later.",
  halted: "Find out what is wrong at Uber, decide about the unknown codes, then resume.",
  invalid_codes: "Read the list again, and leave out or correct its rejected rows.",
  empty_codes: "There is nothing to send. Choose another list.",
  too_many_codes: "Split the list.",
  foreign_codes: "Check the list again: it contains codes that are not in the program.",
  codes_not_read: "Check the list again, or decide to send it unchecked.",
  nothing_to_send: "Choose another list.",
  reports_arriving:
    "Wait until Uber’s reports of these codes have arrived, then decide about those that are still unknown.",
  changed_since_review: "Check the review again, and decide again.",
  already_queued: "Decide what to do with the codes that are in an earlier job.",
  internal_server_error: "Wait for Uber’s reports before you send these codes again.",
  server_error: "Uber, or a proxy before it, has an error. Try again in a while.",
  timeout: "Try again in a while.",
  distribute_all_refused:
    "Select the codes in the program instead, or ask the person who runs this worker to allow it.",
  creation_in_progress: "Wait a moment, then press the button again: no second job is created.",
  idempotency_key_reused: "Press the button again.",
  creation_took_too_long: "Press the button again.",
  already_started: "Look at the job.",
  already_sending: "Pause the job, then end it: what is pending then is never sent.",
  wrong_job_state: "Look at what became of the job meanwhile.",
  job_cancelled: "Its codes are free: distribute them again if you want to.",
};

const WHAT: Record<string, string> = {
  already_started: "It was started already, here or elsewhere",
  already_sending: "The job has already sent something",
  wrong_job_state: "The job has moved on meanwhile, so this is no longer possible",
  halted: "Three requests in a row had no conclusive response",
};

const TELL = "Give this error code to the person who runs this worker.";
/** Words of the API: names of options, members and methods. */
const API_WORDS = [
  /`|\w\(\)|[a-z][A-Z]|\w_\w/,
  /\b(pass|call|option|journal|issues)\b|claims before|idempotency|dry run/i,
];

/** What to do, never in words of the API. */
const todoOf = (code: string, hint: string): string =>
  TODO[code] ?? (API_WORDS.some((words) => words.test(hint)) ? TELL : hint);

/** A call that only reads has sent nothing: there is nothing to look after. */
const LATER = "Try again in a while.";
const READING_TODO: Record<string, string> = {
  internal_server_error: LATER,
  server_error: LATER,
  unexpected_response: LATER,
  connection_failed: LATER,
  rate_limited: LATER,
  conflict: "The program’s codes are probably still being generated. Try again in a few minutes.",
  invalid_request: "Check that the program still exists at Uber.",
  token_unavailable: "Uber issues 100 tokens an hour. Try again later.",
};

const NOTHING_QUEUED = "Nothing was queued by this.";
const MAYBE_QUEUED = "It is not known whether anything was queued.";

/** What stopped a job. */
export function explainFault({ code, message, hint, queued, status }: JobFault): Explained {
  return {
    what: WHAT[code] ?? message,
    meaning:
      code === "halted"
        ? "So the job halted, before more codes became unknown."
        : queued === "no"
          ? "The codes of this request were not queued, and are pending again."
          : "The codes of this request stay unknown until you decide.",
    todo: todoOf(code, hint),
    code,
    status: status ?? null,
  };
}

/** Why a job was set aside. */
export function explainUnreadable({ code, message, status }: JobFault): Explained {
  return {
    what: `The journal of this job can’t be read: ${message}`,
    meaning:
      "So it was set aside, and the program’s other jobs continue. It sends nothing. Uber’s reports about its codes are kept, and none of the codes is sent again without a warning.",
    todo: "Ask the person who runs this worker whether its organization, its Uber address or its release was changed. Once that is corrected, open this page again.",
    code,
    status: status ?? null,
  };
}

type ReadingError = Pick<WorkerError, "code" | "message" | "hint"> & {
  status?: number | null | undefined;
};

/** A call that only reads, or changes nothing at Uber. */
export const explainReading = (error: ReadingError): Explained =>
  ofReading(error, "No codes are affected.");

/** Uber was asked which codes are in use. */
export const explainUsage = (error: ReadingError): Explained =>
  ofReading(error, "So usage was not read, and no state has changed.");

function ofReading({ code, message, hint, status }: ReadingError, meaning: string): Explained {
  const todo = READING_TODO[code] ?? todoOf(code, hint);
  return { what: message, meaning, todo, code, status: status ?? null };
}

/** Whether a job may exist although its creation failed. */
export const isLost = ({ status, queued }: WorkerError): boolean =>
  status === null || (queued === "unknown" && status >= 500);

/** A job was to be created. */
export function explainCreation(problem: WorkerError): Explained {
  const { code, message, hint, queued, status } = problem;
  return {
    what: message,
    meaning: isLost(problem)
      ? "The job may have been created or not."
      : queued === "no"
        ? `No job was created. ${NOTHING_QUEUED}`
        : MAYBE_QUEUED,
    todo: isLost(problem)
      ? "Press the button again: if the job exists, you get that job and not a second one."
      : todoOf(code, hint),
    code,
    status,
  };
}

/** What somebody wanted of a job, as it is called afterwards. */
export type JobAction = keyof typeof ACTIONS;

/** What becomes of the job where it was refused. */
const ACTIONS = {
  pause: ["pause", "The job was not paused: it is still sending."],
  resume: ["“resume”", "The job was not resumed: it sends nothing."],
  retry: ["“try now”", "The job still waits, and continues automatically."],
  decision: ["decision", "Your decision was not saved: these codes are still unknown."],
  drop: ["“drop”", "The job was not dropped."],
  cancel: ["“cancel”", "The job was not cancelled."],
  abandon: ["“end”", "The job was not ended: what is pending is pending still."],
  approve: ["approval", "The job was not approved: it sends nothing."],
  start: ["“start now”", "The job was not started: it has sent nothing."],
  name: ["change", "The name and the note have not changed."],
} as const;

/** Something was to be done with a job. */
export function explainAction(
  { code, message, hint, status }: WorkerError,
  action: JobAction,
): Explained {
  const [name, refused] = ACTIONS[action];
  return {
    what: message,
    meaning: status === null ? `It is not known whether your ${name} arrived.` : refused,
    todo:
      status === null
        ? "Look at the job, then press the button again if needed."
        : todoOf(code, hint),
    code,
    status,
  };
}

/** The decision to send again was saved; resuming the job has failed. */
export function explainResume({ code, message, status }: WorkerError): Explained {
  return {
    what: message,
    meaning: "Your decision was saved, but the job was not resumed. Nothing is sent until it is.",
    todo: "Press Resume.",
    code,
    status,
  };
}
