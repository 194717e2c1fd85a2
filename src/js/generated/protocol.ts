// Written from Rust by src/protocol/typescript.rs: edit what it is made of, then run
// WRITE_PROTOCOL=1 cargo test --all-features protocol

// What a client is asked to do.
export const CALL_DISTRIBUTE = 0;
export const CALL_DISTRIBUTE_ALL = 1;
export const CALL_LIST_CODES = 2;
export const CALL_SEARCH_PROGRAMS = 3;
export const CALL_REQUEST_TOKEN = 4;
export const CALL_GET_PROGRAM = 5;
export const CALL_LIST_GUESTS = 6;
export const CALL_LIST_USED_CODES = 7;

// What a job is asked to do.
export const JOB_PUSH = 0;
export const JOB_OFFER = 1;
export const JOB_OPEN = 2;
export const JOB_ABOUT = 3;
export const JOB_START = 4;
export const JOB_PAUSE = 5;
export const JOB_POLL = 6;
export const JOB_SAVED = 7;
export const JOB_SAVE_FAILED = 8;
export const JOB_TOKEN = 9;
export const JOB_NO_TOKEN = 10;
export const JOB_ANSWERED = 11;
export const JOB_LOST = 12;
export const JOB_REPORT = 13;
export const JOB_RESOLVE = 14;
export const JOB_RESOLVE_ALL = 15;
export const JOB_PROGRESS = 16;
export const JOB_BATCHES = 17;
export const JOB_LAST_ERROR = 18;
export const JOB_RESULTS = 19;
export const JOB_REASON = 20;
export const JOB_OFFER_DISTINCT = 21;
export const JOB_REQUEST = 22;
export const JOB_UNSENT = 23;
export const JOB_FIND = 24;
export const JOB_EXPECT_LENGTH = 25;
export const JOB_USAGE = 26;

// What a job asks for.
export const ACTION_SAVE = 0;
export const ACTION_NEED_TOKEN = 1;
export const ACTION_SEND = 2;
export const ACTION_WAIT = 3;
export const ACTION_DONE = 4;

// What came of something that the host was asked for.
/** It is there. */
export const HOST_DONE = 0;
/** Foreign code failed. */
export const HOST_FAILED = 1;
/** The time was up. */
export const HOST_TIMEOUT = 2;
/** The caller's signal was aborted. */
export const HOST_ABORTED = 3;
/** An error of ours, complete already. */
export const HOST_ERROR = 4;

// What a reader of codes is given.
/** Text, cut anywhere. */
export const INPUT_TEXT = 0;
/** Entries of 36 bytes each, back to back. */
export const INPUT_ENTRIES = 1;
/** One entry. */
export const INPUT_ENTRY = 2;
/** An entry that is no string. */
export const INPUT_NO_STRING = 3;

// What a reader of codes counts.
/** Distinct codes. */
export const COUNT_VALID = 0;
/** Codes that were there before. */
export const COUNT_DUPLICATES = 1;
/** Rejected rows or entries. */
export const COUNT_REJECTED = 2;
export const COUNT_PROGRAMS = 3;

/** In place of signing keys: the signature of this body was right when it came. */
export const CHECKED_BEFORE = "checked_before";

// Sizes and limits.
/** Bytes of one code in a page of results. */
export const RESULT_ROW_BYTES = 28;
/** Codes in one page of results. */
export const RESULTS_PER_PAGE = 1024;
/** Bytes of one batch. */
export const BATCH_ROW_BYTES = 24;
/** Codes in one request, at most. */
export const MOST_CODES = 30_000;

/**
 * What is known of one code.
 *
 * - `pending`: Not sent yet.
 * - `sending`: In a request that is under way.
 * - `queued`: Uber accepted it. Delivery is reported later.
 * - `distributed`: Reported by Uber, or in use: it reached its recipient.
 * - `failed`: Reported by Uber: it did not.
 * - `rejected`: Uber refused the request. Nothing was queued.
 * - `unknown`: It left, and no answer proves either way. It is not sent again until you decide.
 * - `abandoned`: You decided that it is not sent, or not looked after.
 */
