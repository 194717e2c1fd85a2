/** The core's state machine of a job, each operation with its name and types. */
import { type Binding, instance } from "./binding.js";
import { randomSeed } from "../codes/code-list.js";
import { type ErrorParts, type VoucherError, isUnsent, toError } from "../errors.js";
import type { JobDecision } from "../job/types.js";
import type { CheckedJobOptions } from "../client/options.js";
import type { Answer } from "../http/transport.js";
import type { FetchInit } from "../types.js";

// The operations, as `src/wasm/job.rs` numbers them.
const PUSH = 0;
const OFFER = 1;
const OPEN = 2;
const ABOUT = 3;
const START = 4;
const PAUSE = 5;
const POLL = 6;
const SAVED = 7;
const SAVE_FAILED = 8;
const TOKEN = 9;
const NO_TOKEN = 10;
const ANSWERED = 11;
const LOST = 12;
const REPORT = 13;
const RESOLVE = 14;
const RESOLVE_ALL = 15;
const PROGRESS = 16;
const BATCHES = 17;
const LAST_ERROR = 18;
const RESULTS = 19;
const REASON = 20;
const OFFER_DISTINCT = 21;
const REQUEST = 22;
const UNSENT = 23;
const FIND = 24;
const EXPECT_LENGTH = 25;
const USAGE = 26;

// What the core asks for.
export const SAVE = 0;
export const NEED_TOKEN = 1;
export const SEND = 2;
export const WAIT = 3;
export const DONE = 4;

/** What a number of 32 bits holds: 49 days. */
const LONGEST_HOLD_MS = 2 ** 32 - 1;

export type Action =
  | readonly [typeof SAVE, record: Uint8Array]
  | readonly [typeof NEED_TOKEN, batch: number, renew: boolean]
  | readonly [typeof SEND, batch: number, attempt: number, body: string]
  | readonly [typeof WAIT, until: number]
  | readonly [typeof DONE, halt?: ErrorParts]
  | undefined;

/** What all requests of a job have in common: never sent without a list as its body. */
export type Template = readonly [url: string, init: FetchInit];

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
  batchSize: number;
  duplicates: number;
}

export class JobMachine {
  readonly #generation = instance.generation;
  readonly #machine: InstanceType<Binding["JobMachine"]>;
  readonly #now: () => number;

  constructor(
    glue: Binding,
    client: InstanceType<Binding["Client"]>,
    now: () => number,
    { batchSize, concurrency, intervalMs, maxRetries }: CheckedJobOptions,
  ) {
    this.#now = now;
    this.#machine = instance.callSync(
      () =>
        new glue.JobMachine(client, batchSize, concurrency, intervalMs, maxRetries, randomSeed()),
    );
  }

  /** Whether the instance that it lives in broke down. */
  get isLost(): boolean {
    return !instance.isLive(this.#generation);
  }

  refuseLost(): void {
    if (!this.isLost) return;
    throw toError({
      class: "JobError",
      code: "instance_lost",
      queued: "unknown",
      message: "The WebAssembly instance that the job lived in broke down",
      hint: "Resume the job from its journal.",
    });
  }

  #call<T>(operation: number, at = 0, value?: unknown): T {
    this.refuseLost();
    return instance.callSync(() => this.#machine.call(operation, this.#now(), at, value)) as T;
  }

  /** Bytes of the journal; gives how many so far are whole records. */
  push = (bytes: Uint8Array) => this.#call<number>(PUSH, 0, bytes);
  /** How long the journal is known to have been: a shorter one is refused. */
  expectLength = (bytes: number) => this.#call<void>(EXPECT_LENGTH, 0, bytes);
  /** Codes of a job to be created, of so many in all. */
  offer = (ids: Uint8Array, total: number, isDistinct: boolean) =>
    this.#call<void>(isDistinct ? OFFER_DISTINCT : OFFER, total, ids);
  /** Makes the job; gives how many bytes of the journal are to be kept. */
  open = (opening: Opening) => this.#call<number>(OPEN, 0, opening);
  about = () => this.#call<About>(ABOUT);
  request = () => this.#call<Template>(REQUEST);
  start = () => this.#call<void>(START);
  pause = () => this.#call<void>(PAUSE);
  /** Nothing leaves within the next `heldMs`; if that is too long a number, this asks again. */
  poll = (heldMs: number) => this.#call<Action>(POLL, Math.min(heldMs, LONGEST_HOLD_MS));
  /** Gives whether the whole list is in the journal. */
  saved = () => this.#call<boolean>(SAVED);
  /** Gives the error for a journal of which so much was found, if it had more. */
  saveFailed = (found: number | undefined) =>
    this.#call<ErrorParts | undefined>(SAVE_FAILED, 0, found);
  token = (batch: number) => this.#call<void>(TOKEN, batch);
  /** Gives whether that ends the run. */
  noToken = (batch: number, error: VoucherError & { status?: number }) =>
    this.#call<boolean>(NO_TOKEN, batch, [error.code, error.status ?? 0, isUnsent(error)]);
  /** How long the body may take that is needed to judge an answer, in milliseconds; or it is not. */
  bodyPatienceMs = ({ status, lines }: Answer) =>
    this.#call<number | undefined>(ANSWERED, 0, [status, lines]);
  /** Gives the error that it means. */
  answered = (batch: number, { status, lines }: Answer, body: string) =>
    this.#call<ErrorParts | undefined>(ANSWERED, batch, [status, lines, body]);
  /** Gives the error that it means. */
  lost = (batch: number, code: "timeout" | "connection_failed") =>
    this.#call<ErrorParts>(LOST, batch, [code, 0]);
  /** The same, of a request that never left. */
  unsent = (batch: number) => this.#call<ErrorParts>(UNSENT, batch);
  /** Gives how many codes it settled: none, if the program is another. */
  report = (programId: string | null, outcomes: unknown[]) =>
    this.#call<number>(REPORT, 0, [programId, outcomes]);
  /** Codes that are in use, a line each; gives how many became distributed by that. */
  applyUsage = (lines: string) => this.#call<number>(USAGE, 0, lines);
  resolve = (batch: number | "all", decision: JobDecision) =>
    batch === "all"
      ? this.#call<void>(RESOLVE_ALL, 0, decision)
      : this.#call<void>(RESOLVE, batch, decision);
  /** All, in each state, requests, retries, created at, time left, waiting until, used before. */
  progress = () => this.#call<[number, ...(number | null)[]]>(PROGRESS);
  /** 24 bytes each: state, whether there is an error, whether it was cancelled, what it rests on, codes, used, reported, attempts, when it left. */
  batches = () => this.#call<Uint8Array>(BATCHES);
  lastError = (batch: number) => this.#call<ErrorParts>(LAST_ERROR, batch);
  /** A page of at most 1,024, 24 bytes each: place, state, evidence, reason, code. `states` is a set of bits. */
  results = (from: number, states: number | undefined) =>
    this.#call<Uint8Array>(RESULTS, from, states);
  /** The same of one code, if the job has it. */
  find = (code: string) => this.#call<Uint8Array | undefined>(FIND, 0, code);
  reason = (number: number) => this.#call<string | null>(REASON, number);
}
