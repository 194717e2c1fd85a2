/**
 * The tables of an object, and their version: an older database is upgraded, and one that
 * a later release has written is left alone.
 */
import type { ObjectStorage } from "./platform-types.js";
import { refuseNewer } from "./problem.js";

/** The tables of one class of objects; `state` has to be among them. */
export interface Schema {
  /** Creates the tables of this release. */
  create: string;
  /** Statements from each version to the next. The first entry upgrades version 1 to 2. */
  upgrades: readonly string[];
}

const WAITING = `
  CREATE TABLE waiting (id INTEGER PRIMARY KEY, job INTEGER NOT NULL, outcomes TEXT NOT NULL);`;

/** After a release, a change needs an upgrade, and a database of the old version in `tests/worker/stored`. */
export const PROGRAM_TABLES: Schema = {
  create: `
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE jobs (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT UNIQUE,
      digest TEXT NOT NULL, status TEXT NOT NULL, is_call INTEGER NOT NULL,
      is_folded INTEGER NOT NULL DEFAULT 0, summary TEXT NOT NULL,
      samples TEXT NOT NULL DEFAULT '[]', set_aside TEXT);
    CREATE TABLE ledger (page INTEGER PRIMARY KEY, entries BLOB NOT NULL);
    CREATE TABLE inbox (id INTEGER PRIMARY KEY, outcomes TEXT NOT NULL);
    ${WAITING}
    INSERT INTO state VALUES ('ledger_key', hex(randomblob(16)))`,
  upgrades: [`ALTER TABLE jobs ADD COLUMN set_aside TEXT; ${WAITING}`],
};

/** The row of a statement that always returns one. */
export function onlyRow<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Error("A statement that must return a row returned none");
  return row;
}

export class Tables {
  readonly #storage: ObjectStorage;
  readonly #schema: Schema;
  /** Found on first use: an object must be created even while storage fails. */
  #found: "none" | "ours" | "newer" | undefined;

  constructor(storage: ObjectStorage, schema: Schema) {
    this.#storage = storage;
    this.#schema = schema;
  }

  get exist(): boolean {
    return this.#find() === "ours";
  }

  /** Whether a later release has written them. They then count as missing. */
  get areNewer(): boolean {
    return this.#find() === "newer";
  }

  #find(): "none" | "ours" | "newer" {
    this.#found ??= this.#read();
    return this.#found;
  }

  #read(): "none" | "ours" | "newer" {
    const { sql } = this.#storage;
    const found = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'state'");
    if ([...found].length === 0) return "none";
    const [row] = sql.exec<{ value: string }>("SELECT value FROM state WHERE key = 'schema'");
    // The first version stored no number.
    const version = Number(row?.value ?? 1);
    if (!(version <= this.#version)) return "newer";
    if (row === undefined || version < this.#version) {
      this.#change(this.#schema.upgrades.slice(version - 1).join(";"));
    }
    return "ours";
  }

  get #version(): number {
    return this.#schema.upgrades.length + 1;
  }

  /** Creates them, unless they exist. */
  create(): void {
    this.refuseNewer();
    if (this.exist) return;
    this.#change(this.#schema.create);
    this.#found = "ours";
  }

  /** Throws if a later release has written the database. */
  refuseNewer(): void {
    if (this.areNewer) throw refuseNewer();
  }

  #change(statements: string): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec(`${statements};
        INSERT OR REPLACE INTO state VALUES ('schema', '${this.#version}')`);
    });
  }
}
