/** Creates the parts of a program's object, and connects them. */
import type { Client } from "../../client/client.js";
import { Alarm, LONGEST_RETRY_MS } from "../alarm.js";
import { Budget, countedFetch } from "../budget.js";
import { Calls } from "./operations/calls.js";
import { Cancellation } from "./operations/cancellation.js";
import { Creation } from "./operations/creation.js";
import { Expiry } from "./jobs/expiry.js";
import { Inbox } from "./evidence/inbox.js";
import { Ledger } from "./jobs/ledger.js";
import { CodePages } from "./lists/code-pages.js";
import { ListChecks } from "./lists/list-check.js";
import { Listing } from "./lists/listing.js";
import { Live } from "./updates/live.js";
import { logError } from "../log.js";
import { OpenJobs } from "./jobs/open-jobs.js";
import { Operations } from "./operations.js";
import { OutcomeQueue } from "./evidence/outcome-queue.js";
import { Pacer } from "./sending/pacer.js";
import { Pausing } from "./operations/pausing.js";
import type { ObjectState } from "../platform-types.js";
import { withRefusalListener } from "./jobs/rejections.js";
import { type JobRecord, Records, restingStatus } from "./jobs/records.js";
import { ProgressReports } from "./updates/progress-reports.js";
import { Runner } from "./sending/runner.js";
import { Schedule } from "./schedule.js";
import { SetAside } from "./jobs/set-aside.js";
import { noteSources } from "./jobs/sources.js";
import { isUnapproved } from "./jobs/start-plan.js";
import { ProgramState } from "./state.js";
import { type Stubs, stubs } from "../stubs.js";
import { PROGRAM_TABLES, Tables } from "../tables.js";
import type { WorkerEnv } from "../types.js";
import { createUber } from "../uber.js";
import { Usage } from "./evidence/usage.js";
import { progressMessage } from "./responses/views.js";

/** A created job starts at once; if the object ends before, the alarm starts it after this time. */
const CREATED_MS = 1_000;

const logged = (where: string) => (error: unknown) => logError(where, error);

export class ProgramParts {
  readonly budget = new Budget();
  readonly stubs: Stubs;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly jobs: OpenJobs;
  readonly listing: Listing;
  readonly codes: CodePages;
  readonly checks: ListChecks;
  readonly creation: Creation;
  readonly cancellation: Cancellation;
  readonly inbox: Inbox;
  readonly setAside: SetAside;
  readonly live: Live;
  readonly runner: Runner;
  readonly reports: ProgressReports;
  readonly calls: Calls;
  readonly schedule: Schedule;
  readonly usage: Usage;
  readonly operations: Operations;
  readonly pausing: Pausing;
  readonly expiry: Expiry;
  readonly state: ProgramState;
  readonly tables: Tables;
  #client: Client | undefined;
  readonly #alarm: Alarm;
  readonly #pacer: Pacer;
  /** Whether the alarm's handler is running: other calls then belong to its invocation. */
  #isAlarm = false;
  #recovery: Promise<void> | undefined;

