/**
 * What all programs of an app share: the token, the rate, the index of jobs.
 * One object, so that there is one of each. Another of the same class, under a
 * name of its own, keeps the events (see `event-store.ts`): a class of its own
 * would have to be in everybody's configuration.
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
import { Budget } from "../program/budget.js";
import type { Who } from "../program/records.js";
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
import { type Fate, Groups } from "./groups.js";
import { type HistoryFilter, findJobs, overviewOf } from "./history.js";
import { JobIndex } from "./job-index.js";
import { Notices } from "./notices.js";
import { AppPausing } from "./pausing.js";
import type { Lease } from "./rate.js";
import { Sessions } from "./sessions.js";
import { SILENT_MS, SilentJobs } from "./silent-jobs.js";
import { AppToken } from "./token.js";

/** What needs the tables. */
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

  // It asks nothing of storage: if that refuses, there still has to be an object that tries again.
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

  /** What needs the tables, which are made when they are first needed. */
  #open(): Parts {
    if (this.#opened) return this.#opened;
    const { storage } = this.ctx;
    const { sql } = storage;
    this.#tables.make();
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
      () => Math.floor(mostAsked() / 2),
    );
    const arm = () => this.#arm();
    this.#opened = {
      index,
      silent: new SilentJobs(index, state, programs),
      pausing: new AppPausing({
        ...{ state, index, errands, audit, budget, stubs: programs, mostAsked, arm },
      }),
      groups,
      errands,
      keys: new Keys(sql),
      events: new KeptEvents(store, rereading, this.#alarm, this.#notices),
      audit,
      sessions: new Sessions(sql),
    };
    this.#gate.closeAsBefore();
    return this.#opened;
  }

  /** Whether there is something to read: to look leaves nothing behind. */
  get #hasTables(): boolean {
    this.#tables.refuseNewer();
    return this.#tables.areThere;
  }

  /** A token, other than the one that Uber rejected. */
  async token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }> {
    return this.#token.get(rejected);
  }

  /** When so many requests of a program may leave; or that nothing may. */
  async lease(program: string, wanted: number): Promise<Lease> {
    const isPaused = await this.isPaused(program);
    const lease = this.#gate.lease(program, wanted);
    return isPaused ? { ...lease, count: 0, isPaused } : { ...lease, isPaused };
  }

  /** Uber asked for patience: nothing leaves before that, from no program. */
  async close(until: number): Promise<void> {
    this.#open();
    this.#gate.close(until);
  }

  /** An operator does not want to wait any longer: what was closed is open, and a token is asked for. */
  async open(): Promise<void> {
    this.#open();
    this.#gate.open();
    this.#token.retry();
  }

  /** A program that learns of a pause is told when it is over. */
  async isPaused(program = ""): Promise<boolean> {
    if (!this.#state.isPaused) return false;
    if (program !== "") this.#open().errands.add(program, "unpause");
    return true;
  }

  /** Pauses everything, or lets it go on. Gives how many jobs that concerns. */
  async pause(isPaused: boolean, who: Who): Promise<number> {
    return this.#open().pausing.set(isPaused, who);
  }

  /** Lets all jobs go on that something has stopped. Gives how many those are. */
  async resumeHalted(who: Who): Promise<number> {
    await this.open();
    return this.#open().pausing.resumeHalted(who);
  }

  async alarm(): Promise<void> {
    this.#opened?.events.disarm();
    await this.#alarm.fire(async () => {
      // That release goes on from here, when it is back.
      if (this.#tables.areNewer) return this.#alarm.set(Date.now() + LONGEST_RETRY_MS);
      await this.watch();
    });
  }

  /** Tells programs what they are to be told, and looks for jobs that are silent. */
  async watch(): Promise<void> {
    this.#budget.renew();
    const half = Math.floor(mostAsked() / 2);
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

  /** Takes note of how far jobs are. */
  async report(summaries: readonly JobSummary[], entries: readonly AuditEntry[]): Promise<void> {
    await this.note(entries);
    for (const summary of summaries) {
      const before = this.#open().index.keep(summary);
      this.#notices.job(before, summary);
    }
    const isRunning = summaries.some(({ status }) => status === "running");
    // No reason to refuse what was reported.
    if (isRunning) await this.#alarm.set(Date.now() + SILENT_MS).catch(logged("alarm"));
  }

  /** The newest jobs of all programs. */
  async jobs(filter: HistoryFilter): Promise<JobSummary[]> {
    return this.#hasTables ? findJobs(this.ctx.storage.sql, filter) : [];
  }

  /** What is under way, and what needs somebody. */
  async overview(): Promise<Omit<Overview, "unreadEvents">> {
    const nothing = { running: [], deciding: [], unapproved: [] };
    return this.#hasTables ? overviewOf(this.ctx.storage.sql) : nothing;
  }

  /** Keeps what operators did. */
  async note(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length > 0) this.#open().audit.add(entries);
  }

  /** Some of what operators did, the newest first. */
  async audit(
    filter: AuditFilter,
    before: AuditCursor | undefined,
    limit: number,
  ): Promise<AuditPage> {
    if (!this.#hasTables) return { entries: [], next: null };
    return this.#open().audit.page(filter, before, limit);
  }

  /** An operator sees the recipients of a program. */
  async noteRevealed(by: string, program: string): Promise<void> {
    this.#open().audit.addRevealed(by, program);
  }

  /** Programs that have jobs, those of the newest ones first. */
  async programsWithJobs(most: number): Promise<string[]> {
    return this.#open().index.programs(most);
  }

  /** The newest job of each of these programs; null where there is none. */
  async lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]> {
    return programs.map((program) => this.#open().index.last(program) ?? null);
  }

  /** Counts what was acknowledged and concerns nothing here. */
  async count(what: string): Promise<void> {
    this.#state.count(what);
  }

  async counts(): Promise<Record<string, number>> {
    return this.#state.counts();
  }

  /** Keeps an event that was well signed. */
  async keepEvent(event: NewEvent): Promise<void> {
    await this.#open().events.keep(event);
  }

  /** How many codes each of these events has settled in its program. */
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

  /** An operator has dealt with an event. */
  async dismissEvent(id: number): Promise<EventSummary | undefined> {
    return this.#hasTables ? this.#open().events.store.dismiss(id) : undefined;
  }

  /** Has events read again; gives how many. */
  async rereadEvents(filter: EventFilter): Promise<number> {
    return this.#hasTables ? this.#open().events.reread(filter) : 0;
  }

  /** Whether somebody may try to sign in: else for how long not, in milliseconds. */
  async attempt(from: string): Promise<number> {
    return this.#attempts.attempt(from, Date.now());
  }

  /** It was the right token. */
  async succeeded(from: string): Promise<void> {
    this.#attempts.forget(from);
  }

  /** An operator has signed out: that session is over, before its time. */
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

  async cancelGroup(...values: Parameters<Groups["cancel"]>): Promise<void> {
    this.#open().groups.cancel(...values);
  }

  async fateInGroup(...values: Parameters<Groups["fate"]>): Promise<Fate> {
    return this.#open().groups.fate(...values);
  }
}

const logged = (where: string) => (error: unknown) => logError(where, error);

/** How many programs one invocation asks, at most. */
const mostAsked = () => Math.max(4, Math.min(settings().subrequests, 1_000) - 8);
