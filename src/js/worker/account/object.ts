/**
 * What all programs of an app share: the token, the rate, the index of jobs.
 * One object, so that there is one of each. Another of the same class, under a
 * name of its own, keeps the events (see `event-store.ts`): a class of its own
 * would have to be in everybody's configuration.
 */
import { DurableObject } from "cloudflare:workers";

import type { ErrorParts } from "../../errors.js";
import { inTurn } from "../../journal/shared.js";
import { Alarm, LONGEST_RETRY_MS, retryDelay } from "../alarm.js";
import { AUDIT_TABLES, Audit, type AuditCursor, type AuditFilter, toEntry } from "./audit.js";
import { type HistoryFilter, findJobs, overviewOf } from "./history.js";
import { Notices } from "./notices.js";
import { AppToken } from "./token.js";
import { Attempts } from "../http/attempts.js";
import { Budget } from "../program/budget.js";
import { ERRAND_TABLES, Errands } from "./errands.js";
import {
  EVENT_TABLES,
  type EventFilter,
  EventStore,
  type NewEvent,
} from "../events/event-store.js";
import { Rereading } from "../events/rereading.js";
import { type Fate, GROUP_TABLES, Groups } from "./groups.js";
import { inParallel } from "../parallel.js";
import { KEY_TABLES, KEY_TIMES, Keys } from "../keys.js";
import { log, logError } from "../log.js";
import type { AppApi } from "../objects.js";
import type { ObjectState } from "../platform-types.js";
import { type Lease, Rate } from "./rate.js";
import { settings } from "../settings.js";
import { stubs } from "../stubs.js";
import { type Who, readSummary } from "../program/records.js";
import { type Schema, Tables } from "../tables.js";
import type {
  AuditEntry,
  AuditPage,
  EventPage,
  EventSummary,
  JobFault,
  JobStatus,
  JobSummary,
  Overview,
  WorkerEnv,
} from "../types.js";
import { type Token, logUpstream } from "../uber.js";

const OPEN: readonly string[] = [
  ...["creating", "held", "unapproved", "scheduled", "running", "paused", "halted", "undecided"],
];

const ENDED_SESSIONS = "CREATE TABLE ended_sessions (until INTEGER PRIMARY KEY);";

/** See `PROGRAM_TABLES`. */
const APP_TABLES: Schema = {
  create: `
    CREATE TABLE jobs (
      id TEXT PRIMARY KEY, program TEXT NOT NULL, created_at INTEGER NOT NULL,
      status TEXT NOT NULL, summary TEXT NOT NULL);
    CREATE INDEX jobs_by_time ON jobs (created_at);
    CREATE INDEX jobs_by_program ON jobs (program, created_at);
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    ${ENDED_SESSIONS} ${KEY_TABLES} ${KEY_TIMES} ${GROUP_TABLES} ${ERRAND_TABLES} ${EVENT_TABLES}
    ${AUDIT_TABLES}`,
  upgrades: [
    // Since when the gate is closed is told too.
    `${ENDED_SESSIONS} ${KEY_TABLES} ${ERRAND_TABLES}
    UPDATE state SET value = '{"until":' || value || ',"at":0}' WHERE key = 'closed'`,
    EVENT_TABLES,
    AUDIT_TABLES,
    KEY_TIMES,
  ],
};

/** A job that runs reports every few seconds; each slice of it lasts a minute at most. */
const SILENT_MS = 3 * 60_000;
const SILENT: JobFault = {
  code: "silent",
  message: "The job is to run, and has not been heard of for some minutes",
  hint: "It is asked again and again. See the worker's log: storage may refuse what is written (a day's rows, a spending limit).",
  queued: "no",
};

/** An operator who looks at recipients again and again is written down so often. */
const REVEALED_MS = 10 * 60_000;

interface Row {
  summary: string;
}

interface Parts {
  groups: Groups;
  errands: Errands;
  keys: Keys;
  events: EventStore;
  rereading: Rereading;
  audit: Audit;
}

const NO_EVENTS: EventPage = {
  events: [],
  next: null,
  unreadCount: 0,
  dropped: { events: 0, bytes: 0 },
  rereading: null,
};

export class AppObject extends DurableObject<WorkerEnv> implements AppApi {
  readonly #rate = new Rate(() => settings().requestsPerSecond);
  readonly #attempts = new Attempts();
  readonly #budget = new Budget();
  readonly #alarm: Alarm;
  readonly #token: AppToken;
  readonly #inTurn = inTurn();
  readonly #notices: Notices;
  /** When each operator last saw the recipients of each program. */
  readonly #revealedAt = new Map<string, number>();
  readonly #tables: Tables;
  #opened: Parts | undefined;
  /** Whether the alarm is set for what becomes of the events that are kept. */
  #isArmedForEvents = false;

