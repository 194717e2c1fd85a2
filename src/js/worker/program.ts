/**
 * One voucher program: everything that can send its codes goes through its one
 * object, so that two admins, two tabs or two jobs can't send the same code.
 */
import { DurableObject } from "cloudflare:workers";

import type { Client } from "../client.js";
import { type ListParts, toCodeList } from "../code-list.js";
import { STATES } from "../job-results.js";
import type { CodeState } from "../job-types.js";
import type { WebhookOutcome } from "../webhook.js";
import { Calls } from "./calls.js";
import { idsOfCodes } from "./code-ids.js";
import { type CodeStates, findCodeStates } from "./code-states.js";
import { Creation } from "./creation.js";
import { Inbox } from "./inbox.js";
import { statesOf } from "./job-reading.js";
import type { ListFlags } from "./job-request.js";
import { Ledger } from "./ledger.js";
import { Live } from "./live.js";
import { log, logError } from "./log.js";
import { OpenJobs } from "./open-jobs.js";
import { OutcomeQueue } from "./outcome-queue.js";
import { Pacer } from "./pacer.js";
import type { LiveSocket, ObjectState } from "./platform-types.js";
import { type Problem, answerError, problemOf } from "./problem.js";
import { dryRun, routeProgram } from "./program-routes.js";
import { type JobRecord, Records, restingStatus } from "./records.js";
import { Runner } from "./runner.js";
import { SetAside } from "./set-aside.js";
import { settings } from "./settings.js";
import { type Stubs, stubs } from "./stubs.js";
import { PROGRAM_TABLES, Tables } from "./tables.js";
import type { DryRun, JobDetail, JobSummary, WorkerEnv } from "./types.js";
import { createUber } from "./uber.js";
import { discard } from "./upload.js";
import { detail, part } from "./views.js";

/** Up to so many codes are looked up one by one, and not in the whole ledger. */
const FEW = 1_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** What was acknowledged is taken in by a timer; should the object end before, so much later. */
const SOON_MS = 1_000;
/** While there is nothing to be done with what a later release has stored. */
const NEWER_MS = 15 * 60_000;
const AGAIN_MS = 5_000;
/** While an operator has paused everything, it is asked so often whether that is over. */
const PAUSED_MS = 30_000;
/** While a job is held, it is asked so often what became of its group. */
const HELD_MS = 4_000;

const codeOf = ({ code }: { code: string }) => code;

/** What the ledger keeps of a code; nothing where it is free again. */
function foldedState(number: number): CodeState | undefined {
  const state = STATES[number];
  return state === "rejected" ? undefined : state;
}

/** A job of a group, as the worker hands it over. */
export interface HeldOrder {
  programId: string;
  /** Sixteen bytes a code. */
  ids: Uint8Array;
  duplicates: number;
  /** The request: what an earlier one with the same key has left is none of its jobs. */
  attempt: string;
  by: string;
  source: string | null;
  group: string;
  flags: ListFlags;
  batchSize: number;
}

export class ProgramObject extends DurableObject<WorkerEnv> {
  readonly stubs: Stubs;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly jobs: OpenJobs;
  readonly creation: Creation;
  readonly inbox: Inbox;
  readonly setAside: SetAside;
  readonly live: Live;
  readonly runner: Runner;
  readonly calls: Calls;
  readonly #tables: Tables;
  #programId = "";
  #client: Client | undefined;
  #armedAt = 0;
  /** When the app's object was last asked about the groups of the jobs that are held. */
  #askedAt = 0;

