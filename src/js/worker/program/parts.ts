/** The parts of a program's object, made and tied to one another. */
import type { Client } from "../../client/client.js";
import { STATES } from "../../generated/protocol.js";
import type { CodeState } from "../../job/types.js";
import { Alarm, LONGEST_RETRY_MS } from "../alarm.js";
import { Budget, countedFetch } from "./budget.js";
import { Calls } from "./calls.js";
import { idsOfCodes } from "../code-ids.js";
import { Cancellation } from "./cancellation.js";
import { Creation } from "./creation.js";
import { Inbox } from "./inbox.js";
import { statesOf } from "./job-reading.js";
import { Ledger } from "./ledger.js";
import { ListChecks } from "./list-check.js";
import { Listing } from "./listing.js";
import { Live } from "./live.js";
import { logError } from "../log.js";
import { OpenJobs } from "./open-jobs.js";
import { Operations } from "./operations.js";
import { OutcomeQueue } from "./outcome-queue.js";
import { Pacer } from "./pacer.js";
import type { Program } from "./program.js";
import type { ObjectState } from "../platform-types.js";
import { hearing } from "./rejections.js";
import { type JobRecord, Records, type Who, note, restingStatus } from "./records.js";
import { Reports } from "./reports.js";
import { Runner } from "./runner.js";
import { Schedule } from "./schedule.js";
import { SetAside } from "./set-aside.js";
import { noteSources } from "./sources.js";
import { isUnapproved } from "./start-plan.js";
import { type Stubs, stubs } from "../stubs.js";
import { PROGRAM_TABLES, Tables } from "../tables.js";
import type { JobDetail, JobStatus, WorkerEnv } from "../types.js";
import { createUber } from "../uber.js";
import { Usage } from "./usage.js";
import { detail, part } from "./views.js";

/** Up to so many codes are looked up one by one, and not in the whole ledger. */
const FEW = 1_000;
/** A job that was created is started at once; should the object end before, so soon. */
const CREATED_MS = 1_000;

const RESUMABLE: ReadonlySet<JobStatus> = new Set(["scheduled", "paused", "halted", "undecided"]);

const logged = (where: string) => (error: unknown) => logError(where, error);

const codeOf = ({ code }: { code: string }) => code;

/** What the ledger keeps of a code; nothing where it is free again. */
function foldedState(number: number): CodeState | undefined {
  const state = STATES[number];
  return state === "rejected" ? undefined : state;
}

export class ProgramParts implements Program {
  readonly budget = new Budget();
  readonly stubs: Stubs;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly jobs: OpenJobs;
  readonly listing: Listing;
  readonly checks: ListChecks;
  readonly creation: Creation;
  readonly cancellation: Cancellation;
  readonly inbox: Inbox;
  readonly setAside: SetAside;
  readonly live: Live;
  readonly runner: Runner;
  readonly reports: Reports;
  readonly calls: Calls;
  readonly schedule: Schedule;
  readonly usage: Usage;
  readonly operations: Operations;
  readonly tables: Tables;
  #client: Client | undefined;
  readonly #alarm: Alarm;
  readonly #pacer: Pacer;
  #id: string | undefined;
  /** Whether the alarm's handler is at work: what else happens meanwhile is of its invocation. */
  #isAlarm = false;
  #recovery: Promise<void> | undefined;

  // It asks nothing of storage: if that refuses, there still has to be an object that tries again.
  constructor(
    readonly ctx: ObjectState,
    readonly env: WorkerEnv,
  ) {
    const { storage } = ctx;
    this.stubs = stubs(env, this.budget);
    this.reports = new Reports(this.stubs);
    this.#pacer = new Pacer(
      this.stubs,
      this.budget,
      () => this.id,
      (until) => {
        if (until === "paused") void this.everything(true).catch(logged("pause"));
        else if (until === "spent") this.runner.stop();
        else this.runner.hold(until);
      },
    );
    this.tables = new Tables(storage, PROGRAM_TABLES);
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
    this.checks = new ListChecks(this, this.listing);
    this.creation = new Creation(
      storage,
      this.records,
      this.ledger,
      this.jobs,
      this.checks,
      (record) => {
        this.calls.created(record);
        void this.arm(Date.now() + CREATED_MS).catch(logged("arm"));
      },
      ({ key, summary }) => this.stubs.app().fateInGroup(summary.group ?? "", key ?? ""),
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
      (record, wasHeld) => this.#takeBack(record, wasHeld),
    );
    this.live = new Live(ctx, async (jobId) => {
      const record = this.records.byId(jobId);
      return record && part(this, record);
    });
    const { reports, budget } = this;
    const isPaused = () => this.isPaused;
    this.runner = new Runner(this.records, this.jobs, reports, budget, isPaused, changed);
    this.calls = new Calls(this);
    this.cancellation = new Cancellation(this, storage);
    this.usage = new Usage(this, this.listing, storage);
    this.schedule = new Schedule(this, this.calls);
    this.operations = new Operations(this, this.calls);
    void ctx.blockConcurrencyWhile(() => this.#recovered().catch(logged("recover")));
  }

