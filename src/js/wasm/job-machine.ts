/** The core's state machine of a job, each operation with its name and types. */
import { instance } from "./binding.js";
import { randomSeed } from "../codes/code-list.js";
import { type VoucherError, isUnsent, toError } from "../errors.js";
import {
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
import type { JobDecision } from "../job/types.js";
import type { CheckedJobOptions } from "../job/options.js";
import type { Answer } from "../http/transport.js";
import type { Binding, ClientBinding, JobBinding, JobResults, Opening } from "./results.js";

/** What a number of 32 bits holds: 49 days. */
const LONGEST_HOLD_MS = 2 ** 32 - 1;

export class JobMachine {
  readonly #generation = instance.generation;
  readonly #machine: JobBinding;
  readonly #now: () => number;

  constructor(glue: Binding, client: ClientBinding, now: () => number, options: CheckedJobOptions) {
    this.#now = now;
    const { batchSize, pauseAfter, concurrency, intervalMs, maxRetries } = options;
    const rest = [concurrency, intervalMs, maxRetries, randomSeed()] as const;
    this.#machine = instance.callSync(
      () => new glue.JobMachine(client, batchSize, pauseAfter, ...rest),
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

  #call<O extends keyof JobResults>(operation: O, at = 0, value?: unknown): JobResults[O] {
    this.refuseLost();
    return instance.callSync(() => this.#machine.call(operation, this.#now(), at, value));
  }

  /** Bytes of the journal; gives how many so far are whole records. */
  push = (bytes: Uint8Array) => this.#call(JOB_PUSH, 0, bytes);
  /** How long the journal is known to have been: a shorter one is refused. */
  expectLength = (bytes: number) => this.#call(JOB_EXPECT_LENGTH, 0, bytes);
  /** Codes of a job to be created, of so many in all. */
  offer = (ids: Uint8Array, total: number, isDistinct: boolean) =>
    this.#call(isDistinct ? JOB_OFFER_DISTINCT : JOB_OFFER, total, ids);
  /** Makes the job; gives how many bytes of the journal are to be kept. */
  open = (opening: Opening) => this.#call(JOB_OPEN, 0, opening);
  about = () => this.#call(JOB_ABOUT);
  request = () => this.#call(JOB_REQUEST);
  start = () => this.#call(JOB_START);
  pause = () => this.#call(JOB_PAUSE);
  /** Nothing leaves within the next `heldMs`; if that is too long a number, this asks again. */
  poll = (heldMs: number) => this.#call(JOB_POLL, Math.min(heldMs, LONGEST_HOLD_MS));
  /** Gives whether the whole list is in the journal. */
  saved = () => this.#call(JOB_SAVED);
  /** Gives the error for a journal of which so much was found, if it had more. */
  saveFailed = (found: number | undefined) => this.#call(JOB_SAVE_FAILED, 0, found);
  token = (batch: number) => this.#call(JOB_TOKEN, batch);
  /** Gives whether that ends the run. */
  noToken = (batch: number, error: VoucherError & { status?: number }) =>
    this.#call(JOB_NO_TOKEN, batch, [error.code, error.status ?? 0, isUnsent(error)]);
  /** How long the body may take that is needed to judge an answer, in milliseconds; or it is not. */
  bodyPatienceMs = ({ status, lines }: Answer) => {
    const told = this.#call(JOB_ANSWERED, 0, [status, lines]);
    return typeof told === "number" ? told : undefined;
  };
  /** Gives the error that it means. */
  answered = (batch: number, { status, lines }: Answer, body: string) => {
    const told = this.#call(JOB_ANSWERED, batch, [status, lines, body]);
    return typeof told === "object" ? told : undefined;
  };
  /** Gives the error that it means. */
  lost = (batch: number, code: "timeout" | "connection_failed") =>
    this.#call(JOB_LOST, batch, [code, 0]);
  /** The same, of a request that never left. */
  unsent = (batch: number) => this.#call(JOB_UNSENT, batch);
  /** Gives how many codes it settled: none, if the program is another. */
  report = (programId: string | null, outcomes: unknown[]) =>
    this.#call(JOB_REPORT, 0, [programId, outcomes]);
  /** Codes that are in use, a line each; gives how many became distributed by that. */
  applyUsage = (lines: string) => this.#call(JOB_USAGE, 0, lines);
  resolve = (batch: number | "all", decision: JobDecision) =>
    batch === "all"
      ? this.#call(JOB_RESOLVE_ALL, 0, decision)
      : this.#call(JOB_RESOLVE, batch, decision);
  /** All, in each state, requests, retries, created at, time left, waiting until, used before, whether it paused. */
  progress = () => this.#call(JOB_PROGRESS);
  /** `BATCH_ROW_BYTES` each: state, whether there is an error, whether it was cancelled, what it rests on, codes, used, reported, attempts, when it left. */
  batches = () => this.#call(JOB_BATCHES);
  lastError = (batch: number) => this.#call(JOB_LAST_ERROR, batch);
  /** A page of at most `RESULTS_PER_PAGE`, `RESULT_ROW_BYTES` each: place, state, evidence, reason, code, batch. `states` is a set of bits. */
  results = (from: number, states: number | undefined) => this.#call(JOB_RESULTS, from, states);
  /** The same of one code, if the job has it. */
  find = (code: string) => this.#call(JOB_FIND, 0, code);
  reason = (number: number) => this.#call(JOB_REASON, number);
}
