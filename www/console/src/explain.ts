/** What an error means for the codes, and what to do, in an admin's words. */
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

const ASK = "Ask whoever runs this worker to check the client id, the secret and the scope.";

/** Where the worker's hint speaks to a programmer, this speaks to an admin. */
const TODO: Record<string, string> = {
  invalid_request: "Check that these codes belong to this program. Uber refused the list as it is.",
  unauthorized: ASK,
  token_rejected: ASK,
  user_not_allowed:
    "Ask your Uber representative to grant this app the voucher scope for your organization.",
  resource_not_found: "Check that the program still exists at Uber.",
  conflict:
    "The program’s codes are probably still being generated. Wait a few minutes, then resume.",
  token_unavailable: "Uber gives 100 tokens an hour. Resume later.",
  halted: "Find out what is wrong at Uber, decide about the unknown codes, then resume.",
  invalid_codes: "Read the list again: its rejected rows have to be left out, or corrected.",
  empty_codes: "There is nothing to send. Choose another list.",
  too_many_codes: "Split the list.",
  foreign_codes: "Check the list again: it holds codes that are not in the program.",
  codes_not_read: "Check the list again, or decide that it is sent unchecked.",
  nothing_to_send: "Choose another list.",
  already_queued: "Decide what becomes of the codes that are in an earlier job.",
  internal_server_error: "Wait for Uber’s reports before you send these codes again.",
  server_error: "Uber, or something before it, has a fault. Try again in a while.",
  timeout: "Try again in a while.",
  distribute_all_refused:
    "Select the codes in the program instead, or ask whoever runs this worker to allow it.",
  creation_in_progress: "Wait a moment, then press the button again: no second job is made.",
  idempotency_key_reused: "Press the button again.",
  creation_took_too_long: "Press the button again.",
};

const WHAT: Record<string, string> = {
  halted: "Three requests in a row got no answer that proves anything",
};

const TELL = "Pass the code of this error on to whoever runs this worker.";
/** Words of the API: names of options, members and methods. */
const API_WORDS = /`|\w\(\)|[a-z][A-Z]|\w_\w|\b(pass|call|option|journal|issues)\b|claims before/i;

/** What to do, never in words of the API. */
const todoOf = (code: string, hint: string): string =>
  TODO[code] ?? (API_WORDS.test(hint) ? TELL : hint);

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
  token_unavailable: "Uber gives 100 tokens an hour. Try again later.",
};

const NOTHING_QUEUED = "Nothing was queued by this.";
const MAYBE_QUEUED = "It is not known whether anything was queued.";

/** What stopped a job. */
export function explainFault({ code, message, hint, queued, status }: JobFault): Explained {
  return {
    what: WHAT[code] ?? message,
    meaning:
      code === "halted"
        ? "So the job halted by itself, before more codes become unknown."
        : queued === "no"
          ? "What this request held was not queued, and is pending again."
          : "Codes of this request are unknown until you decide.",
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
      "So it was set aside, and the program’s other jobs go on. Nothing of it leaves. What Uber reports of its codes is kept, and none of them is sent again unnoticed.",
    todo: "Ask whoever runs this worker whether its organization, its address of Uber or its release was changed. Once that is put right, open this page again.",
    code,
    status: status ?? null,
  };
}

/** A call that only reads, or changes nothing at Uber. */
export function explainReading({
  code,
  message,
  hint,
  status,
}: Pick<WorkerError, "code" | "message" | "hint"> & {
  status?: number | null | undefined;
}): Explained {
  return {
    what: message,
    meaning: "No code is concerned.",
    todo: READING_TODO[code] ?? todoOf(code, hint),
    code,
    status: status ?? null,
  };
}

/** Uber was asked which codes are in use. */
export function explainUsage({
  code,
  message,
  hint,
  status,
}: Pick<WorkerError, "code" | "message" | "hint"> & {
  status?: number | null | undefined;
}): Explained {
  return {
    what: message,
    meaning: "So usage was not read, and no state has changed.",
    todo: READING_TODO[code] ?? todoOf(code, hint),
    code,
    status: status ?? null,
  };
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
      ? "Press the button again: if the job exists, you get that one and no second one."
      : todoOf(code, hint),
    code,
    status,
  };
}

/** What somebody wanted of a job, as it is called afterwards. */
export type JobAction = keyof typeof ACTIONS;

/** What becomes of the job where it was refused. */
const ACTIONS = {
  pause: ["pause", "The job was not paused: it goes on sending."],
  resume: ["“resume”", "The job was not resumed: nothing of it leaves."],
  retry: ["“try now”", "The job still waits, and goes on by itself."],
  decision: ["decision", "Your decision was not taken: these codes are still unknown."],
  drop: ["“drop”", "The job was not dropped."],
  cancel: ["“cancel”", "The job was not cancelled."],
  approve: ["approval", "The job was not approved: nothing of it leaves."],
  start: ["“start now”", "The job was not started before its time."],
  name: ["change", "The name and the note are what they were."],
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
        ? "Look at the job, then press the button again if it is needed."
        : todoOf(code, hint),
    code,
    status,
  };
}

/** What is to be sent again was decided; the job was to go on with it. */
export function explainResume({ code, message, status }: WorkerError): Explained {
  return {
    what: message,
    meaning: "Your decision was taken, but the job was not resumed. Nothing is sent until it is.",
    todo: "Press Resume.",
    code,
    status,
  };
}
