/**
 * What all programs of an app share: the token, the rate, the index of jobs. There
 * is one such object. A second object of the same class keeps the events (see
 * `event-store.ts`): another class would need a change of every user's configuration.
 */
import { DurableObject } from "cloudflare:workers";

import type { ErrorParts } from "../../errors.js";
import { Alarm, LONGEST_RETRY_MS } from "../alarm.js";
import { type EventFilter, EventStore, type NewEvent } from "../events/event-store.js";
import { KeptEvents, NO_EVENTS } from "../events/kept-events.js";
import { Rereading } from "../events/rereading.js";
import { Attempts } from "../http/attempts.js";
import { Keys } from "../keys.js";
import { logError } from "../log.js";
import type { AppApi } from "../objects.js";
import type { ObjectState } from "../platform-types.js";
import { Budget } from "../budget.js";
import type { Who } from "../program/jobs/records.js";
import { settings } from "../settings.js";
import { type Stubs, stubs } from "../stubs.js";
import { Tables } from "../tables.js";
import type {
  AuditEntry,
  AuditPage,
  EventPage,
  EventSummary,
  JobSummary,
  Overview,
  WorkerEnv,
} from "../types.js";
import { type Token, logUpstream } from "../uber.js";
import { AppState } from "./app-state.js";
import { APP_TABLES } from "./app-tables.js";
import { Audit, type AuditCursor, type AuditFilter } from "./audit.js";
import { Errands } from "./errands.js";
import { Gate } from "./gate.js";
import { type GroupDecision, Groups } from "./groups.js";
import { type HistoryFilter, findJobs, overviewOf } from "./history.js";
import { JobIndex } from "./job-index.js";
import { Notices } from "./notices.js";
import { AppPausing } from "./pausing.js";
import type { Lease } from "./rate.js";
import { Sessions } from "./sessions.js";
import { SILENT_MS, SilentJobs } from "./silent-jobs.js";
import { AppToken } from "./token.js";

/** The parts that need the tables. */
interface Parts {
  index: JobIndex;
  silent: SilentJobs;
  pausing: AppPausing;
  groups: Groups;
  errands: Errands;
  keys: Keys;
  events: KeptEvents;
  audit: Audit;
  sessions: Sessions;
}

export class AppObject extends DurableObject<WorkerEnv> implements AppApi {
  readonly #attempts = new Attempts();
  readonly #budget = new Budget();
  readonly #stubs: Stubs;
  readonly #alarm: Alarm;
  readonly #state: AppState;
  readonly #gate: Gate;
  readonly #token: AppToken;
  readonly #notices: Notices;
  readonly #tables: Tables;
  #opened: Parts | undefined;

  // The constructor does not use storage: if storage fails, the object must exist to try again.
  constructor(ctx: ObjectState, env: WorkerEnv) {
    super(ctx, env);
    logUpstream(env);
    this.#stubs = stubs(env, this.#budget);
    this.#tables = new Tables(ctx.storage, APP_TABLES);
    this.#alarm = new Alarm(ctx.storage);
    this.#state = new AppState(ctx.storage.sql, () => this.#open());
    this.#gate = new Gate(this.#state);
    this.#token = new AppToken(env, this.#state);
    this.#notices = new Notices(env, (work) => ctx.waitUntil(work));
    void ctx.blockConcurrencyWhile(() => this.#alarm.load().catch(logged("alarm")));
  }

  /** The parts that need the tables. Creates the tables on the first call. */
  #open(): Parts {
    if (this.#opened) return this.#opened;
    const { storage } = this.ctx;
    const { sql } = storage;
    this.#tables.create();
    const groups = new Groups(storage);
    groups.recover();
    const [state, budget, programs] = [this.#state, this.#budget, this.#stubs];
    const errands = new Errands(sql, programs, () => state.isPaused);
    const [index, audit] = [new JobIndex(sql), new Audit(sql)];
    const store = new EventStore(storage);
    const rereading = new Rereading(
      store,
      {
        read: () => state.read("reread") ?? undefined,
        write: (order) => state.write("reread", order),
      },
      programs,
      this.env.UBER_ORGANIZATION_ID,
      () => Math.floor(mostCalled() / 2),
    );
    const arm = () => this.#arm();
    this.#opened = {
      index,
      silent: new SilentJobs(index, state, programs),
      pausing: new AppPausing({
        ...{ state, index, errands, audit, budget, stubs: programs, mostCalled, arm },
      }),
      groups,
      errands,
      keys: new Keys(sql),
      events: new KeptEvents(store, rereading, this.#alarm, this.#notices),
      audit,
      sessions: new Sessions(sql),
    };
    this.#gate.restore();
    return this.#opened;
  }

  /** Whether there is something to read: reading must not create the tables. */
  get #hasTables(): boolean {
    this.#tables.refuseNewer();
    return this.#tables.exist;
  }

  /** Returns a token, other than the one that Uber rejected. */
  async token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }> {
    return this.#token.get(rejected);
  }

