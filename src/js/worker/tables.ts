/**
 * The tables of a program's object. They are made with the first change that an
 * operator wants: Uber reports on programs that nothing was ever done with here,
 * and these are to cost no storage.
 */
import type { Sql } from "./platform-types.js";

const TABLES = `
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT UNIQUE,
    digest TEXT NOT NULL, status TEXT NOT NULL, is_call INTEGER NOT NULL,
    is_folded INTEGER NOT NULL DEFAULT 0, summary TEXT NOT NULL,
    samples TEXT NOT NULL DEFAULT '[]');
  CREATE TABLE IF NOT EXISTS ledger (page INTEGER PRIMARY KEY, entries BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, outcomes TEXT NOT NULL)`;

export class Tables {
  readonly #sql: Sql;
  #areThere: boolean | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Not asked before it is needed: an object must come to be even while storage refuses. */
  get areThere(): boolean {
    if (this.#areThere === undefined) {
      // The last one, so that all of them are.
      const found = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'inbox'");
      this.#areThere = [...found].length > 0;
    }
    return this.#areThere;
  }

  make(): void {
    if (this.areThere) return;
    this.#sql.exec(TABLES);
    this.#areThere = true;
  }
}
