/**
 * Notifications of the app's object to programs, kept until they are delivered: one
 * that can't be reached gets it later.
 */
import { retryDelay } from "../alarm.js";
import { logError } from "../log.js";
import { inParallel } from "../parallel.js";
import type { Sql } from "../platform-types.js";
import type { Stubs } from "../stubs.js";

/** `unpause`: the pause of everything is over. `resume`: resume the jobs that are halted. */
type Errand = "unpause" | "resume";

interface Row {
  program: string;
  errand: Errand;
  failures: number;
}

export const ERRAND_TABLES = `
  CREATE TABLE errands (
    program TEXT NOT NULL, errand TEXT NOT NULL, failures INTEGER NOT NULL, due_at INTEGER NOT NULL,
    PRIMARY KEY (program, errand)) WITHOUT ROWID;`;

export class Errands {
  readonly #sql: Sql;

  constructor(
    sql: Sql,
    readonly stubs: Stubs,
    /** While everything is paused, no `unpause` is delivered. */
    readonly isPaused: () => boolean,
  ) {
    this.#sql = sql;
  }

  add(program: string, errand: Errand): void {
    this.#sql.exec("INSERT OR IGNORE INTO errands VALUES (?, ?, 0, 0)", program, errand);
  }

  /** When the next one is due. */
  nextDue(): number | undefined {
    const [row] = this.#sql.exec<{ due: number | null }>(
      "SELECT min(due_at) AS due FROM errands WHERE errand <> ?",
      this.#notDue,
    );
    return row?.due ?? undefined;
  }

  /** Delivers those that are due, at most this many. */
  async run(most: number): Promise<void> {
    const rows = this.#sql.exec<Row & Record<string, never>>(
      `SELECT program, errand, failures FROM errands WHERE errand <> ? AND due_at <= ?
       ORDER BY due_at LIMIT ?`,
      this.#notDue,
      Date.now(),
      most,
    );
    await inParallel([...rows], (row) => this.#run(row));
  }

  get #notDue(): string {
    return this.isPaused() ? ("unpause" satisfies Errand) : "";
  }

  async #run({ program, errand, failures }: Row): Promise<void> {
    const object = this.stubs.program(program);
    try {
      await (errand === "unpause" ? object.setPaused(false) : object.resumeHalted());
      this.#sql.exec("DELETE FROM errands WHERE program = ? AND errand = ?", program, errand);
    } catch (error) {
      logError(errand, error);
      this.#sql.exec(
        "UPDATE errands SET failures = ?, due_at = ? WHERE program = ? AND errand = ?",
        failures + 1,
        Date.now() + retryDelay(failures),
        program,
        errand,
      );
    }
  }
}
