/** Small values that a program's object keeps, by name. */
import type { Sql } from "../platform-types.js";
import type { Tables } from "../tables.js";

export class ProgramState {
  #id: string | undefined;

  constructor(
    readonly sql: Sql,
    readonly tables: Tables,
  ) {}

  /** Whether an operator has paused everything, as far as it is known here. */
  get isPaused(): boolean {
    return this.read("paused") === "true";
  }

  set isPaused(isPaused: boolean) {
    this.tables.create();
    if (isPaused !== this.isPaused) this.write("paused", String(isPaused));
  }

  /** The program's id, which the first job brings; empty before. */
  get id(): string {
    this.#id ??= this.read("program") ?? "";
    return this.#id;
  }

  /** The same without a query, which may fail. */
  get knownId(): string {
    return this.#id ?? "";
  }

  /** Stores the program's id, and creates the tables that jobs need. */
  setProgramId(programId: string): void {
    this.tables.create();
    if (this.id === programId) return;
    this.write("program", programId);
    this.#id = programId;
  }

  read(key: string): string | undefined {
    if (!this.tables.exist) return undefined;
    const [row] = this.sql.exec<{ value: string }>("SELECT value FROM state WHERE key = ?", key);
    return row?.value;
  }

  write(key: string, value: string): void {
    this.sql.exec("INSERT OR REPLACE INTO state VALUES (?, ?)", key, value);
  }
}