export type CodeState =
  | "pending"
  | "sending"
  | "queued"
  | "distributed"
  | "failed"
  | "rejected"
  | "unknown"
  | "abandoned";

/** The states in the order of their numbers. */
export const STATES = [
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
] as const satisfies CodeState[];

/** What the state of a code rests on, in the order of the numbers. */
export const SOURCES = [null, "answer", "webhook", "usage", "operator"] as const;

/** What the operator decides about codes that are unknown. */
export type JobDecision = "resend" | "queued" | "abandon";

/** All of them. */
export const DECISIONS = ["resend", "queued", "abandon"] as const satisfies JobDecision[];

/** How many codes are in each state; the eight add up to `total`. */
export interface JobProgress {
  /** All codes of the job. */
  total: number;
  /** Not sent yet. */
  pending: number;
  /** In a request that is under way. */
  sending: number;
  /** Accepted by Uber. */
  queued: number;
  /** Reported by Uber: delivered, or in use. */
  distributed: number;
  /** Reported by Uber: not delivered. */
  failed: number;
  /** Refused by Uber: nothing was queued. */
  rejected: number;
  /** Perhaps queued. */
  unknown: number;
  /** Given up by you. */
  abandoned: number;
  /** Requests that left, or were about to when the process ended. */
  requests: number;
  /** How many of them repeated another one. */
  retries: number;
  /** When the job was created, in epoch milliseconds. */
  startedAt: number;
  /** How long the run may still take, in milliseconds; `null` where that can't be told. */
  etaMs: number | null;
  /** Until when nothing leaves, in epoch milliseconds, because Uber asked to wait; else `null`. */
  waitingUntil: number | null;
  /** How many of the pending ones are known to be in use already. They are sent all the same, unless you abandon their batch. */
  usedBefore: number;
  /** Whether it has paused by itself after its first codes (`pauseAfter`), and none of the others has left. The next run sends them. */
  pausedAfter: boolean;
}

/** Its members, in the order in which the core hands them over. */
export const PROGRESS_MEMBERS = [
  "total",
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
  "requests",
  "retries",
  "startedAt",
  "etaMs",
  "waitingUntil",
  "usedBefore",
  "pausedAfter",
] as const satisfies (keyof JobProgress)[];

/** Why an entry of a list is no code. */
export type RejectionReason =
  | "not_a_uuid"
  | "nil_uuid"
  | "missing_column"
  | "ambiguous_column"
  | "malformed_csv"
  | "not_utf8"
  | "unsupported_format"
  | "not_a_string"
  | "invalid_program_id";

/** Why a row of a list of recipients led to no code. */
export type RecipientReason =
  "no_guest" | "no_country_code" | "empty" | "several_guests" | "no_code";

/** What the token of an app may be used for. */
export const SCOPES = [
  "organizations.voucher_programs",
  "organizations.voucher_programs.aggregator",
] as const;

/** The faults that a sandbox injects. */
export const FAULTS = [
  "rate_limited",
  "unauthorized",
  "bad_request",
  "error_before",
  "error_after",
  "error_partial",
  "lost_before",
  "lost_after",
  "hang",
  "html_error",
  "html_ok",
  "webhook_lost",
  "webhook_duplicated",
  "webhook_reordered",
  "webhook_foreign",
] as const;

/** The forms of the event that reports what became of a distribution. */
export const EVENT_FORMS = ["batch", "code", "failures", "opaque"] as const;

/** Refused before anything left. */
export type ValidationErrorCode =
  | "invalid_options"
  | "invalid_organization_id"
  | "invalid_program_id"
  | "invalid_codes"
  | "empty_codes"
  | "too_many_codes"
  | "secret_in_browser";