  /** When this many requests of a program may be sent, or that none may. */
  async lease(program: string, wanted: number): Promise<Lease> {
    const isPaused = await this.isPaused(program);
    const lease = this.#gate.lease(program, wanted);
    return isPaused ? { ...lease, count: 0, isPaused } : { ...lease, isPaused };
  }

  /** Uber asked to wait: no program sends anything before this time. */
  async close(until: number): Promise<void> {
    this.#open();
    this.#gate.close(until);
  }

  /** An operator wants no more waiting: requests may be sent, and a token is requested again. */
  async open(): Promise<void> {
    this.#open();
    this.#gate.open();
    this.#token.retry();
  }

  /** Whether everything is paused. A program that asks during a pause is notified at its end. */
  async isPaused(program = ""): Promise<boolean> {
    if (!this.#state.isPaused) return false;
    if (program !== "") this.#open().errands.add(program, "unpause");
    return true;
  }

  /** Pauses everything, or resumes it. Returns how many jobs that affects. */
  async pause(isPaused: boolean, who: Who): Promise<number> {
    return this.#open().pausing.set(isPaused, who);
  }

  /** Resumes all jobs that are halted. Returns how many there are. */
  async resumeHalted(who: Who): Promise<number> {
    await this.open();
    return this.#open().pausing.resumeHalted(who);
  }

  async alarm(): Promise<void> {
    this.#opened?.events.disarm();
    await this.#alarm.fire(async () => {
      // A later release wrote the tables: it continues once it is deployed again.
      if (this.#tables.areNewer) return this.#alarm.set(Date.now() + LONGEST_RETRY_MS);
      await this.watch();
    });
  }

  /** Delivers notifications to programs, wakes jobs that do not report, and maintains the events. */
  async watch(): Promise<void> {
    this.#budget.renew();
    const half = Math.floor(mostCalled() / 2);
    const { errands, events, silent } = this.#open();
    await errands.run(half);
    await silent.wake(half);
    await events.run();
    await this.#arm();
  }

