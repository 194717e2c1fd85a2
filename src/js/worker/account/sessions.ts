/** Sessions that an operator has ended, by the time at which each would have expired. */
import type { Sql } from "../platform-types.js";

export const SESSION_TABLES = "CREATE TABLE ended_sessions (until INTEGER PRIMARY KEY);";

export class Sessions {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  end(until: number): void {
    this.#sql.exec("DELETE FROM ended_sessions WHERE until < ?", Date.now());
    this.#sql.exec("INSERT OR IGNORE INTO ended_sessions VALUES (?)", until);
  }

  isEnded(until: number): boolean {
    return [...this.#sql.exec("SELECT 1 FROM ended_sessions WHERE until = ?", until)].length > 0;
  }
}
