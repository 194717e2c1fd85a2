/** Small values that the app's object keeps, by name. */
import type { Sql } from "../platform-types.js";

export class AppState {
  constructor(
    readonly sql: Sql,
    /** Makes the tables, unless they are there. */
    readonly open: () => void,
  ) {}

  /** Whether an operator has paused everything. */
  get isPaused(): boolean {
    return this.read<boolean>("paused") === true;
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- As `write` has it.
  read<T>(key: string): T | undefined {
    this.open();
    const [row] = this.sql.exec<{ value: string }>("SELECT value FROM state WHERE key = ?", key);
    return row === undefined ? undefined : (JSON.parse(row.value) as T);
  }

  write(key: string, value: unknown): void {
    this.open();
    this.sql.exec("INSERT OR REPLACE INTO state VALUES (?, ?)", key, JSON.stringify(value));
  }

  /** Adds one to a count. */
  count(what: string): void {
    this.write(`count:${what}`, (this.read<number>(`count:${what}`) ?? 0) + 1);
  }

  counts(): Record<string, number> {
    this.open();
    const rows = this.sql.exec<{ key: string; value: string }>(
      "SELECT key, value FROM state WHERE key LIKE 'count:%'",
    );
    return Object.fromEntries(
      Array.from(rows, ({ key, value }) => [key.slice(6), Number(value)] as const),
    );
  }
}
