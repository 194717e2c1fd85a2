/** What operators do with a program and its jobs; the worker has already let them in. */
import type { ReadableJob } from "../../job/job.js";
import type { JobBatch } from "../../job/types.js";
import type { Calls } from "./operations/calls.js";
import { resultsFrom } from "./jobs/job-reading.js";
import { withRejections } from "./jobs/rejections.js";
import { type JobAction, noJob, requireState, requireUnstarted } from "./jobs/job-states.js";
import { claimKey } from "../keys.js";
import { type ListInput, accepted, readInput } from "../lists.js";
import { csvOf, matcher } from "./responses/results-csv.js";
import type {
  BatchDecision,
  CallOrder,
  CheckOrder,
  JobOrder,
  Naming,
  ResultFilter,
  RpcResult,
} from "../objects.js";
import { abandonRest } from "./operations/abandonment.js";
import { approve } from "./operations/approval.js";
import type { Cancellation } from "./operations/cancellation.js";
import type { Creation } from "./operations/creation.js";
import { dryRun } from "./operations/dry-run.js";
import type { ListChecks } from "./lists/list-check.js";
import type { Inbox } from "./evidence/inbox.js";
import type { Listing } from "./lists/listing.js";
import type { Live } from "./updates/live.js";
import { DEFAULT_RESULTS } from "../limits.js";
import { rename } from "./operations/naming.js";
import type { OpenJobs } from "./jobs/open-jobs.js";
import type { Pausing } from "./operations/pausing.js";
import type { ProgressReports } from "./updates/progress-reports.js";
import { prepareResend } from "./evidence/resend-guard.js";
import type { Runner } from "./sending/runner.js";
import type { SetAside } from "./jobs/set-aside.js";
import type { ProgramState } from "./state.js";
import type { Stubs } from "../stubs.js";
import type { Usage } from "./evidence/usage.js";
import { jobDetail } from "./responses/views.js";
import { type JobRecord, type Records, type Who, note, restingStatus } from "./jobs/records.js";
import type { DryRun, JobDetail, JobResultPage, JobSummary, Reconciled } from "../types.js";

/** The parts of the program's object used here. */
interface Dependencies {
  readonly calls: Calls;
  readonly cancellation: Cancellation;
  readonly checks: ListChecks;
  readonly creation: Creation;
  readonly inbox: Inbox;
  readonly jobs: OpenJobs;
  readonly listing: Listing;
  readonly live: Live;
  readonly pausing: Pausing;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  readonly setAside: SetAside;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  readonly usage: Usage;
  arm(): Promise<void>;
}

export class Operations {
  constructor(readonly program: Dependencies) {}

  /** Creates a job, or returns the one that the same request created. */
  async createJob(
    { key, ...order }: JobOrder,
    input: ListInput,
  ): Promise<{ summary: JobSummary; isNew: boolean }> {
    const { program } = this;
    const { programId, flags } = order;
    const list = accepted(await readInput(input), flags);
    program.state.setProgramId(programId);
    await program.pausing.sync();
    await claimKey(program.stubs.app(), key, { route: "job", program: programId });
    const { record, isNew } = await program.creation.create({
      ...order,
      list,
      // So that it is not mistaken for a job of a group.
      key: `job:${key}`,
      group: null,
      isCall: false,
      isHeld: false,
    });
    if (isNew) {
      // Reported to the app's object before anything is sent.
      await program.reports.report(record);
      await program.arm();
    }
    return { summary: record.summary, isNew };
  }

  /** Uber's own call. Its errors are results, not refusals. */
  async distribute(order: CallOrder, input: ListInput): Promise<RpcResult<{ codes: number }>> {
    const list = accepted(await readInput(input), order.flags);
    return this.program.calls.distribute(order, list);
  }

  /** Checks what a job of a list would send. */
  async dryRun({ programId, list, isOneOfMany }: CheckOrder): Promise<DryRun> {
    const read = await readInput(list);
    await this.program.inbox.flush();
    return dryRun(this.program, programId, read, isOneOfMany);
  }

  jobs(): JobSummary[] {
    return this.program.records.jobs().map(({ summary }) => summary);
  }

  async job(jobId: string): Promise<JobDetail> {
    return jobDetail(this.program, await this.shown("", jobId));
  }

  /** The job for display; one that was set aside is read again first. */
  async shown(action: Extract<JobAction, "" | "live">, jobId: string): Promise<JobRecord> {
    const record = this.#record(jobId);
    await this.program.setAside.retry(record);
    requireState(action, record.summary);
    return record;
  }

  async results(
    jobId: string,
    { limit = DEFAULT_RESULTS, from = 0, ...filter }: ResultFilter,
  ): Promise<JobResultPage> {
    const record = this.#record(jobId);
    const job = await this.#jobFor("results", record);
    const cursor = { place: from };
    const rows: JobResultPage["rows"] = [];
    const isWanted = matcher(filter);
    const withReason = withRejections(job, record.words);
    for (const told of resultsFrom(job, cursor, filter.state)) {
      const result = withReason(told);
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
    return byteStream(csvOf(job, record, filter, textOf));
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
    await program.pausing.sync();
    requireState("resume", record.summary);
    await program.pausing.resume(record, who);
    return record.summary;
  }

  /** Resumes a job that was never started, and no other. */
  async start(jobId: string, who: Who): Promise<JobSummary> {
    const record = this.#record(jobId);
    requireUnstarted(record);
    await this.program.pausing.sync();
    // Another request may have come first.
    requireUnstarted(record);
    await this.program.pausing.resume(record, who);
    return record.summary;
  }

  async cancel(jobId: string, who: Who): Promise<JobSummary> {
    const record = this.#record(jobId);
    await this.program.cancellation.cancel(record, who);
    return record.summary;
  }

  /** Ends a job that has stopped: what it has not sent, it never will. */
  async abandon(jobId: string, who: Who): Promise<JobSummary> {
    await abandonRest(this.program, this.#record(jobId), who);
    return this.#record(jobId).summary;
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
    await program.inbox.flush();
    if (decision === "resend") await prepareResend(program, record);
    const { unknown: codes } = summary.progress;
    const progress = await program.jobs.use(number, async (job) => {
      requireState("resolve", summary);
      // The core would abandon what is pending along with all that is unknown: that is `abandon`, on its own.
      const isUnknown = ({ state }: JobBatch) => state === "unknown";
      const batches =
        batch === "all" && decision === "abandon"
          ? job.batches().filter(isUnknown)
          : [{ id: batch }];
      await Promise.all(batches.map(({ id }) => job.resolve(id, decision)));
      return job.progress();
    });
    if (summary.status !== "running") {
      // Resending starts with `resume`.
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

  /** The job, if the action is possible in its state and its journal can be read. */
  async #jobFor(action: JobAction, record: JobRecord): Promise<ReadableJob> {
    requireState(action, record.summary);
    const job = await this.program.jobs.getReadable(record);
    if (job) return job;
    // The failed read has set it aside.
    requireState(action, record.summary);
    throw noJob();
  }
}

/** RPC can only pass byte streams. */
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
