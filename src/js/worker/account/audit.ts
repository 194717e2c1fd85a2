/**
 * Who did what, when and why: kept as long as the ledgers. An entry that is reported several times
 * is stored once, because its key is its time and its id. No recipient's data.
 */
import type { Sql } from "../platform-types.js";
import { type JsonText, parseStored } from "../stored-json.js";
import type { AuditEntry, AuditPage } from "../types.js";

/** A table without a separate index: an entry writes one row. */
export const AUDIT_TABLES = `
  CREATE TABLE audit (
    at INTEGER NOT NULL, id TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (at, id)) WITHOUT ROWID;`;

/** Which entries are wanted. */
export interface AuditFilter {
  program?: string | undefined;
  job?: string | undefined;
  /** Contained in one of its texts, ignoring case. */
  find?: string | undefined;
  /** Programs whose entries are found too. */
  programs?: readonly string[] | undefined;
}

/** The entry before which a page begins. */
export type AuditCursor = Pick<AuditEntry, "at" | "id">;

/** An entry without its id and time. */
export type NewEntry = Pick<AuditEntry, "by" | "action"> &
  Partial<Omit<AuditEntry, "id" | "at" | "by" | "action">>;

export function toEntry(entry: NewEntry, now: number): AuditEntry {
  const nothing = { programId: null, job: null, reason: null, codes: null, detail: null };
  return { id: crypto.randomUUID().slice(0, 8), at: now, ...nothing, ...entry };
}

/** An operator who repeatedly looks at recipients gets one entry in this time. */
const REVEALED_MS = 10 * 60_000;

export class Audit {
  readonly #sql: Sql;
  /** When each operator last saw the recipients of each program. */
  readonly #revealedAt = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  add(entries: readonly AuditEntry[]): void {
    for (const entry of entries) {
      this.#sql.exec(
        "INSERT OR IGNORE INTO audit VALUES (?, ?, ?)",
        entry.at,
        entry.id,
        JSON.stringify(entry),
      );
    }
  }

  /** Records that an operator sees the recipients of a program: once in ten minutes. */
  addRevealed(by: string, programId: string): void {
    const now = Date.now();
    const key = JSON.stringify([by, programId]);
    const at = this.#revealedAt.get(key) ?? -Infinity;
    if (now >= at && now < at + REVEALED_MS) return;
    this.add([toEntry({ by, action: "revealed", programId }, now)]);
    this.#revealedAt.set(key, now);
  }

  /** The newest first, before the one that `before` names. */
  page(filter: AuditFilter, before: AuditCursor | undefined, limit: number): AuditPage {
    const { at, id } = before ?? { at: Number.MAX_SAFE_INTEGER, id: "" };
    const rows = this.#sql.exec<{ entry: JsonText<AuditEntry> }>(
      "SELECT entry FROM audit WHERE (at, id) < (?, ?) ORDER BY at DESC, id DESC",
      at,
      id,
    );
    const entries: AuditEntry[] = [];
    let last: AuditEntry | undefined;
    for (const row of rows) {
      const entry = parseStored(row.entry);
      if (!isWanted(entry, filter)) continue;
      if (last !== undefined && entries.length === limit) return { entries, next: nameOf(last) };
      entries.push(entry);
      last = entry;
    }
    return { entries, next: null };
  }
}

const nameOf = ({ at, id }: AuditEntry) => `${at}.${id}`;

function isWanted(entry: AuditEntry, { program, job, find, programs }: AuditFilter): boolean {
  const { by, action, programId, job: ofJob, reason, detail } = entry;
  return (
    (program === undefined || programId === program) &&
    (job === undefined || ofJob === job) &&
    (find === undefined ||
      (programId !== null && programs?.includes(programId) === true) ||
      contains([by, action, programId, ofJob, reason, detail], find))
  );
}

/** Whether one of these texts contains `find`, ignoring case. */
export function contains(texts: readonly (string | null)[], find: string): boolean {
  const wanted = find.toLowerCase();
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}
