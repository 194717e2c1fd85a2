/**
 * The types of the wasm's parameters and results. wasm-bindgen's own declarations say
 * `any`: these follow `src/wasm/`, for each operation.
 */
import type { Reader } from "../codes/feed.js";
import type {
  GuestPage,
  Receipt,
  TokenSet,
  Usage,
  VoucherCode,
  VoucherProgram,
} from "../generated/calls.js";
import type { ErrorParts } from "../generated/errors.js";
import type { About } from "../generated/jobs.js";
import type { Group } from "../generated/lists.js";
import type {
  ACTION_DONE,
  ACTION_NEED_TOKEN,
  ACTION_SAVE,
  ACTION_SEND,
  ACTION_WAIT,
  CALL_DISTRIBUTE,
  CALL_DISTRIBUTE_ALL,
  CALL_GET_PROGRAM,
  CALL_LIST_CODES,
  CALL_LIST_GUESTS,
  CALL_LIST_USED_CODES,
  CALL_REQUEST_TOKEN,
  CALL_SEARCH_PROGRAMS,
  JOB_ABOUT,
  JOB_ANSWERED,
  JOB_BATCHES,
  JOB_EXPECT_LENGTH,
  JOB_FIND,
  JOB_LAST_ERROR,
  JOB_LOST,
  JOB_NO_TOKEN,
  JOB_ADD_CODES,
  JOB_ADD_DISTINCT_CODES,
  JOB_OPEN,
  JOB_PAUSE,
  JOB_POLL,
  JOB_PROGRESS,
  JOB_PUSH,
  JOB_REASON,
  JOB_REPORT,
  JOB_REQUEST,
  JOB_RESOLVE,
  JOB_RESOLVE_ALL,
  JOB_RESULTS,
  JOB_SAVED,
  JOB_SAVE_FAILED,
  JOB_START,
  JOB_TOKEN,
  JOB_UNSENT,
  JOB_USAGE,
} from "../generated/protocol.js";
import type { RecipientMatches } from "../generated/recipients.js";
import type { WebhookEvent } from "../generated/webhooks.js";
import type { FetchInit } from "../types.js";
import type { Glue } from "./instance.js";

/** The results of a client's calls. */
export interface CallResults {
  [CALL_DISTRIBUTE]: Receipt;
  [CALL_DISTRIBUTE_ALL]: Receipt;
  [CALL_GET_PROGRAM]: VoucherProgram;
  [CALL_LIST_CODES]: VoucherCode[];
  [CALL_LIST_GUESTS]: GuestPage;
  [CALL_LIST_USED_CODES]: Usage;
  [CALL_REQUEST_TOKEN]: TokenSet;
  [CALL_SEARCH_PROGRAMS]: VoucherProgram[];
}

/** The next action that the core wants. */
export type Action =
  | readonly [typeof ACTION_SAVE, record: Uint8Array]
  | readonly [typeof ACTION_NEED_TOKEN, batch: number, renew: boolean]
  | readonly [typeof ACTION_SEND, batch: number, attempt: number, body: string]
  | readonly [typeof ACTION_WAIT, until: number]
  | readonly [typeof ACTION_DONE, halt?: ErrorParts]
  | undefined;

/** What all requests of a job have in common: the body is never sent without a list. */
export type Template = readonly [url: string, init: FetchInit];

/** How a job is opened: with an id, it is created. */
export interface Opening {
  id?: string;
  programId?: string | undefined;
  duplicates?: number;
  rejectedCount?: number;
  restored?: boolean;
}

/** The results of a job's operations. */
export interface JobResults {
  [JOB_ABOUT]: About;
  [JOB_ANSWERED]: ErrorParts | number | undefined;
  [JOB_BATCHES]: Uint8Array;
  [JOB_EXPECT_LENGTH]: number;
  [JOB_FIND]: Uint8Array | undefined;
  [JOB_LAST_ERROR]: ErrorParts;
  [JOB_LOST]: ErrorParts;
  [JOB_NO_TOKEN]: boolean;
  [JOB_ADD_CODES]: number;
  [JOB_ADD_DISTINCT_CODES]: number;
  [JOB_OPEN]: number;
  [JOB_PAUSE]: undefined;
  [JOB_POLL]: Action;
  [JOB_PROGRESS]: readonly (number | boolean | null)[];
  [JOB_PUSH]: number;
  [JOB_REASON]: string | null;
  [JOB_REPORT]: number;
  [JOB_REQUEST]: Template;
  [JOB_RESOLVE]: undefined;
  [JOB_RESOLVE_ALL]: undefined;
  [JOB_RESULTS]: Uint8Array;
  [JOB_SAVED]: boolean;
  [JOB_SAVE_FAILED]: ErrorParts | undefined;
  [JOB_START]: undefined;
  [JOB_TOKEN]: undefined;
  [JOB_UNSENT]: ErrorParts;
  [JOB_USAGE]: number;
}

/** A call that is under way. */
export interface CallBinding {
  /** Returns `[promise]` to await, or `[undefined, result]`. */
  step(came: unknown): unknown[];
  free(): void;
  [Symbol.dispose](): void;
}

/** The client in the wasm. */
export interface ClientBinding {
  call(operation: number, input: object, ids: Uint8Array, signal: unknown): CallBinding;
  free(): void;
  [Symbol.dispose](): void;
}

interface CodeReader extends Reader {
  count(of: number): number;
  finish(): Group[];
  expectRecipients(): void;
  addGuests(some: unknown[]): void;
  finishRecipients(): [rows: Omit<RecipientMatches, "codes">, codes: Group];
  free(): void;
}

/** The state machine of a job. */
export interface JobBinding {
  call<O extends keyof JobResults>(
    operation: O,
    now: number,
    at: number,
    value: unknown,
  ): JobResults[O];
}

/** An event as `readWebhook` writes it: JSON text with the outcomes in columns. */
export interface WrittenEvent extends Omit<WebhookEvent, "outcomes"> {
  /** `distributed` has `1` or `0` for each code; `reasons` ends with the last one. */
  outcomes: { codes: string[]; distributed: string; reasons: (string | null)[] };
}

/** The generated code of the client's wasm. */
export interface Binding extends Glue {
  Client: new (options: object, host: object) => ClientBinding;
  CodeReader: new (options: string, seed: bigint) => CodeReader;
  JobMachine: new (
    client: ClientBinding,
    batchSize: number,
    pauseAfter: number,
    concurrency: number,
    intervalMs: number,
    maxRetries: number,
    seed: bigint,
  ) => JobBinding;
  authorizationUrl(options: object): string;
  readWebhook(
    body: Uint8Array,
    signature: string | undefined,
    keys: string,
    environment: string | undefined,
    outcomes: string | undefined,
  ): string;
  renewAt(expiresAt: number): number;
}
