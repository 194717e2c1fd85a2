/**
 * Uber's own distribute call, from a client in a page: a job of one batch, so
 * that its codes are claimed, written down and never sent twice unnoticed.
 */
import type { VoucherError } from "../errors.js";
import type { ReadableJob } from "../job.js";
import { log, logError } from "./log.js";
import type { ProgramObject } from "./program.js";
import { everybody } from "./everybody.js";
import { Refusal, answer, distributeProblem, faultOf, refuse } from "./problem.js";
import { type JobRecord, restingStatus } from "./records.js";
import { operatorIn } from "./routing.js";
import { accepted, flagsOf, mediaType, readList } from "./upload.js";

/** Of one call (stated for generating codes; taken over). */
const MOST_CODES = 30_000;
/** The page gives up after that, at the earliest. */
const PATIENCE_MS = 25_000;

export class Calls {
  /** The numbers of those that somebody waits for. */
  readonly #awaited = new Set<number>();

  constructor(readonly program: ProgramObject) {}

  /** One was created. */
  created({ number, isCall }: JobRecord): void {
    if (isCall) this.#awaited.add(number);
  }

  /** When those are to be ended that nobody waits for any more, as they broke off. */
  dueAt(now: number): number[] {
    return this.#broken().map(({ number }) => Math.max(now, this.program.jobs.retryAt(number)));
  }

  /** Ends those. Never throws. */
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

  /** Ends one, whose job may have to be read from its journal again. */
  end(record: JobRecord): Promise<ReadableJob> {
    return this.program.jobs.use(record.number, async (job) => {
      await this.#end(record, job);
      return job;
    });
  }

  async #end(record: JobRecord, job: ReadableJob): Promise<void> {
    // What has not left is not to leave any more: the caller asks again.
    if (job.progress().pending > 0) await job.resolve(0, "abandon");
    const progress = job.progress();
    record.summary.status = restingStatus(progress);
    this.program.runner.settle(record, progress);
    await this.program.arm();
  }

  async distribute(programId: string, request: Request): Promise<Response> {
    const { program } = this;
    if (mediaType(request) !== "application/json") {
      throw refuse(
        415,
        "unsupported_media_type",
        "The body must be application/json",
        "Set Content-Type: application/json.",
      );
    }
    const { list: read, flags } = await readList(request, flagsOf(new URL(request.url)), () =>
      everybody(program, programId),
    );
    const list = accepted(read, flags);
    if (list.size > MOST_CODES) {
      throw refuse(
        422,
        "too_many_codes",
        "One call takes at most 30000 codes",
        "Make a job of them: POST /api/programs/{program}/jobs.",
      );
    }
    program.know(programId);
    await program.learnPause();
    if (program.isPaused) {
      // No 5xx: the page's client would take the codes for unknown.
      throw refuse(
        423,
        "paused",
        "An operator has paused everything",
        "Nothing was queued. Ask again when it goes on.",
      );
    }
    const { record } = await program.creation.create({
      programId,
      list,
      flags,
      key: null,
      by: operatorIn(request).name,
      source: null,
      group: null,
      isCall: true,
      batchSize: MOST_CODES,
      // Driven here, and not by the alarm.
      status: "held",
    });
    const { job, thrown } = await this.#run(record);
    const progress = job.progress();
    const [batch] = job.batches();
    const isQueued = progress.queued + progress.distributed + progress.failed === progress.total;
    const error = (thrown ?? batch?.lastError) as VoucherError | null;
    log("distribute", {
      program: programId,
      codes: list.size,
      state: isQueued ? "queued" : (batch?.state ?? "unknown"),
      code: error?.code ?? null,
    });
    if (isQueued) return Response.json({ codes: list.size });
    if (error) return answer(distributeProblem(error));
    throw refuse(
      424,
      "not_sent",
      "The worker could not send it in time",
      "Nothing was queued. Ask again.",
    );
  }

  async #run(record: JobRecord): Promise<{ job: ReadableJob; thrown: unknown }> {
    const { program } = this;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    let thrown: unknown;
    try {
      await program.jobs.use(record.number, (job) => job.run({ signal }));
    } catch (error) {
      thrown = error;
    }
    try {
      return { job: await this.end(record), thrown };
    } catch (error) {
      logError("call", error);
      this.#awaited.delete(record.number);
      // The alarm ends it.
      await program.arm();
      throw new Refusal({
        status: 502,
        code: faultOf(error).code,
        title: "What became of the call can't be told now",
        hint: "Look at the program's codes before you send again.",
        queued: "unknown",
      });
    } finally {
      this.#awaited.delete(record.number);
    }
  }
}
