/**
 * What all programs of an app share: the token, the rate, the index of jobs.
 * One object, so that there is one of each.
 */
import { DurableObject } from "cloudflare:workers";

import type { ErrorParts } from "../../errors.js";
import { inTurn } from "../../journal/shared.js";
import { Alarm, LONGEST_RETRY_MS } from "../alarm.js";
import { AppToken } from "./token.js";
import { Attempts } from "../http/attempts.js";
import { Budget } from "../program/budget.js";
import { ERRAND_TABLES, Errands } from "./errands.js";
import { type Fate, GROUP_TABLES, Groups } from "./groups.js";
import { inParallel } from "../parallel.js";
import { KEY_TABLES, Keys } from "../keys.js";
import { log, logError } from "../log.js";
import type { AppApi } from "../objects.js";
import type { ObjectState } from "../platform-types.js";
import { type Lease, Rate } from "./rate.js";
import { settings } from "../settings.js";
import { stubs } from "../stubs.js";
import { type Schema, Tables } from "../tables.js";
import type { JobFault, JobSummary, WorkerEnv } from "../types.js";
import { type Token, logUpstream } from "../uber.js";

const OPEN: readonly string[] = ["creating", "held", "running", "paused", "halted", "undecided"];

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
    ${ENDED_SESSIONS} ${KEY_TABLES} ${GROUP_TABLES} ${ERRAND_TABLES}`,
  upgrades: [
    // Since when the gate is closed is told too.
    `${ENDED_SESSIONS} ${KEY_TABLES} ${ERRAND_TABLES}
    UPDATE state SET value = '{"until":' || value || ',"at":0}' WHERE key = 'closed'`,
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

interface Row {
  summary: string;
}

export class AppObject extends DurableObject<WorkerEnv> implements AppApi {
  readonly #rate = new Rate(() => settings().requestsPerSecond);
  readonly #attempts = new Attempts();
  readonly #budget = new Budget();
  readonly #alarm: Alarm;
  readonly #token: AppToken;
  readonly #inTurn = inTurn();
  readonly #tables: Tables;
  #opened: { groups: Groups; errands: Errands; keys: Keys } | undefined;

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
    void ctx.blockConcurrencyWhile(() => this.#alarm.load().catch(logged("alarm")));
  }

  /** The tables, made when they are first needed. */
  #open(): { groups: Groups; errands: Errands; keys: Keys } {
    if (this.#opened) return this.#opened;
    const { storage } = this.ctx;
    this.#tables.make();
    const groups = new Groups(storage);
    groups.recover();
    const errands = new Errands(storage.sql, stubs(this.env, this.#budget), () => this.#isPaused);
    this.#opened = { groups, errands, keys: new Keys(storage.sql) };
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
  pause(isPaused: boolean): Promise<number> {
    // One after the other, so that no program is told the older of two last.
    return this.#inTurn(async () => {
      const { errands } = this.#open();
      this.#write("paused", isPaused);
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
  async resumeHalted(): Promise<number> {
    const { errands } = this.#open();
    await this.open();
    const rows = this.#query<{ program: string; jobs: number }>(
      "SELECT program, count(*) AS jobs FROM jobs WHERE status = 'halted' GROUP BY program",
    );
    for (const { program } of rows) errands.add(program, "resume");
    this.#budget.renew();
    await errands.run(mostAsked());
    await this.#arm();
    return rows.reduce((all, { jobs }) => all + jobs, 0);
  }

  async alarm(): Promise<void> {
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
    await this.#open().errands.run(half);
    await this.#wakeSilent(half);
    await this.#arm();
  }

  async #arm(): Promise<void> {
    const now = Date.now();
    const dues = [
      this.#open().errands.nextDue(),
      ...this.#running().map((job) => silentAt(job, now)),
    ];
    const due = Math.min(...dues.filter((at) => at !== undefined));
    if (due !== Infinity) await this.#alarm.set(due);
  }

  #running(): JobSummary[] {
    if (this.#isPaused) return [];
    const rows = this.#query<Row>("SELECT summary FROM jobs WHERE status = 'running'");
    return rows.map(({ summary }) => JSON.parse(summary) as JobSummary);
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
  async report(summaries: readonly JobSummary[]): Promise<void> {
    for (const summary of summaries) {
      if (this.#update(summary)) continue;
      const { id, programId, createdAt, status } = summary;
      const values = [id, programId, createdAt, status, JSON.stringify(summary)];
      this.#query("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", ...values);
    }
    const isRunning = summaries.some(({ status }) => status === "running");
    // No reason to refuse what was reported.
    if (isRunning) await this.#alarm.set(Date.now() + SILENT_MS).catch(logged("alarm"));
  }

  /** Whether there was such a job. One row: to replace it would be four, with those of its indexes. */
  #update({ id, status, ...summary }: JobSummary): boolean {
    const text = JSON.stringify({ id, status, ...summary });
    const query = "UPDATE jobs SET status = ?, summary = ? WHERE id = ? RETURNING id";
    return this.#query(query, status, text, id).length > 0;
  }

  /**
   * The newest jobs of all programs, before a time; of those that were created at
   * that very moment, the ones that come after `beforeId`.
   */
  async jobs(before: number, limit: number, beforeId = ""): Promise<JobSummary[]> {
    const rows = this.#query<Row>(
      `SELECT summary FROM jobs WHERE (created_at, id) < (?, ?)
       ORDER BY created_at DESC, id DESC LIMIT ?`,
      before,
      beforeId,
      limit,
    );
    return rows.map(({ summary }) => JSON.parse(summary) as JobSummary);
  }

  /** The newest job of each of these programs; null where there is none. */
  async lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]> {
    return programs.map((program) => {
      const [row] = this.#query<Row>(
        "SELECT summary FROM jobs WHERE program = ? ORDER BY created_at DESC LIMIT 1",
        program,
      );
      return row === undefined ? null : (JSON.parse(row.summary) as JobSummary);
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