  /** Resolves once that is ended which broke off with the object before; tried until it succeeds. */
  #recovered(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) => {
      this.#recovery = undefined;
      throw error;
    });
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    if (!this.tables.areThere) return;
    await this.#alarm.load();
    // No code of theirs is claimed, and nothing has left.
    for (const record of this.records.inStatus("creating")) await this.creation.discard(record);
    await this.calls.recover();
    await this.arm();
    // Not waited for: it can take long.
    void this.setAside.retryAll().catch(logged("set aside"));
  }

  /** Goes on with a job that could not be read, and can be again. */
  async #takeBack(record: JobRecord, wasHeld: boolean): Promise<void> {
    if (record.isCall) return void (await this.calls.end(record));
    const progress = await this.jobs.use(record.number, async (job) => job.progress());
    // It may be an older copy, which was told less.
    record.knownUse = "";
    // Nothing leaves by itself: an operator knows what became of the journal meanwhile.
    const status = isUnapproved(record) ? "unapproved" : restingStatus(progress);
    record.summary.status = wasHeld ? "held" : status;
    this.runner.settle(record, progress);
    await this.arm();
    await this.reports.report(record);
  }

  /** What comes from outside begins: an invocation of its own, unless the alarm's is under way. */
  async begin(): Promise<void> {
    this.tables.refuseNewer();
    if (!this.#isAlarm) this.budget.renew();
    await this.#recovered();
  }

  /** Made when it is first needed: variables that are wrong refuse a request, and not the object. */
  get client(): Client {
    return (this.#client ??= createUber(
      this.env,
      () => this.stubs.app(),
      hearing(countedFetch(this.env, this.budget), (said) => this.runner.hear(said)),
    ));
  }

  get isPaused(): boolean {
    return this.read("paused") === "true";
  }

  /** The program's id, which an object can't know of itself; empty where there never was a job. */
  get id(): string {
    this.#id ??= this.read("program") ?? "";
    return this.#id;
  }

  /** The same, without asking storage, which may refuse. */
  get knownId(): string {
    return this.#id ?? "";
  }

  /** Keeps the program's id. */
  know(programId: string): void {
    this.tables.make();
    if (this.id === programId) return;
    this.write("program", programId);
    this.#id = programId;
  }

  /** Learns whether an operator has paused everything. */
  learnPause(): Promise<void> {
    return this.schedule.learnPause();
  }

  /** Pauses all of this program, or lets it go on. */
  async everything(isPaused: boolean): Promise<void> {
    this.tables.make();
    if (isPaused !== this.isPaused) this.write("paused", String(isPaused));
    if (isPaused) this.runner.stop();
    else await this.arm();
  }

  /** Lets a job go on, at once: whatever it has waited for. */
  async resume(record: JobRecord, who?: Who): Promise<void> {
    const { summary, number } = record;
    const isWaiting = (summary.waitingUntil ?? 0) > Date.now();
    // Whatever has become of it meanwhile, such as a journal that can be read again.
    if (isUnapproved(record)) return;
    if (!RESUMABLE.has(summary.status) && !(isWaiting && summary.status === "running")) return;
    if (isWaiting) {
      await this.stubs.app().open();
      this.#pacer.open();
      // The one in memory would wait as before.
      if (!this.runner.isRunning(number)) await this.jobs.drop(number);
    }
    if (summary.progress.pausedAfter) record.plan = { ...record.plan, isPastPause: true };
    const action = summary.status === "scheduled" ? "started" : "resumed";
    if (who) note(record, { ...who, action, codes: summary.progress.pending });
    Object.assign(summary, { status: "running", error: null, waitingUntil: null, startsAt: null });
    this.runner.settle(record, summary.progress);
    await this.arm();
    await this.reports.report(record);
  }

  /** Goes on with what is due. */
  async alarm(): Promise<void> {
    this.#isAlarm = true;
    try {
      await this.#alarm.fire(async () => {
        // That release goes on from here, when it is back.
        if (this.tables.areNewer) return this.#alarm.set(Date.now() + LONGEST_RETRY_MS);
        this.budget.renew();
        await this.#recovered();
        await this.schedule.run();
      });
    } finally {
      this.#isAlarm = false;
    }
  }

  /** Sets the alarm to that time, or to when there is something to do next; or earlier. */
  async arm(at?: number): Promise<void> {
    // While its handler is at work: that sets it at the end. To set it costs a row.
    const isLate = this.#isAlarm && !this.#alarm.isWaiting;
    if (at !== undefined) await this.#alarm.set(at);
    else if (!isLate) await this.armNext();
  }

  /** Sets the alarm to when there is something to do next. */
  async armNext(): Promise<void> {
    const at = this.tables.areThere ? this.schedule.nextDue() : undefined;
    if (at !== undefined) await this.#alarm.set(at);
  }

  async fold(record: JobRecord): Promise<void> {
    const { states, few } = await this.jobs.use(record.number, async (job) => {
      record.summary.progress = job.progress();
      const states = statesOf(job);
      const isShort = states.length <= FEW;
      return { states, few: isShort ? idsOfCodes(Array.from(job.results(), codeOf)) : null };
    });
    this.ctx.storage.transactionSync(() => {
      this.ledger.fold(record.number, few, (place) => foldedState(states[place] as number));
      record.isFolded = true;
      record.summary.status = "expired";
      // One with a key stays, so that asking again with the key sends nothing again.
      if (record.isCall && record.key === null) this.records.remove(record);
      else this.records.save(record);
    });
    await this.jobs.erase(record.number);
    this.live.changed(record.summary.id);
    await this.reports.report(record);
  }

  read(key: string): string | undefined {
    if (!this.tables.areThere) return undefined;
    const [row] = this.ctx.storage.sql.exec<{ value: string }>(
      "SELECT value FROM state WHERE key = ?",
      key,
    );
    return row?.value;
  }

  write(key: string, value: string): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO state VALUES (?, ?)", key, value);
  }

  /** All that there is to say of a job. */
  detail(record: JobRecord): Promise<JobDetail> {
    return detail(this, record);
  }
}
