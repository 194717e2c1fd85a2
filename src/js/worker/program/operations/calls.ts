/**
 * Uber's own distribute call, from a client in a page. It becomes a job of one batch, so
 * that its codes are claimed and recorded, and never sent twice unnoticed.
 */
import type { CodeList } from "../../../codes/code-list.js";
import { VoucherError } from "../../../errors.js";
import type { ReadableJob } from "../../../job/job.js";
import type { JobProgress } from "../../../job/types.js";
import { refuseUnapproved } from "./approval.js";
import { log, logError } from "../../log.js";
import type { Creation } from "./creation.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { Pausing } from "./pausing.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import type { Runner } from "../sending/runner.js";
import type { ProgramState } from "../state.js";
import type { Stubs } from "../../stubs.js";
import { MAX_CODES } from "../../../generated/protocol.js";
import { claimKey } from "../../keys.js";
import type { CallOrder, RpcResult } from "../../objects.js";
import { type Problem, Refusal, distributeProblem, faultOf, refuse } from "../../problem.js";
import { type JobRecord, type Records, restingStatus } from "../jobs/records.js";

type CallResult = RpcResult<{ codes: number }>;

/** The page waits at least this long. */
const PATIENCE_MS = 25_000;

/** The parts of the program's object used here. */
interface Dependencies {
  readonly creation: Creation;
  readonly jobs: OpenJobs;
  readonly pausing: Pausing;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  arm(): Promise<void>;
}

export class Calls {
  /** The numbers of calls whose caller is waiting. */
  readonly #awaited = new Set<number>();

  constructor(readonly program: Dependencies) {}

  /** A call was created. */
  created({ number, isCall }: JobRecord): void {
    if (isCall) this.#awaited.add(number);
  }

  /** When to end interrupted calls, for which no caller waits. */
  dueAt(now: number): number[] {
    return this.#broken().map(({ number }) => Math.max(now, this.program.jobs.retryAt(number)));
  }

  /** Ends interrupted calls. Never throws. */
  async recover(): Promise<void> {
    for (const record of this.#broken()) {
      if (this.program.jobs.retryAt(record.number) > Date.now()) continue;
      await this.end(record).catch((error: unknown) => logError("call", error));
    }
  }

  #broken(): JobRecord[] {
    return this.program.records
      .inStatus("held")
      .filter(({ isCall, number }) => isCall && !this.#awaited.has(number));
  }

  /** Ends a call. Its job may have to be read from its journal again. */
  end(record: JobRecord): Promise<ReadableJob> {
    return this.program.jobs.use(record.number, async (job) => {
      await this.#end(record, job);
      return job;
    });
  }

  async #end(record: JobRecord, job: ReadableJob): Promise<void> {
    // Nothing more is sent: the caller repeats the request.
    if (job.progress().pending > 0) await job.resolve(0, "abandon");
    const progress = job.progress();
    record.summary.status = restingStatus(progress);
    // It queued nothing, so a request with the same key tries again.
    if (isUnsent(progress)) this.program.records.forgetKey(record);
    this.program.runner.settle(record, progress);
    await this.program.arm();
  }

  async distribute(order: CallOrder, list: CodeList): Promise<CallResult> {
    const { program } = this;
    const { programId, flags, key, by, isEverybody } = order;
    if (list.size > MAX_CODES) {
      throw refuse(
        422,
        "too_many_codes",
        `One call takes at most ${MAX_CODES} codes`,
        "Create a job: POST /api/programs/{program}/jobs.",
      );
    }
    refuseUnapproved(list.size);
    program.state.setProgramId(programId);
    await program.pausing.sync();
    if (program.state.isPaused) {
      // Not a 5xx, for which the page's client would take the codes as unknown.
      throw refuse(
        423,
        "paused",
        "An operator has paused everything",
        "Nothing was queued. Try again when sending is resumed.",
      );
    }
    if (key !== null) {
      await claimKey(program.stubs.app(), key, { route: "distribute", program: programId });
    }
    const { record, isNew } = await program.creation.create({
      programId,
      list,
      flags,
      // It is Uber's own call.
      check: undefined,
      reviewed: undefined,
      fingerprint: { all: isEverybody },
      key: key === null ? null : `call:${key}`,
      by,
      source: null,
      name: "",
      pauseAfter: null,
      plan: { starts: true, startInSeconds: 0 },
      group: null,
      isCall: true,
      batchSize: MAX_CODES,
      // Run here, not by the alarm.
      isHeld: true,
    });
    if (!isNew) return this.#repeat(record);
    const result = resultOf(record, await this.#run(record));
    await program.reports.note(record);
    return result;
  }

  /** The result of an earlier call with the same key. */
  async #repeat(record: JobRecord): Promise<CallResult> {
    if (record.summary.status === "held") {
      throw refuse(
        409,
        "call_in_progress",
        "The first call with this Idempotency-Key is still running",
        "Try again in a moment, with the same key.",
        { headers: { "Retry-After": "2" } },
      );
    }
    if (record.isFolded) return resultOf(record, undefined);
    const job = await this.program.jobs.get(record.number);
    return resultOf(record, job.batches()[0]?.lastError);
  }

  /** Sends a call. Returns what went wrong. */
  async #run(record: JobRecord): Promise<unknown> {
    const { program } = this;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    let thrown: unknown;
    try {
      await program.jobs.use(record.number, (job) => job.run({ signal }));
    } catch (error) {
      thrown = error;
    }
    try {
      await program.jobs.use(record.number, async (job) => {
        // Before the call is settled, which may delete its list.
        thrown ??= job.batches()[0]?.lastError;
        await this.#end(record, job);
      });
      return thrown;
    } catch (error) {
      logError("call", error);
      this.#awaited.delete(record.number);
      // The alarm ends it.
      await program.arm();
      throw new Refusal({
        status: 502,
        code: faultOf(error).code,
        title: "The result of the call is not known at the moment",
        hint: "Look at the program's codes before you send again.",
        queued: "unknown",
      });
    } finally {
      this.#awaited.delete(record.number);
    }
  }
}

/** Whether nothing of it is or may be queued. Abandoned codes were not sent when the call ended. */
function isUnsent({ rejected, abandoned, total }: JobProgress): boolean {
  return rejected + abandoned === total;
}

function resultOf({ summary }: JobRecord, thrown: unknown): CallResult {
  const { progress, programId } = summary;
  const isQueued = progress.queued + progress.distributed + progress.failed === progress.total;
  const error = thrown instanceof VoucherError ? thrown : undefined;
  log("distribute", {
    program: programId,
    codes: progress.total,
    state: isQueued ? "queued" : progress.unknown > 0 ? "unknown" : "not queued",
    code: error?.code ?? null,
  });
  if (isQueued) return { value: { codes: progress.total } };
  if (error) return { problem: distributeProblem(error) };
  if (!isUnsent(progress)) {
    const problem: Problem = {
      status: 502,
      code: "unexpected_response",
      title: "The call was interrupted; its codes may have been queued",
      hint: "Look at the program's jobs: an operator decides about unknown codes.",
      queued: "unknown",
    };
    return { problem };
  }
  throw refuse(
    424,
    "not_sent",
    "The worker could not send it in time",
    "Nothing was queued. Try again.",
  );
}
