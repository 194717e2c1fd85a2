/** What operators ask of a program and its jobs; the worker has let them in. */
import type { ReadableJob } from "../../job/job.js";
import type { Calls } from "./calls.js";
import { resultsFrom } from "./job-reading.js";
import { type JobAction, noJob, requireState } from "./job-states.js";
import { claimKey } from "../keys.js";
import { type ListInput, accepted, readInput } from "../lists.js";
import { csvOf, matcher } from "./results-csv.js";
import type {
  BatchDecision,
  CallOrder,
  CheckOrder,
  JobOrder,
  Naming,
  ResultFilter,
  RpcResult,
} from "../objects.js";
import { approve } from "./approval.js";
import type { Cancellation } from "./cancellation.js";
import type { Creation } from "./creation.js";
import { dryRun } from "./dry-run.js";
import type { ListChecks } from "./list-check.js";
import type { Listing } from "./listing.js";
import type { Live } from "./live.js";
import { rename } from "./naming.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Pausing } from "./pausing.js";
import type { Reports } from "./reports.js";
import { prepareResend } from "./resending.js";
import type { Runner } from "./runner.js";
import type { SetAside } from "./set-aside.js";
import type { ProgramState } from "./state.js";
import type { Stubs } from "../stubs.js";
import type { Usage } from "./usage.js";
import { detail } from "./views.js";
import { type JobRecord, type Records, type Who, note, restingStatus } from "./records.js";
import type { DryRun, JobDetail, JobResultPage, JobSummary, Reconciled } from "../types.js";

const USUAL_ROWS = 500;

/** What they need of a program's object. */
interface Needs {
  readonly calls: Calls;
  readonly cancellation: Cancellation;
  readonly checks: ListChecks;
  readonly creation: Creation;
  readonly jobs: OpenJobs;
  readonly listing: Listing;
  readonly live: Live;
  readonly pausing: Pausing;
  readonly records: Records;
  readonly reports: Reports;
  readonly runner: Runner;
  readonly setAside: SetAside;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  readonly usage: Usage;
  arm(): Promise<void>;
}

export class Operations {
  constructor(readonly program: Needs) {}

  /** Creates a job; the same one where the same request has created it before. */
  async createJob(
    { key, ...order }: JobOrder,
    input: ListInput,
  ): Promise<{ summary: JobSummary; isNew: boolean }> {
    const { program } = this;
    const { programId, flags } = order;
    const list = accepted(await readInput(input), flags);
    program.state.setProgramId(programId);
    await program.pausing.learn();
    await claimKey(program.stubs.app(), key, { route: "job", program: programId });
    const { record, isNew } = await program.creation.create({
      ...order,
      list,
      // Not to be taken for one of a group's.
      key: `job:${key}`,
      group: null,
      isCall: false,
      isHeld: false,
    });
    if (isNew) {
      // Known to everybody before anything leaves.
      await program.reports.report(record);
      await program.arm();
    }
    return { summary: record.summary, isNew };
  }

  /** Uber's own call. What went wrong with it is no refusal. */
  async distribute(order: CallOrder, input: ListInput): Promise<RpcResult<{ codes: number }>> {
    const list = accepted(await readInput(input), order.flags);
    return this.program.calls.distribute(order, list);
  }

  /** What a job of a list would come to. */
  async dryRun({ programId, list, isOneOfMany }: CheckOrder): Promise<DryRun> {
    return dryRun(this.program, programId, await readInput(list), isOneOfMany);
  }

  jobs(): JobSummary[] {
    return this.program.records.jobs().map(({ summary }) => summary);
  }

  async job(jobId: string): Promise<JobDetail> {
    return detail(this.program, await this.shown("", jobId));
  }

  /** A job that somebody looks at: one that was set aside is read again. */
  async shown(action: Extract<JobAction, "" | "live">, jobId: string): Promise<JobRecord> {
    const record = this.#record(jobId);
    await this.program.setAside.retry(record);
    requireState(action, record.summary);
    return record;
  }

  async results(
    jobId: string,
    { limit = USUAL_ROWS, from = 0, ...filter }: ResultFilter,
  ): Promise<JobResultPage> {
    const job = await this.#jobFor("results", this.#record(jobId));
    const cursor = { place: from };
    const rows: JobResultPage["rows"] = [];
    const isWanted = matcher(filter);
    for (const result of resultsFrom(job, cursor, filter.state)) {
      if (!isWanted(result)) continue;
      if (rows.length === limit) return { rows, next: cursor.place };
      rows.push({ place: cursor.place, ...result });
    }
    return { rows, next: null };
  }