/** Uber, its token endpoint, or something in between, answered. */
export type ApiErrorCode =
  | "invalid_request"
  | "unauthorized"
  | "user_not_allowed"
  | "resource_not_found"
  | "conflict"
  | "rate_limited"
  | "rejected"
  | "internal_server_error"
  | "server_error"
  | "unexpected_response"
  | "token_rejected"
  | "token_unavailable";

/** No answer came. */
export type ConnectionErrorCode = "connection_failed" | "timeout" | "aborted";

/** The job, or a call itself, could not go on. */
export type JobErrorCode =
  | "journal_corrupt"
  | "journal_lost"
  | "journal_mismatch"
  | "not_unknown"
  | "halted"
  | "journal_failed"
  | "job_busy"
  | "job_closed"
  | "instance_lost";

/** A webhook was refused. */
export type WebhookErrorCode =
  | "missing_signature"
  | "malformed_signature"
  | "signature_mismatch"
  | "no_signing_key"
  | "malformed_body"
  | "body_used";

// What to do about an error of the core.
export const INVALID_OPTIONS_HINT = "Correct the option that the message names.";
export const INVALID_ORGANIZATION_ID_HINT = "Pass the organization id that Uber gave you.";
export const INVALID_PROGRAM_ID_HINT = "Pass the voucher_program_id of the program.";
export const INVALID_CODES_HINT =
  "Correct the entries in `issues`, or pass what `valid()` of the parsed list returns.";
export const EMPTY_CODES_HINT =
  "Pass at least one code. Sending all codes of a program is a separate call.";
export const TOO_MANY_CODES_HINT = "Create a job: it sends a list of any length.";
export const INVALID_REQUEST_HINT = "Check the program and the codes.";
export const UNAUTHORIZED_HINT = "Get a new access token, with the voucher scope.";
export const USER_NOT_ALLOWED_HINT =
  "Ask Uber to grant this app the voucher scope for this organization.";
export const RESOURCE_NOT_FOUND_HINT =
  "Check the organization id, the program id and the base URL.";
export const CONFLICT_HINT = "Call again when the program's codes have been generated.";
export const RATE_LIMITED_HINT = "Wait as long as the answer asks, then call again.";
export const REJECTED_HINT = "See `status` and `body`.";
export const INTERNAL_SERVER_ERROR_HINT = "Look for webhooks or claims before you send again.";
export const SERVER_ERROR_HINT = "Look for webhooks or claims before you send again.";
export const UNEXPECTED_RESPONSE_HINT = "Check the base URL, and any proxy on the way to Uber.";
export const TOKEN_REJECTED_HINT = "Check client id, client secret and scope; see Uber's own code.";
export const TOKEN_UNAVAILABLE_HINT =
  "Try later. Uber gives 100 tokens an hour: share one through `cache`.";
export const CONNECTION_FAILED_HINT = "See `cause`, and `queued` before you send again.";
export const TIMEOUT_HINT = "See `queued` before you send again. A longer timeout may help.";
export const ABORTED_HINT = "See `queued` before you send again.";
export const JOURNAL_CORRUPT_HINT =
  "Take a copy of the journal from before, and resume it with `restored: true`.";
export const JOURNAL_LOST_HINT =
  "Do not send this list again: a part may be sent. The job that was open has `results()`; a copy resumes with `restored: true`.";
export const JOURNAL_MISMATCH_HINT =
  "Pass this very job's journal. A new one is a new job, which sends all codes.";
export const NOT_UNKNOWN_HINT =
  "Decide only about batches that are unknown; pending ones can be abandoned.";
export const HALTED_HINT =
  "Find out what is wrong with Uber or the connection, then run the job again.";
export const MISSING_SIGNATURE_HINT =
  "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
export const MALFORMED_SIGNATURE_HINT =
  "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
export const SIGNATURE_MISMATCH_HINT =
  "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
export const NO_SIGNING_KEY_HINT = "Pass the signing key of the app's settings at Uber.";
export const MALFORMED_BODY_HINT = "See `cause`.";
