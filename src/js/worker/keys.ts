/**
 * What each Idempotency-Key was used for. A program's object knows only its own keys, so
 * it would treat a key that was used with another program as a new one.
 */
import { keyReused } from "./fingerprint.js";
import type { Sql } from "./platform-types.js";

/** A route, and its program if it has one. */
export interface KeyScope {
  route: "job" | "jobs" | "distribute";
  program: string | null;
}

/** Stores what a key is used for. Returns what differs from an earlier use. */
export interface KeyApi {
  claimKey(key: string, scope: KeyScope): Promise<string[]>;
}

/**
 * How long a key is kept at least after its first use. Clients repeat a request without a response
 * within minutes, or within days after a weekend or an outage. Jobs keep their keys forever: only
 * the keys of single calls are deleted, and the records that tie a key to one route and program.
 */
export const KEY_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

export const KEY_TABLES = `
  CREATE TABLE keys (key TEXT PRIMARY KEY, route TEXT NOT NULL, program TEXT) WITHOUT ROWID;`;
/** For entries of an earlier release, the time starts now. */
export const KEY_TIMES = `
  ALTER TABLE keys ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
  UPDATE keys SET used_at = unixepoch() * 1000;
  CREATE INDEX keys_by_time ON keys (used_at);`;

export class Keys {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Stores what a key is used for, and deletes old keys. Returns what differs from an earlier use.
   */
  claim(key: string, { route, program }: KeyScope): string[] {
    const now = Date.now();
    this.#sql.exec("DELETE FROM keys WHERE used_at < ?", now - KEY_RETENTION_MS);
    const [used] = this.#sql.exec<KeyScope & Record<string, never>>(
      "SELECT route, program FROM keys WHERE key = ?",
      key,
    );
    if (used === undefined) {
      this.#sql.exec("INSERT INTO keys VALUES (?, ?, ?, ?)", key, route, program, now);
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
