/** Small values that the app's object keeps, by name. */
import type { ErrorParts } from "../../errors.js";
import type { TokenSet } from "../../types.js";
import type { Order } from "../events/rereading.js";
import type { Sql } from "../platform-types.js";
import { type JsonText, parseStored } from "../stored-json.js";

/** A failure to get a token. */
export interface TokenFailure {
  fault: ErrorParts;
  /** In a row. */
  count: number;
  until: number;
}

/** The type of each value. */
interface Values {
  /** Whether an operator has paused everything. */
  paused: boolean;
  /** Until when Uber asked to wait, and when it did. */
  closed: { until: number; at: number };
  token: TokenSet;
  /** The last failure to get a token. */
  token_failure: TokenFailure | null;
  /** Which events are being read again. */
  reread: Order | null;
  [count: `count:${string}`]: number;
}

export class AppState {
  constructor(
    readonly sql: Sql,
    /** Creates the tables, unless they exist. */
    readonly open: () => void,
  ) {}

  /** Whether an operator has paused everything. */
  get isPaused(): boolean {
    return this.read("paused") === true;
  }

  read<K extends keyof Values>(key: K): Values[K] | undefined {
    this.open();
    const [row] = this.sql.exec<{ value: JsonText<Values[K]> }>(
      "SELECT value FROM state WHERE key = ?",
      key,
    );
    return row === undefined ? undefined : parseStored(row.value);
  }

  write<K extends keyof Values>(key: K, value: Values[K]): void {
    this.open();
    this.sql.exec("INSERT OR REPLACE INTO state VALUES (?, ?)", key, JSON.stringify(value));
  }

  /** Adds one to a count. */
  count(what: string): void {
    this.write(`count:${what}`, (this.read(`count:${what}`) ?? 0) + 1);
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