  // The constructor does not use storage: if storage fails, the object must exist to try again.
  constructor(
    readonly ctx: ObjectState,
    readonly env: WorkerEnv,
  ) {
    const { storage } = ctx;
    this.stubs = stubs(env, this.budget);
    this.reports = new ProgressReports(this.stubs);
    this.#pacer = new Pacer(
      this.stubs,
      this.budget,
      () => this.state.id,
      (until) => {
        if (until === "paused") void this.pausing.set(true).catch(logged("pause"));
        else if (until === "spent") this.runner.stop();
        else this.runner.hold(until);
      },
    );
    this.tables = new Tables(storage, PROGRAM_TABLES);
    this.state = new ProgramState(storage.sql, this.tables);
    this.#alarm = new Alarm(storage);
    this.records = new Records(storage.sql, this.tables);
    this.ledger = new Ledger(storage.sql, this.tables);
    this.jobs = new OpenJobs(
      () => this.client,
      storage,
      this.#pacer,
      (number, error) => this.setAside.add(number, error),
      (number, job) => {
        const record = this.records.byNumber(number);
        if (record) noteSources(record, job);
      },
    );
    this.listing = new Listing(this, env);
    this.codes = new CodePages(this, this.listing, env);
    this.checks = new ListChecks(this, this.listing);
    this.creation = new Creation(
      storage,
      this.records,
      this.ledger,
      this.jobs,
      this.checks,
      () => this.inbox.flush(),
      (record) => {
        this.calls.created(record);
        void this.arm(Date.now() + CREATED_MS).catch(logged("arm"));
      },
      ({ key, summary }) => this.stubs.app().groupDecision(summary.group ?? "", key ?? ""),
      async (record) => {
        this.runner.settle(record, record.summary.progress);
        await this.arm();
        await this.reports.report(record);
      },
    );
    const changed = (record: JobRecord) => this.live.changed(record.summary.id);
    this.inbox = new Inbox(
      storage,
      new OutcomeQueue(storage, this.tables),
      this.records,
      this.ledger,
      this.jobs,
      (record) => this.runner.settle(record, record.summary.progress),
      async (records, settled) => {
        await this.arm();
        await this.reports.report(...records);
        if (settled.size === 0) return;
        await this.stubs
          .events()
          .noteSettled([...settled])
          .catch(logged("settled"));
      },
    );
    this.setAside = new SetAside(
      env,
      storage,
      this.records,
      this.ledger,
      this.jobs,
      async (record) => {
        changed(record);
        await this.arm();
        await this.reports.report(record);
      },
      (record, wasHeld) => this.#restore(record, wasHeld),
    );
    this.live = new Live(ctx, async (jobId) => {
      const record = this.records.byId(jobId);
      return record && progressMessage(this, record);
    });
    const { reports, budget } = this;
    const isPaused = () => this.state.isPaused;
    this.runner = new Runner(this.records, this.jobs, reports, budget, isPaused, changed);
    this.calls = new Calls(this);
    this.cancellation = new Cancellation(this, storage);
    this.usage = new Usage(this, this.listing, storage);
    this.pausing = new Pausing(this, () => this.#pacer.open());
    this.expiry = new Expiry(storage, this.records, this.ledger, this.jobs, async (record) => {
      changed(record);
      await this.reports.report(record);
    });
    this.schedule = new Schedule(this);
    this.operations = new Operations(this);
    void ctx.blockConcurrencyWhile(() => this.#recovered().catch(logged("recover")));
  }

  /** Resolves once interrupted work of the previous object is recovered; a failure is tried again. */
  #recovered(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) => {
      this.#recovery = undefined;
      throw error;
    });
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    if (!this.tables.exist) return;
    await this.#alarm.load();
    // None of their codes is claimed, and nothing was sent.
    for (const record of this.records.inStatus("creating")) await this.creation.rollback(record);
    await this.calls.recover();
    await this.arm();
    // Not awaited, because it can take long.
    void this.setAside.retryAll().catch(logged("set aside"));
  }

  /** Restores a job whose journal can be read again. */
  async #restore(record: JobRecord, wasHeld: boolean): Promise<void> {
    if (record.isCall) return void (await this.calls.end(record));
    const progress = await this.jobs.use(record.number, async (job) => job.progress());
    // It may be an older copy, which has fewer outcomes.
    record.knownUse = "";
    // Nothing is sent automatically: only an operator knows what happened to the journal.
    const status = isUnapproved(record) ? "unapproved" : restingStatus(progress);
    record.summary.status = wasHeld ? "held" : status;
    this.runner.settle(record, progress);
    await this.arm();
    await this.reports.report(record);
  }

  /** Starts an external call, in its own invocation unless the alarm is running. */
  async begin(): Promise<void> {
    this.tables.refuseNewer();
    if (!this.#isAlarm) this.budget.renew();
    await this.#recovered();
  }

  /** Created on first use, so that wrong variables fail a request and not the object. */
  get client(): Client {
    return (this.#client ??= createUber(
      this.env,
      () => this.stubs.app(),
      withRefusalListener(countedFetch(this.env, this.budget), (said) => this.runner.hear(said)),
    ));
  }

  /** Continues with what is due. */
  async alarm(): Promise<void> {
    this.#isAlarm = true;
    try {
      await this.#alarm.fire(async () => {
        // A later release wrote the tables: it continues once it is deployed again.
        if (this.tables.areNewer) return this.#alarm.set(Date.now() + LONGEST_RETRY_MS);
        this.budget.renew();
        await this.#recovered();
        await this.schedule.run();
      });
    } finally {
      this.#isAlarm = false;
    }
  }

  /** Sets the alarm to this time or to the next due time, unless it is set for earlier. */
  async arm(at?: number): Promise<void> {
    // Its running handler sets it at the end; setting it writes a row.
    const isLate = this.#isAlarm && !this.#alarm.isWaiting;
    if (at !== undefined) await this.#alarm.set(at);
    else if (!isLate) await this.armNext();
  }

  /** Sets the alarm to the next due time. */
  async armNext(): Promise<void> {
    const at = this.tables.exist ? this.schedule.nextDue() : undefined;
    if (at !== undefined) await this.#alarm.set(at);
  }
}
