/**
 * What each Idempotency-Key was used for. A program's object knows only its own keys, so
 * that it would take a key that was used with another program for a new one.
 */
import { keyReused } from "./program/fingerprint.js";
import type { Sql } from "./platform-types.js";

/** A route, and its program if it has one. */
export interface KeyScope {
  route: "job" | "jobs" | "distribute";
  program: string | null;
}

/** Stores what a key is used for. Returns in what an earlier use differs. */
export interface KeyApi {
  claimKey(key: string, scope: KeyScope): Promise<string[]>;
}

export const KEY_TABLES = `
  CREATE TABLE keys (key TEXT PRIMARY KEY, route TEXT NOT NULL, program TEXT) WITHOUT ROWID;`;

export class Keys {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Stores what a key is used for. Returns in what an earlier use differs. */
  claim(key: string, { route, program }: KeyScope): string[] {
    const [used] = this.#sql.exec<KeyScope & Record<string, never>>(
      "SELECT route, program FROM keys WHERE key = ?",
      key,
    );
    if (used === undefined) {
      this.#sql.exec("INSERT INTO keys VALUES (?, ?, ?)", key, route, program);
      return [];
    }
    if (used.route !== route) return ["route"];
    return used.program === program ? [] : ["program"];
  }
}

/** Refuses a key that was used for another route, or for another program. */
export async function claimKey(app: KeyApi, key: string, scope: KeyScope): Promise<void> {
  const differs = await app.claimKey(key, scope);
  if (differs.length > 0) throw keyReused(differs);
}