  constructor(ctx: ObjectState, env: WorkerEnv) {
    super(ctx, env);
    const { storage } = ctx;
    this.stubs = stubs(env);
    const pacer = new Pacer(
      this.stubs,
      () => this.#programId,
      (until) => {
        if (until === "paused") void this.everything(true);
        else this.runner.hold(until);
      },
    );
    this.#tables = new Tables(storage, PROGRAM_TABLES);
    this.records = new Records(storage.sql, this.#tables);
    this.ledger = new Ledger(storage.sql, this.#tables);
    this.#programId = this.#read("program") ?? "";
    this.jobs = new OpenJobs(
      () => this.client,
      storage,
      pacer,
      (number, error) => this.setAside.add(number, error),
    );
    this.creation = new Creation(
      storage,
      this.records,
      this.ledger,
      this.jobs,
      (record) => {
        this.calls.created(record);
        void this.arm(Date.now() + SOON_MS);
      },
      ({ key, summary }) => this.stubs.app().fateInGroup(summary.group ?? "", key ?? ""),
      async (record) => {
        this.runner.settle(record, record.summary.progress);
        await this.arm();
        await this.runner.report(record);
      },
    );
    const changed = (record: JobRecord) => this.live.changed(record.summary.id);
    this.inbox = new Inbox(
      storage,
      new OutcomeQueue(storage, this.#tables),
      this.records,
      this.ledger,
      this.jobs,
      (record) => this.runner.settle(record, record.summary.progress),
      async (records) => {
        await this.arm();
        await Promise.all(records.map((record) => this.runner.report(record)));
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
        await this.runner.report(record);
      },
      (record, wasHeld) => this.#takeBack(record, wasHeld),
    );
    this.live = new Live(ctx, async (jobId) => {
      const record = this.records.byId(jobId);
      return record && part(this, record);
    });
    this.runner = new Runner(this.records, this.jobs, this.stubs, () => this.isPaused, changed);
    this.calls = new Calls(this);
    void ctx.blockConcurrencyWhile(() => this.#recover());
  }

  /** Ends what broke off, and goes on with the rest. */
  async #recover(): Promise<void> {
    if (!this.#tables.areThere) return;
    try {
      // No code of theirs is claimed, and nothing has left.
      for (const record of this.records.inStatus("creating")) await this.creation.discard(record);
      await this.calls.recover();
      await this.arm();
    } catch (error) {
      logError("recover", error);
    }
    // Not waited for: it can take long.
    void this.setAside.retryAll().catch((error: unknown) => logError("set aside", error));
  }

  /** Goes on with a job that could not be read, and can be again. */
  async #takeBack(record: JobRecord, wasHeld: boolean): Promise<void> {
    if (record.isCall) return void (await this.calls.end(record));
    const progress = await this.jobs.use(record.number, async (job) => job.progress());
    // Nothing leaves by itself: an operator knows what became of the journal meanwhile.
    record.summary.status = wasHeld ? "held" : restingStatus(progress);
    this.runner.settle(record, progress);
    await this.arm();
    await this.runner.report(record);
  }

  /** Made when it is first needed: variables that are wrong refuse a request, and not the object. */
  get client(): Client {
    return (this.#client ??= createUber(this.env, () => this.stubs.app()));
  }

  get isPaused(): boolean {
    return this.#read("paused") === "true";
  }

  /** Requests of operators, which the worker has let in. */
  async fetch(request: Request): Promise<Response> {
    try {
      this.#tables.refuseNewer();
      // To look at a program leaves nothing behind.
      if (request.method !== "GET") this.#tables.make();
      return await routeProgram(this, request);
    } catch (error) {
      const { code, status } = problemOf(error);
      if (status === 500) logError("program", error);
      log("refused", { program: this.#programId, code, status });
      return answerError(error);
    } finally {
      await discard(request);
    }
  }

  /** The program's id, which an object can't know of itself. Kept once there is a job. */
  know(programId: string): void {
    if (this.#programId === programId) return;
    this.#programId = programId;
    this.#write("program", programId);
  }

  /** Takes in an event that was well signed. Whether it concerns anything here. */
  async webhook(outcomes: readonly WebhookOutcome[]): Promise<boolean> {
    // Not acknowledged, so that it comes again once that release is back.
    this.#tables.refuseNewer();
    // Jobs go, and the ledger stays: what matters is whether there ever was one.
    if (this.#programId === "" || outcomes.length === 0) return false;
    this.inbox.add(outcomes);
    const now = Date.now();
    // Whatever becomes of this object, the alarm takes it in.
    await this.arm((this.inbox.dueAt(now) ?? now) + SOON_MS);
    return true;
  }

  /** Creates a job of a group; it starts when all of them are created. */
  async hold(order: HeldOrder): Promise<{ summary: JobSummary } | { problem: Problem }> {
    try {
      this.#tables.make();
      const { ids, duplicates, attempt, ...about } = order;
      this.know(order.programId);
      const list = toCodeList({ ids, duplicates, rejectedCount: 0, rejected: [] });
      const { record } = await this.creation.create({
        ...about,
        key: attempt,
        list,
        // The group has compared what the key stands for.
        fingerprint: {},
        isCall: false,
        status: "held",
      });
      return { summary: record.summary };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  /** Learns what became of the groups of jobs that are held: these start, or go. */
  async learnGroups(): Promise<void> {
    this.#askedAt = Date.now();
    await this.creation.settle();
  }

  /** A job of a group that has been decided. */
  async summary(jobId: string): Promise<JobSummary | undefined> {
    await this.learnGroups();
    return this.records.byId(jobId)?.summary;
  }

  /** Learns whether an operator has paused everything. */
  async learnPause(): Promise<void> {
    const isPaused = await this.stubs.app().isPaused();
    if (isPaused !== this.isPaused) await this.everything(isPaused);
  }

  /** Pauses all of this program, or lets it go on. */
  async everything(isPaused: boolean): Promise<void> {
    this.#tables.make();
    this.#write("paused", String(isPaused));
    if (isPaused) this.runner.stop();
    else await this.arm();
  }

  /** There is nothing to be told by those who watch. */
  webSocketMessage(): void {}

  /** Completes what the other side began. */
  webSocketClose(socket: LiveSocket): void {
    socket.close(1000);
  }

  /** Never throws: what throws is called again six times and then no more. */
  async alarm(): Promise<void> {
    this.#armedAt = 0;
    if (this.#tables.areNewer) {
      // That release goes on from here, when it is back.
      return this.ctx.storage.setAlarm(Date.now() + NEWER_MS);
    }
    try {
      if (this.isPaused) await this.learnPause();
      await this.learnGroups();
      // What can't be taken in must not keep jobs from running.
      const isTaken = await this.inbox.take().then(
        () => true,
        (error: unknown) => logError("inbox", error),
      );
      const next = this.runner.next(Date.now());
      // One that is held can't wait for another's turn to end.
      const mostMs = this.creation.isHolding ? HELD_MS : undefined;
      if (next && next.at <= Date.now()) await this.runner.run(next.record, mostMs);
      await this.#expire();
      if (isTaken) await this.arm();
      else await this.ctx.storage.setAlarm(Date.now() + AGAIN_MS);
    } catch (error) {
      logError("alarm", error);
      await this.ctx.storage.setAlarm(Date.now() + AGAIN_MS);
    }
  }

  /** Sets the alarm to when there is something to do next, or earlier. */
  async arm(at?: number): Promise<void> {
    const due = at ?? this.#nextDue();
    if (due === undefined || (this.#armedAt > Date.now() && this.#armedAt <= due)) return;
    this.#armedAt = due;
    await this.ctx.storage.setAlarm(due);
  }

  #nextDue(): number | undefined {
    const now = Date.now();
    const due = [
      this.inbox.dueAt(now),
      this.runner.next(now)?.at,
      this.isPaused && this.records.inStatus("running").length > 0 ? now + PAUSED_MS : undefined,
      // No later each time that the object comes back to memory, which arms anew.
      this.creation.isHolding ? Math.max(now, this.#askedAt + HELD_MS) : undefined,
      ...this.calls.dueAt(now),
      ...this.records.finished().map((record) => this.#expiresAt(record)),
    ].filter((at) => at !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #expiresAt({ number, isCall, summary }: JobRecord): number {
    const { finishedAt, createdAt } = summary;
    if (isCall) return Math.max(finishedAt ?? createdAt, this.jobs.retryAt(number));
    const until = (finishedAt ?? createdAt) + settings().retentionDays * DAY_MS;
    return Math.max(until, this.jobs.retryAt(number));
  }

  /** Lets go of the lists of jobs that finished long ago; the ledger keeps what became of each code. */
  async #expire(): Promise<void> {
    await this.calls.recover();
    for (const record of this.records.finished()) {
      if (this.#expiresAt(record) > Date.now()) continue;
      // One that fails is tried again later, and keeps none of the others.
      await this.fold(record).catch((error: unknown) => logError("fold", error));
    }
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
    await this.runner.report(record);
  }

  #read(key: string): string | undefined {
    if (!this.#tables.areThere) return undefined;
    const [row] = this.ctx.storage.sql.exec<{ value: string }>(
      "SELECT value FROM state WHERE key = ?",
      key,
    );
    return row?.value;
  }

  #write(key: string, value: string): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO state VALUES (?, ?)", key, value);
  }

  /** What is known here of each of these codes. */
  codeStates(ids: Uint8Array): Promise<CodeStates> {
    return findCodeStates(ids, this);
  }

  /** What a job of this list would come to. */
  async dryRun(parts: ListParts): Promise<DryRun> {
    return dryRun(this, toCodeList(parts));
  }

  /** All that there is to say of a job. */
  detail(record: JobRecord): Promise<JobDetail> {
    return detail(this, record);
  }
}