  async resultsCsv(jobId: string, filter: ResultFilter): Promise<ReadableStream<Uint8Array>> {
    const { listing } = this.program;
    const record = this.#record(jobId);
    const job = await this.#jobFor("results.csv", record);
    const textOf = await listing.codeTexts(record.summary.programId);
    return byteStream(csvOf(job, jobId, filter, textOf));
  }

  async journal(jobId: string): Promise<ReadableStream<Uint8Array>> {
    const record = this.#record(jobId);
    requireState("journal", record.summary);
    return byteStream(this.program.jobs.bytes(record.number));
  }

  async pause(jobId: string, who: Who): Promise<JobSummary> {
    const { program } = this;
    const record = this.#record(jobId);
    const { summary, number } = record;
    requireState("pause", summary);
    if (summary.status === "running" || summary.status === "scheduled") {
      note(record, { ...who, action: "paused", codes: summary.progress.pending });
      Object.assign(summary, { status: "paused", startsAt: null });
      program.runner.stop(number);
      program.runner.settle(record, summary.progress);
      await program.reports.report(record);
    }
    return summary;
  }

  async resume(jobId: string, who: Who): Promise<JobSummary> {
    const { program } = this;
    const record = this.#record(jobId);
    requireState("resume", record.summary);
    await program.pausing.learn();
    requireState("resume", record.summary);
    await program.pausing.resume(record, who);
    return record.summary;
  }

  async cancel(jobId: string, who: Who): Promise<JobSummary> {
    const record = this.#record(jobId);
    await this.program.cancellation.cancel(record, who);
    return record.summary;
  }

  async approve(jobId: string, who: Who): Promise<JobSummary> {
    const record = this.#record(jobId);
    await approve(this.program, record, who);
    return record.summary;
  }

  async rename(jobId: string, naming: Naming, by: string): Promise<JobSummary> {
    const record = this.#record(jobId);
    await rename(this.program, record, naming, by);
    return record.summary;
  }

  async resolve(jobId: string, { batch, decision }: BatchDecision, who: Who): Promise<JobSummary> {
    const { program } = this;
    const record = this.#record(jobId);
    const { summary, number } = record;
    await this.#jobFor("resolve", record);
    if (decision === "resend") await prepareResend(program, record);
    const { unknown: codes } = summary.progress;
    const progress = await program.jobs.use(number, async (job) => {
      requireState("resolve", summary);
      await job.resolve(batch, decision);
      return job.progress();
    });
    if (summary.status !== "running") {
      // What is to be sent again waits for `resume`.
      summary.status = decision === "resend" ? "paused" : restingStatus(progress);
    }
    const detail = `${decision}, ${batch === "all" ? "all batches" : `batch ${batch + 1}`}`;
    note(record, { ...who, action: "decided", codes, detail });
    program.runner.settle(record, progress);
    await program.reports.report(record);
    await program.arm();
    return summary;
  }

  async drop(jobId: string, who: Who): Promise<JobSummary> {
    const record = this.#record(jobId);
    requireState("drop", record.summary);
    note(record, { ...who, action: "dropped", codes: record.summary.progress.total });
    await this.program.setAside.drop(record);
    return record.summary;
  }

  async reconcile(jobId: string): Promise<Reconciled> {
    const record = this.#record(jobId);
    requireState("reconcile", record.summary);
    return this.program.usage.reconcile(record);
  }

  #record(jobId: string): JobRecord {
    const record = this.program.records.byId(jobId);
    if (record === undefined || record.summary.status === "creating") throw noJob();
    return record;
  }

  /** The job, where what is asked for is possible in its state and its journal can be read. */
  async #jobFor(action: JobAction, record: JobRecord): Promise<ReadableJob> {
    requireState(action, record.summary);
    const job = await this.program.jobs.getReadable(record);
    if (job) return job;
    // It was set aside by that.
    requireState(action, record.summary);
    throw noJob();
  }
}

/** The platform passes streams of bytes on, and no others. */
function byteStream(pieces: AsyncIterator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const next = await pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