  // It asks nothing of storage: if that refuses, there still has to be an object that tries again.
  constructor(ctx: ObjectState, env: WorkerEnv) {
    super(ctx, env);
    logUpstream(env);
    this.#tables = new Tables(ctx.storage, APP_TABLES);
    this.#alarm = new Alarm(ctx.storage);
    this.#token = new AppToken(env, {
      read: (key) => this.#read(key),
      write: (key, value) => this.#write(key, value),
    });
    this.#notices = new Notices(env, (work) => ctx.waitUntil(work));
    void ctx.blockConcurrencyWhile(() => this.#alarm.load().catch(logged("alarm")));
  }

  /** The tables, made when they are first needed. */
  #open(): Parts {
    if (this.#opened) return this.#opened;
    const { storage } = this.ctx;
    this.#tables.make();
    const groups = new Groups(storage);
    groups.recover();
    const programs = stubs(this.env, this.#budget);
    const errands = new Errands(storage.sql, programs, () => this.#isPaused);
    const events = new EventStore(storage);
    const rereading = new Rereading(
      events,
      {
        read: () => this.#read("reread") ?? undefined,
        write: (order) => this.#write("reread", order),
      },
      programs,
      this.env.UBER_ORGANIZATION_ID,
      () => Math.floor(mostAsked() / 2),
    );
    const [keys, audit] = [new Keys(storage.sql), new Audit(storage.sql)];
    this.#opened = { groups, errands, keys, events, rereading, audit };
    this.#closeAsBefore();
    return this.#opened;
  }

  /** A token, other than the one that Uber rejected. */
  async token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }> {
    return this.#token.get(rejected);
  }

  /** When so many requests of a program may leave; or that nothing may. */
  async lease(program: string, wanted: number): Promise<Lease> {
    const isPaused = await this.isPaused(program);
    const lease = this.#rate.lease(program, wanted, Date.now());
    return isPaused ? { ...lease, count: 0, isPaused } : { ...lease, isPaused };
  }

  /** Uber asked for patience: nothing leaves before that, from no program. */
  async close(until: number): Promise<void> {
    this.#open();
    const at = Date.now();
    this.#write("closed", { until: this.#rate.close(until, at), at });
  }

  /** As before this object ended; a clock that was set back meanwhile takes it along. */
  #closeAsBefore(): void {
    const closed = this.#read<{ until: number; at: number }>("closed");
    if (closed === undefined) return;
    const now = Date.now();
    this.#rate.close(closed.until - Math.max(0, closed.at - now), now);
  }

  /** An operator does not want to wait any longer: what was closed is open, and a token is asked for. */
  async open(): Promise<void> {
    this.#open();
    this.#rate.open();
    this.#write("closed", { until: 0, at: Date.now() });
    this.#token.retry();
  }

  get #isPaused(): boolean {
    return this.#read<boolean>("paused") === true;
  }

  /** A program that learns of a pause is told when it is over. */
  async isPaused(program = ""): Promise<boolean> {
    if (!this.#isPaused) return false;
    if (program !== "") this.#open().errands.add(program, "unpause");
    return true;
  }

  /** Pauses everything, or lets it go on. Gives how many jobs that concerns. */
  pause(isPaused: boolean, who: Who): Promise<number> {
    // One after the other, so that no program is told the older of two last.
    return this.#inTurn(async () => {
      const { errands, audit } = this.#open();
      this.#write("paused", isPaused);
      const action = isPaused ? "all_paused" : "all_resumed";
      audit.add([toEntry({ ...who, action }, Date.now())]);
      const marks = OPEN.map(() => "?").join();
      const rows = this.#query<{ program: string; jobs: number }>(
        `SELECT program, count(*) AS jobs FROM jobs WHERE status IN (${marks}) GROUP BY program`,
        ...OPEN,
      );
      this.#budget.renew();
      if (isPaused) {
        // The others learn it from their next lease.
        const told = rows.slice(0, mostAsked());
        await inParallel(told, async ({ program }) => {
          errands.add(program, "unpause");
          const object = stubs(this.env, this.#budget).program(program);
          await object.everything(true).catch(logged("pause"));
        });
      } else {
        await errands.run(mostAsked());
        await this.#arm();
      }
      return rows.reduce((all, { jobs }) => all + jobs, 0);
    });
  }

  /** Lets all jobs go on that something has stopped. Gives how many those are. */
  async resumeHalted(who: Who): Promise<number> {
    const { errands, audit } = this.#open();
    await this.open();
    const rows = this.#query<{ program: string; jobs: number }>(
      "SELECT program, count(*) AS jobs FROM jobs WHERE status = 'halted' GROUP BY program",
    );
    for (const { program } of rows) errands.add(program, "resume");
    const detail = "all that were halted";
    audit.add([toEntry({ ...who, action: "resumed", detail }, Date.now())]);
    this.#budget.renew();
    await errands.run(mostAsked());
    await this.#arm();
    return rows.reduce((all, { jobs }) => all + jobs, 0);
  }

  async alarm(): Promise<void> {
    this.#isArmedForEvents = false;
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
    const { errands, events, rereading } = this.#open();
    await errands.run(half);
    await this.#wakeSilent(half);
    const { eventRetentionDays } = settings();
    if ((events.nextDue(eventRetentionDays) ?? Infinity) <= Date.now()) {
      events.sweep(eventRetentionDays);
    }
    await rereading.run();
    await this.#arm();
  }

  async #arm(): Promise<void> {
    const now = Date.now();
    const { errands, events, rereading } = this.#open();
    const dues = [
      errands.nextDue(),
      events.nextDue(settings().eventRetentionDays),
      rereading.isUnderWay ? now : undefined,
      ...this.#running().map((job) => silentAt(job, now)),
    ];
    const due = Math.min(...dues.filter((at) => at !== undefined));
    if (due !== Infinity) await this.#alarm.set(due);
  }

  #running(): JobSummary[] {
    if (this.#isPaused) return [];
    const rows = this.#query<Row>("SELECT summary FROM jobs WHERE status = 'running'");
    return rows.map(({ summary }) => readSummary(summary));
  }

  /** A job that should run and says nothing: history says so, and its program is asked to go on. */
  async #wakeSilent(most: number): Promise<void> {
    const now = Date.now();
    const silent = this.#running().filter((job) => heardUntil(job, now) + SILENT_MS <= now);
    const byProgram = new Map<string, string[]>();
    for (const job of silent) {
      if (job.error?.code !== SILENT.code) {
        log("job", { job: job.id, program: job.programId, state: "silent" });
        this.#update({ ...job, error: SILENT });
      }
      byProgram.set(job.programId, [...(byProgram.get(job.programId) ?? []), job.id]);
    }
    await inParallel([...byProgram].slice(0, most), async ([program, jobs]) => {
      await stubs(this.env, this.#budget).program(program).wake(jobs).catch(logged("wake"));
    });
  }

  /** Takes note of how far jobs are. */
  async report(summaries: readonly JobSummary[], entries: readonly AuditEntry[]): Promise<void> {
    await this.note(entries);
    for (const summary of summaries) {
      const { id, programId, createdAt, status } = summary;
      const [before] = this.#query<{ status: JobStatus }>(
        "SELECT status FROM jobs WHERE id = ?",
        id,
      );
      if (before === undefined) {
        const values = [id, programId, createdAt, status, JSON.stringify(summary)];
        this.#query("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", ...values);
      } else this.#update(summary);
      this.#notices.job(before?.status, summary);
    }
    const isRunning = summaries.some(({ status }) => status === "running");
    // No reason to refuse what was reported.
    if (isRunning) await this.#alarm.set(Date.now() + SILENT_MS).catch(logged("alarm"));
  }

  /** One row: to replace it would be four, with those of its indexes. */
  #update(summary: JobSummary): void {
    const { id, status } = summary;
    const query = "UPDATE jobs SET status = ?, summary = ? WHERE id = ?";
    this.#query(query, status, JSON.stringify(summary), id);
  }

  /** The newest jobs of all programs. */
  async jobs(filter: HistoryFilter): Promise<JobSummary[]> {
    this.#tables.refuseNewer();
    return this.#tables.areThere ? findJobs(this.ctx.storage.sql, filter) : [];
  }

  /** What is under way, and what needs somebody. */
  async overview(): Promise<Omit<Overview, "unreadEvents">> {
    this.#tables.refuseNewer();
    const nothing = { running: [], deciding: [], unapproved: [] };
    return this.#tables.areThere ? overviewOf(this.ctx.storage.sql) : nothing;
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
    this.#tables.refuseNewer();
    if (!this.#tables.areThere) return { entries: [], next: null };
    return this.#open().audit.page(filter, before, limit);
  }

  /** An operator sees the recipients of a program: written down once in ten minutes. */
  async noteRevealed(by: string, program: string): Promise<void> {
    const now = Date.now();
    const key = JSON.stringify([by, program]);
    const at = this.#revealedAt.get(key) ?? -Infinity;
    if (now >= at && now < at + REVEALED_MS) return;
    this.#open().audit.add([toEntry({ by, action: "revealed", programId: program }, now)]);
    this.#revealedAt.set(key, now);
  }

  /** Programs that have jobs, those of the newest ones first. */
  async programsWithJobs(most: number): Promise<string[]> {
    const rows = this.#query<{ program: string }>(
      "SELECT program FROM jobs GROUP BY program ORDER BY max(created_at) DESC LIMIT ?",
      most,
    );
    return rows.map(({ program }) => program);
  }

  /** The newest job of each of these programs; null where there is none. */
  async lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]> {
    return programs.map((program) => {
      const [row] = this.#query<Row>(
        "SELECT summary FROM jobs WHERE program = ? ORDER BY created_at DESC LIMIT 1",
        program,
      );
      return row === undefined ? null : readSummary(row.summary);
    });
  }

  /** Counts what was acknowledged and concerns nothing here. */
  async count(what: string): Promise<void> {
    this.#write(`count:${what}`, (this.#read<number>(`count:${what}`) ?? 0) + 1);
  }

  async counts(): Promise<Record<string, number>> {
    const rows = this.#query<{ key: string; value: string }>(
      "SELECT key, value FROM state WHERE key LIKE 'count:%'",
    );
    return Object.fromEntries(rows.map(({ key, value }) => [key.slice(6), Number(value)]));
  }

  /** Keeps an event that was well signed. */
  async keepEvent(event: NewEvent): Promise<void> {
    const { events } = this.#open();
    events.keep(event, Date.now() + retryDelay(0));
    if (event.status === "unread") this.#notices.unread();
    if (this.#isArmedForEvents && !event.isDue) return;
    const due = events.nextDue(settings().eventRetentionDays);
    if (due === undefined) return;
    try {
      await this.#alarm.set(due);
      this.#isArmedForEvents = true;
    } catch (error) {
      // No reason to refuse what is kept: the next one sets it.
      logError("alarm", error);
    }
  }

  /** How many codes each of these events has settled in its program. */
  async noteSettled(settled: readonly (readonly [digest: string, count: number])[]): Promise<void> {
    const { events } = this.#open();
    for (const [digest, count] of settled) events.noteSettled(digest, count);
  }

  /** A page of the events that are kept, the newest first. */
  async listEvents(filter: EventFilter, before: number, limit: number): Promise<EventPage> {
    // To look leaves nothing behind.
    if (!this.#hasEvents) return NO_EVENTS;
    const { events, rereading } = this.#open();
    return { ...events.list(filter, before, limit), rereading: rereading.progress };
  }

  async eventBody(id: number): Promise<ArrayBuffer | undefined> {
    return this.#hasEvents ? this.#open().events.body(id) : undefined;
  }

  /** An operator has dealt with an event. */
  async dismissEvent(id: number): Promise<EventSummary | undefined> {
    return this.#hasEvents ? this.#open().events.dismiss(id) : undefined;
  }

  /** Has events read again; gives how many. */
  async rereadEvents(filter: EventFilter): Promise<number> {
    if (!this.#hasEvents) return 0;
    const count = this.#open().rereading.begin(filter);
    if (count > 0) await this.#alarm.set(Date.now());
    return count;
  }

  get #hasEvents(): boolean {
    this.#tables.refuseNewer();
    return this.#tables.areThere;
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
    this.#query("DELETE FROM ended_sessions WHERE until < ?", Date.now());
    this.#query("INSERT OR IGNORE INTO ended_sessions VALUES (?)", until);
  }

  async isSessionEnded(until: number): Promise<boolean> {
    return this.#query("SELECT 1 FROM ended_sessions WHERE until = ?", until).length > 0;
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

  async fateInGroup(...values: Parameters<Groups["fate"]>): Promise<Fate> {
    return this.#open().groups.fate(...values);
  }

  #query<T>(query: string, ...bindings: (string | number)[]): T[] {
    this.#open();
    return [...this.ctx.storage.sql.exec<T>(query, ...bindings)];
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- As `#write` has it.
  #read<T>(key: string): T | undefined {
    const [row] = this.#query<{ value: string }>("SELECT value FROM state WHERE key = ?", key);
    return row === undefined ? undefined : (JSON.parse(row.value) as T);
  }

  #write(key: string, value: unknown): void {
    this.#query("INSERT OR REPLACE INTO state VALUES (?, ?)", key, JSON.stringify(value));
  }
}

const logged = (where: string) => (error: unknown) => logError(where, error);

/** How many programs one invocation asks, at most. */
const mostAsked = () => Math.max(4, Math.min(settings().subrequests, 1_000) - 8);

/** Until when there was no reason to hear of a job. */
function heardUntil({ updatedAt, waitingUntil }: JobSummary, now: number): number {
  // Not after a clock was set back.
  return Math.min(now, updatedAt) + Math.max(0, (waitingUntil ?? 0) - updatedAt);
}

/** When a job that runs is silent; one that was asked is asked again later. */
function silentAt(job: JobSummary, now: number): number {
  const at = heardUntil(job, now) + SILENT_MS;
  return at > now ? at : now + LONGEST_RETRY_MS;
}