  async #arm(): Promise<void> {
    const now = Date.now();
    const { errands, events, silent } = this.#open();
    const due = Math.min(errands.nextDue() ?? Infinity, events.nextDue(now), silent.nextDue(now));
    if (due !== Infinity) await this.#alarm.set(due);
  }

  /** Stores the reported progress of jobs. */
  async report(summaries: readonly JobSummary[], entries: readonly AuditEntry[]): Promise<void> {
    await this.note(entries);
    for (const summary of summaries) {
      const before = this.#open().index.keep(summary);
      this.#notices.job(before, summary);
    }
    const isRunning = summaries.some(({ status }) => status === "running");
    // A failure here must not fail the report.
    if (isRunning) await this.#alarm.set(Date.now() + SILENT_MS).catch(logged("alarm"));
  }

  /** The newest jobs of all programs. */
  async jobs(filter: HistoryFilter): Promise<JobSummary[]> {
    return this.#hasTables ? findJobs(this.ctx.storage.sql, filter) : [];
  }

  /** The jobs that are under way, and those that need an operator. */
  async overview(): Promise<Omit<Overview, "unreadEvents">> {
    const nothing = { running: [], deciding: [], unapproved: [] };
    return this.#hasTables ? overviewOf(this.ctx.storage.sql) : nothing;
  }

  /** Adds entries to the audit trail. */
  async note(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length > 0) this.#open().audit.add(entries);
  }

  /** A page of the audit trail, the newest first. */
  async audit(
    filter: AuditFilter,
    before: AuditCursor | undefined,
    limit: number,
  ): Promise<AuditPage> {
    if (!this.#hasTables) return { entries: [], next: null };
    return this.#open().audit.page(filter, before, limit);
  }

  /** Records that an operator sees the recipients of a program. */
  async noteRevealed(by: string, program: string): Promise<void> {
    this.#open().audit.addRevealed(by, program);
  }

  /** Programs that have jobs, in the order of their newest job. */
  async programsWithJobs(most: number): Promise<string[]> {
    return this.#open().index.programs(most);
  }

  /** The newest job of each of these programs; null where there is none. */
  async lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]> {
    return programs.map((program) => this.#open().index.last(program) ?? null);
  }

  /** Counts events that were acknowledged and concern nothing here. */
  async count(what: string): Promise<void> {
    this.#state.count(what);
  }

  async counts(): Promise<Record<string, number>> {
    return this.#state.counts();
  }

  /** Keeps an event whose signature was right. */
  async keepEvent(event: NewEvent): Promise<void> {
    await this.#open().events.keep(event);
  }

  /** Stores how many codes each of these events has settled in its program. */
  async noteSettled(settled: readonly (readonly [digest: string, count: number])[]): Promise<void> {
    const { store } = this.#open().events;
    for (const [digest, count] of settled) store.noteSettled(digest, count);
  }

  /** A page of the events that are kept, the newest first. */
  async listEvents(filter: EventFilter, before: number, limit: number): Promise<EventPage> {
    return this.#hasTables ? this.#open().events.list(filter, before, limit) : NO_EVENTS;
  }

  async eventBody(id: number): Promise<ArrayBuffer | undefined> {
    return this.#hasTables ? this.#open().events.store.body(id) : undefined;
  }

  /** Marks an event as dealt with. */
  async dismissEvent(id: number): Promise<EventSummary | undefined> {
    return this.#hasTables ? this.#open().events.store.dismiss(id) : undefined;
  }

  /** Starts reading events again. Returns how many. */
  async rereadEvents(filter: EventFilter): Promise<number> {
    return this.#hasTables ? this.#open().events.reread(filter) : 0;
  }

  /** Counts a try to sign in. Returns how long to wait before it, in milliseconds. */
  async attempt(from: string): Promise<number> {
    return this.#attempts.attempt(from, Date.now());
  }

  /** The token was right. */
  async succeeded(from: string): Promise<void> {
    this.#attempts.reset(from);
  }

  /** Ends a session, because the operator signed out. */
  async endSession(until: number): Promise<void> {
    this.#open().sessions.end(until);
  }

  async isSessionEnded(until: number): Promise<boolean> {
    return this.#open().sessions.isEnded(until);
  }

  async claimKey(...values: Parameters<Keys["claim"]>): Promise<string[]> {
    return this.#open().keys.claim(...values);
  }

  async beginGroup(...values: Parameters<Groups["begin"]>): Promise<ReturnType<Groups["begin"]>> {
    return this.#open().groups.begin(...values);
  }

  async commitGroup(...values: Parameters<Groups["commit"]>): Promise<boolean> {
    return this.#open().groups.commit(...values);
  }

  async continueGroup(...values: Parameters<Groups["continue"]>): Promise<boolean> {
    return this.#open().groups.continue(...values);
  }

  async cancelGroup(...values: Parameters<Groups["cancel"]>): Promise<void> {
    this.#open().groups.cancel(...values);
  }

  async groupDecision(...values: Parameters<Groups["decision"]>): Promise<GroupDecision> {
    return this.#open().groups.decision(...values);
  }
}

const logged = (where: string) => (error: unknown) => logError(where, error);

/** The most programs that one invocation calls. */
const mostCalled = () => Math.max(4, Math.min(settings().subrequests, 1_000) - 8);
