/** The core's state machine of a job, with the name and types of each operation. */
import { instance } from "./binding.js";
import { randomSeed } from "../codes/code-list.js";
import { type VoucherError, isUnsent, toError } from "../errors.js";
import {
  JOB_ABOUT,
  JOB_ANSWERED,
  JOB_BATCHES,
  JOB_CLOSED_HINT,
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
import type { JobDecision } from "../job/types.js";
import type { CheckedJobOptions } from "../job/options.js";
import type { ResponseHead } from "../http/transport.js";
import type { Binding, ClientBinding, JobBinding, JobResults, Opening } from "./results.js";

/** The largest number of milliseconds in 32 bits: 49 days. */
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

  /** Whether its instance has trapped. */
  get isLost(): boolean {
    return !instance.isLive(this.#generation);
  }

  requireInstance(): void {
    if (!this.isLost) return;
    throw toError({
      class: "JobError",
      code: "instance_lost",
      queued: "unknown",
      message: "The WebAssembly instance of the job crashed",
      hint: JOB_CLOSED_HINT,
    });
  }

  #call<O extends keyof JobResults>(operation: O, at = 0, value?: unknown): JobResults[O] {
    this.requireInstance();
    return instance.callSync(() => this.#machine.call(operation, this.#now(), at, value));
  }

  /** Adds bytes of the journal; returns how many bytes so far are whole records. */
  push = (bytes: Uint8Array) => this.#call(JOB_PUSH, 0, bytes);
  /** Sets the known length of the journal: a shorter one is refused. */
  expectLength = (bytes: number) => this.#call(JOB_EXPECT_LENGTH, 0, bytes);
  /** Adds codes of the job to create; `total` is their number. */
  offer = (ids: Uint8Array, total: number, isDistinct: boolean) =>
    this.#call(isDistinct ? JOB_ADD_DISTINCT_CODES : JOB_ADD_CODES, total, ids);
  /** Creates the job; returns how many bytes of the journal to keep. */
  open = (opening: Opening) => this.#call(JOB_OPEN, 0, opening);
  about = () => this.#call(JOB_ABOUT);
  request = () => this.#call(JOB_REQUEST);
  start = () => this.#call(JOB_START);
  pause = () => this.#call(JOB_PAUSE);
  /**
   * Returns the next action, which sends nothing within the next `heldMs` (capped at 32 bits, after
   * which it is polled again).
   */
  poll = (heldMs: number) => this.#call(JOB_POLL, Math.min(heldMs, LONGEST_HOLD_MS));
  /** Returns whether the whole list is in the journal. */
  saved = () => this.#call(JOB_SAVED);
  /** Returns the error if the journal now has fewer bytes than it had. */
  saveFailed = (found: number | undefined) => this.#call(JOB_SAVE_FAILED, 0, found);
  token = (batch: number) => this.#call(JOB_TOKEN, batch);
  /** Returns whether that ends the run. */
  noToken = (batch: number, error: VoucherError & { status?: number }) =>
    this.#call(JOB_NO_TOKEN, batch, [error.code, error.status ?? 0, isUnsent(error)]);
  /** How many milliseconds reading the body may take, if it is needed to judge the response. */
  bodyPatienceMs = ({ status, lines }: ResponseHead) => {
    const told = this.#call(JOB_ANSWERED, 0, [status, lines]);
    return typeof told === "number" ? told : undefined;
  };
  /** Returns the resulting error. */
  answered = (batch: number, { status, lines }: ResponseHead, body: string) => {
    const told = this.#call(JOB_ANSWERED, batch, [status, lines, body]);
    return typeof told === "object" ? told : undefined;
  };
  /** Returns the resulting error. */
  lost = (batch: number, code: "timeout" | "connection_failed") =>
    this.#call(JOB_LOST, batch, [code, 0]);
  /** The same, for a request that was never sent. */
  unsent = (batch: number) => this.#call(JOB_UNSENT, batch);
  /** Returns how many codes it settled: none if it names another program. */
  report = (programId: string | null, outcomes: unknown[]) =>
    this.#call(JOB_REPORT, 0, [programId, outcomes]);
  /** Applies codes in use, one per line; returns how many became distributed by that. */
  applyUsage = (lines: string) => this.#call(JOB_USAGE, 0, lines);
  resolve = (batch: number | "all", decision: JobDecision) =>
    batch === "all"
      ? this.#call(JOB_RESOLVE_ALL, 0, decision)
      : this.#call(JOB_RESOLVE, batch, decision);
  /** The values of `PROGRESS_MEMBERS`. */
  progress = () => this.#call(JOB_PROGRESS);
  /** `BATCH_ROW_BYTES` per batch. */
  batches = () => this.#call(JOB_BATCHES);
  lastError = (batch: number) => this.#call(JOB_LAST_ERROR, batch);
  /** A page of at most `RESULTS_PER_PAGE` rows of `RESULT_ROW_BYTES`. `states` is a set of bits. */
  results = (from: number, states: number | undefined) => this.#call(JOB_RESULTS, from, states);
  /** The row of one code, if the job has it. */
  find = (code: string) => this.#call(JOB_FIND, 0, code);
  reason = (number: number) => this.#call(JOB_REASON, number);
}
