/**
 * What goes into the wasm and comes out of it. wasm-bindgen's own declarations say `any`:
 * here is, for each operation, what `src/wasm/` makes of it.
 */
import type { ListParts } from "../codes/code-list.js";
import type { Reader } from "../codes/feed.js";
import type { ErrorParts } from "../errors.js";
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
  JOB_OFFER,
  JOB_OFFER_DISTINCT,
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
import type { Usage } from "../job/usage.js";
import type { FetchInit, Guest, Receipt, TokenSet, VoucherCode, VoucherProgram } from "../types.js";
import type { WebhookEvent } from "../webhook/event.js";
import type { Glue } from "./instance.js";

/** One page of guests. */
export interface GuestPage {
  guests: Guest[];
  next: string | null;
}

/** What the calls of a client give. */
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

/** Lists as they come out of the core: the ids of all of them, one after the other. */
export interface Group {
  ids: Uint8Array;
  lists: (Omit<ListParts, "ids"> & { program: string | null; size: number })[];
}

/** What the core wants done next. */
export type Action =
  | readonly [typeof ACTION_SAVE, record: Uint8Array]
  | readonly [typeof ACTION_NEED_TOKEN, batch: number, renew: boolean]
  | readonly [typeof ACTION_SEND, batch: number, attempt: number, body: string]
  | readonly [typeof ACTION_WAIT, until: number]
  | readonly [typeof ACTION_DONE, halt?: ErrorParts]
  | undefined;

/** What all requests of a job have in common: never sent without a list as its body. */
export type Template = readonly [url: string, init: PlainInit];

/** As the core makes it: its header fields are a plain object. */
type PlainInit = Omit<FetchInit, "headers"> & { headers: Record<string, string> };

/** How a job is opened: with an id it is created. */
export interface Opening {
  id?: string;
  programId?: string | undefined;
  duplicates?: number;
  rejectedCount?: number;
  restored?: boolean;
}

/** What a job is. */
export interface About {
  id: string;
  programId: string;
  duplicates: number;
}

/** What the operations of a job give. */
export interface JobResults {
  [JOB_ABOUT]: About;
  [JOB_ANSWERED]: ErrorParts | number | undefined;
  [JOB_BATCHES]: Uint8Array;
  [JOB_EXPECT_LENGTH]: number;
  [JOB_FIND]: Uint8Array | undefined;
  [JOB_LAST_ERROR]: ErrorParts;
  [JOB_LOST]: ErrorParts;
  [JOB_NO_TOKEN]: boolean;
  [JOB_OFFER]: number;
  [JOB_OFFER_DISTINCT]: number;
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
  /** Gives `[promise]` to await, or `[undefined, result]`. */
  step(came: unknown): unknown[];
  free(): void;
  [Symbol.dispose](): void;
}

/** A client's other half. */
export interface ClientBinding {
  call(operation: number, input: string, ids: Uint8Array, signal: unknown): CallBinding;
  free(): void;
  [Symbol.dispose](): void;
}

interface CodeReader extends Reader {
  count(of: number): number;
  finish(): Group[];
  expectRecipients(): void;
  addGuests(some: unknown[]): void;
  finishRecipients(): unknown;
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

/** What wasm-bindgen generated for the client. */
export interface Binding extends Glue {
  Client: new (options: string, host: object) => ClientBinding;
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
  authorizationUrl(options: string): string;
  readWebhook(
    body: Uint8Array,
    signature: string | undefined,
    keys: string,
    environment: string | undefined,
    outcomes: string | undefined,
  ): Omit<WebhookEvent, "raw">;
  renewAt(expiresAt: number): number;
}
