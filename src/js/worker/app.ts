/**
 * What all programs of an app share: the token, the rate, the index of jobs.
 * One object, so that there is one of each.
 */
import { DurableObject } from "cloudflare:workers";

import { tokensOf } from "../client.js";
import type { ErrorParts } from "../errors.js";
import { VoucherError } from "../errors.js";
import type { TokenSet } from "../types.js";
import { Attempts } from "./attempts.js";
import { type Fate, Groups } from "./groups.js";
import { logError } from "./log.js";
import type { ObjectState } from "./platform-types.js";
import { type Lease, Rate } from "./rate.js";
import { settings } from "./settings.js";
import type { Stubs } from "./stubs.js";
import { stubs } from "./stubs.js";
import type { JobSummary, WorkerEnv } from "./types.js";
import { type Token, clientOptions } from "./uber.js";

const OPEN: readonly string[] = ["creating", "held", "running", "paused", "halted", "undecided"];

interface Row {
  summary: string;
}

export class AppObject extends DurableObject<WorkerEnv> {
  readonly #rate = new Rate(() => settings().requestsPerSecond);
  readonly #attempts = new Attempts();
  readonly #groups: Groups;
  readonly #stubs: Stubs;
  #tokens: ((rejected?: string) => Promise<string>) | undefined;

  constructor(ctx: ObjectState, env: WorkerEnv) {
    super(ctx, env);
    this.#stubs = stubs(env);
    ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS jobs (
        id TEXT PRIMARY KEY, program TEXT NOT NULL, created_at INTEGER NOT NULL,
        status TEXT NOT NULL, summary TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (created_at);
      CREATE INDEX IF NOT EXISTS jobs_by_program ON jobs (program, created_at);
      CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL)`);
    this.#groups = new Groups(ctx.storage);
    this.#rate.close(this.#read<number>("closed") ?? 0, Date.now());
  }

  /** A token, other than the one that Uber rejected. */
  async token(rejected?: string): Promise<{ token: Token } | { fault: ErrorParts }> {
    try {
      const tokens = (this.#tokens ??= this.#createTokens());
      const accessToken = await tokens(rejected);
      const kept = this.#read<TokenSet>("token");
      return { token: { accessToken, renewAt: kept?.renewAt ?? 0 } };
    } catch (error) {
      if (!(error instanceof VoucherError)) throw error;
      const { name, code, queued, message, hint } = error;
      const { status } = error as { status?: number };
      const more = status === undefined ? {} : { status };
      return { fault: { class: name, code, queued, message, hint, ...more } };
    }
  }

  #createTokens(): (rejected?: string) => Promise<string> {
    const { UBER_CLIENT_ID: clientId, UBER_CLIENT_SECRET: clientSecret } = this.env;
    return tokensOf({
      ...clientOptions(this.env),
      auth: {
        clientId,
        clientSecret,
        ...(this.env.UBER_SCOPE ? { scope: this.env.UBER_SCOPE as never } : {}),
        ...(this.env.UBER_TOKEN_URL ? { tokenUrl: this.env.UBER_TOKEN_URL } : {}),
        cache: {
          get: async () => this.#read<TokenSet>("token"),
          set: async (_key, tokens) => this.#write("token", tokens),
        },
      },
    });
  }

  /** When so many requests of a program may leave; or that nothing may. */
  async lease(program: string, wanted: number): Promise<Lease> {
    const lease = this.#rate.lease(program, wanted, Date.now());
    return this.#isPaused ? { ...lease, count: 0, isPaused: true } : { ...lease, isPaused: false };
  }

  /** Uber asked for patience: nothing leaves before that, from no program. */
  async close(until: number): Promise<void> {
    this.#write("closed", this.#rate.close(until, Date.now()));
  }

  get #isPaused(): boolean {
    return this.#read<boolean>("paused") === true;
  }

  async isPaused(): Promise<boolean> {
    return this.#isPaused;
  }

  /** Pauses everything, or lets it go on. Gives how many jobs that concerns. */
  async pause(isPaused: boolean): Promise<number> {
    this.#write("paused", isPaused);
    const marks = OPEN.map(() => "?").join();
    const rows = this.#query<{ program: string; jobs: number }>(
      `SELECT program, count(*) AS jobs FROM jobs WHERE status IN (${marks}) GROUP BY program`,
      ...OPEN,
    );
    await Promise.all(
      rows.map(({ program }) =>
        // One that can't be reached now learns it from its next lease.
        this.#stubs
          .program(program)
          .everything(isPaused)
          .catch((error: unknown) => logError("pause", error)),
      ),
    );
    return rows.reduce((all, { jobs }) => all + jobs, 0);
  }

  /** Takes note of how far a job is. */
  async report(summary: JobSummary): Promise<void> {
    const { id, programId, createdAt, status } = summary;
    this.#query(
      "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?)",
      id,
      programId,
      createdAt,
      status,
      JSON.stringify(summary),
    );
  }

  /** The newest jobs of all programs, before a time. */
  async jobs(before: number, limit: number): Promise<JobSummary[]> {
    const rows = this.#query<Row>(
      "SELECT summary FROM jobs WHERE created_at < ? ORDER BY created_at DESC LIMIT ?",
      before,
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

  async beginGroup(...values: Parameters<Groups["begin"]>): Promise<ReturnType<Groups["begin"]>> {
    return this.#groups.begin(...values);
  }

  async commitGroup(...values: Parameters<Groups["commit"]>): Promise<boolean> {
    return this.#groups.commit(...values);
  }

  async cancelGroup(...values: Parameters<Groups["cancel"]>): Promise<void> {
    this.#groups.cancel(...values);
  }

  async fateInGroup(...values: Parameters<Groups["fate"]>): Promise<Fate> {
    return this.#groups.fate(...values);
  }

  #query<T>(query: string, ...bindings: (string | number)[]): T[] {
    return [...this.ctx.storage.sql.exec<T>(query, ...bindings)];
  }

  #read<T>(key: string): T | undefined {
    const [row] = this.#query<{ value: string }>("SELECT value FROM state WHERE key = ?", key);
    return row === undefined ? undefined : (JSON.parse(row.value) as T);
  }

  #write(key: string, value: unknown): void {
    this.#query("INSERT OR REPLACE INTO state VALUES (?, ?)", key, JSON.stringify(value));
  }
}
