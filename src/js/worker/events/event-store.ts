/**
 * The signed events of all programs, as they arrived. They are stored before they are
 * acknowledged, because Uber does not repeat an acknowledged event, and the form of
 * the event that reports a distribution is unknown.
 *
 * They are in one object of the app's class, with its own name:
 *
 * - Not with each program: an event that names none, or an unknown one, has to be kept
 *   too. A flood of those would create an object with tables for each, and a list over
 *   all programs would have to call every one of them.
 * - Not with the token and the rate: a flood of events would slow down sending. Sending
 *   works without this object.
 *
 * An event writes two rows: its own, and one of the index by digest; one more while it
 * is unread, and one when the number of settled codes is known. A repetition writes one.
 * Finding the events of a program scans all rows: that is rare, and an index would write
 * a row for each event. Rows are numbered without gaps, so that their number is known
 * without counting: only `#delete` makes gaps, and stores how many.
 *
 * Two events with the same body are the same event. The message id is not enough: if
 * Uber used one for two bodies, which is unknown, the second would be lost.
 */
import type { ObjectStorage } from "../platform-types.js";
import { type JsonText, parseStored } from "../stored-json.js";
import type { EventPage, EventSummary } from "../types.js";

export const EVENT_TABLES = `
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, program TEXT, type TEXT NOT NULL,
    environment TEXT, received_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL, is_cut INTEGER NOT NULL, status TEXT NOT NULL,
    outcomes INTEGER NOT NULL, settled INTEGER, error TEXT, is_dismissed INTEGER NOT NULL,
    is_known INTEGER NOT NULL, failures INTEGER NOT NULL, due_at INTEGER, body BLOB NOT NULL);
  CREATE INDEX events_unread ON events (id) WHERE status = 'unread' AND is_dismissed = 0;
  CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL;`;

/** The most bytes of a body that are kept. */
export const MAX_EVENT_BYTES = 256 * 1024;
const MAX_EVENTS = 200_000;
/** The most bytes of the whole database. The platform allows 10 GB an object, and 5 GB an account without a plan. */
const MAX_BYTES = 512 * 1024 * 1024;
/** In events, how often that size is read: it takes as long as a query. */
const SIZE_INTERVAL = 64;
/** How many events are deleted at a time. */
const PIECE = 500;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long an unread event is kept that no operator has dealt with. */
const UNREAD_DAYS = 400;

const IS_OPEN = "status = 'unread' AND is_dismissed = 0";
const STATE_KEY = "events";

/** An event as it arrived, and what was read of it. */
export interface NewEvent extends Pick<
  EventSummary,
  "type" | "programId" | "environment" | "status" | "outcomes" | "bytes" | "isCut"
> {
  /** The digest of the whole body. */
  digest: string;
  /** The body, cut where it is too long. */
  body: ArrayBuffer;
  error: string | null;
  /** Whether its program is known here. */
  isKnown: boolean;
  /** Its program could not be reached: it gets the event later. */
  isDue: boolean;
}

/** Which events are wanted. */
export interface EventFilter {
  unread?: boolean | undefined;
  program?: string | undefined;
  type?: string | undefined;
}

/** A row without its body. */
export interface EventRow {
  id: number;
  digest: string;
  program: string | null;
  type: string;
  environment: string | null;
  received_at: number;
  last_at: number;
  count: number;
  bytes: number;
  is_cut: number;
  status: EventSummary["status"];
  outcomes: number;
  settled: number | null;
  error: string | null;
  is_dismissed: number;
  is_known: number;
  failures: number;
  due_at: number | null;
}

const COLUMNS = `id, digest, program, type, environment, received_at, last_at, count, bytes, is_cut, status,
  outcomes, settled, error, is_dismissed, is_known, failures, due_at`;

/** What is stored when events are deleted. */
interface State {
  /** How many rows there were then, and the number of the last one. */
  rows: number;
  last: number;
  dropped: EventPage["dropped"];
  /** When expired events were last deleted. */
  sweptAt: number;
}

export class EventStore {
  /** The stored state; loaded when it is first needed. */
  #known: { state: State; last: number } | undefined;

  constructor(readonly storage: ObjectStorage) {}

  /** Stores an event, or counts its repetition. Returns whether it is new. */
  keep(event: NewEvent, retryAt: number): boolean {
    const now = Date.now();
    const { digest, status, outcomes, error } = event;
    const dueAt = event.isDue ? retryAt : null;
    const [found] = this.#rows<EventRow>(`SELECT ${COLUMNS} FROM events WHERE digest = ?`, digest);
    if (found !== undefined) {
      // Only changed columns are named: each named one rewrites its index.
      this.#rows("UPDATE events SET count = count + 1, last_at = ? WHERE id = ?", now, found.id);
      this.update(found, { status, outcomes, error, isKnown: event.isKnown });
      if (found.due_at !== dueAt) this.setDue(found.id, 0, dueAt);
      return false;
    }
    this.#makeRoom();
    const { programId, type, environment, bytes, isCut, isKnown, body } = event;
    const { last } = this.#extent();
    const values = [last + 1, digest, programId, type, environment, now, now, 1, bytes];
    const read = [Number(isCut), status, outcomes, null, error, 0, Number(isKnown), 0, dueAt, body];
    const marks = [...values, ...read].map(() => "?").join();
    this.#rows(`INSERT INTO events VALUES (${marks})`, ...values, ...read);
    this.#stored.last = last + 1;
    return true;
  }

  /** Stores what was read of an event, if that has changed. */
  update(
    row: EventRow,
    read: Pick<NewEvent, "status" | "outcomes" | "error"> & { isKnown?: boolean },
  ): void {
    const { id } = row;
    const isKnown = read.isKnown ?? row.is_known === 1;
    if (row.status !== read.status) {
      this.#rows("UPDATE events SET status = ? WHERE id = ?", read.status, id);
    }
    const isSame = row.outcomes === read.outcomes && row.error === read.error;
    if (isSame && Boolean(row.is_known) === isKnown) return;
    this.#rows(
      "UPDATE events SET outcomes = ?, error = ?, is_known = ? WHERE id = ?",
      ...[read.outcomes, read.error, Number(isKnown), id],
    );
  }

  /** Stores how many codes an event has settled. */
  noteSettled(digest: string, count: number): void {
    this.#rows(
      `UPDATE events SET settled = coalesce(settled, 0) + ?
       WHERE digest = ? AND (settled IS NULL OR ? > 0)`,
      ...[count, digest, count],
    );
  }

  /** Sets when an event is passed on again, after this many failures. */
  setDue(id: number, failures: number, dueAt: number | null): void {
    this.#rows("UPDATE events SET failures = ?, due_at = ? WHERE id = ?", failures, dueAt, id);
  }

  /** A page, the newest first. */
  list(filter: EventFilter, before: number, limit: number): Omit<EventPage, "rereading"> {
    const { where, values } = conditionOf(filter);
    const rows = this.#rows<EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE id < ? AND ${where} ORDER BY id DESC LIMIT ?`,
      ...[before, ...values, limit + 1],
    );
    const shown = rows.slice(0, limit);
    return {
      events: shown.map(summaryOf),
      next: rows.length > limit ? String(shown.at(-1)?.id) : null,
      unreadCount: this.count({ unread: true }),
      dropped: this.#state.dropped,
    };
  }

  /** How many events match. */
  count(filter: EventFilter, from = 0): number {
    const { where, values } = conditionOf(filter);
    const [row] = this.#rows<{ count: number }>(
      `SELECT count(*) AS count FROM events WHERE id > ? AND ${where}`,
      ...[from, ...values],
    );
    return row?.count ?? 0;
  }

  /** Events with their bodies, the oldest first, up to a total length. */
  withBodies(
    filter: EventFilter,
    after: number,
    until: number,
    most: { rows: number; bytes: number },
  ): (EventRow & { body: ArrayBuffer })[] {
    const { where, values } = conditionOf(filter);
    return this.#some(
      `SELECT ${COLUMNS}, body FROM events WHERE id > ? AND id <= ? AND ${where} ORDER BY id LIMIT ?`,
      [after, until, ...values, most.rows],
      most.bytes,
    );
  }

  /** The events that are due to be passed on. */
  due(most: { rows: number; bytes: number }): (EventRow & { body: ArrayBuffer })[] {
    return this.#some(
      `SELECT ${COLUMNS}, body FROM events WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
      [Date.now(), most.rows],
      most.bytes,
    );
  }

  #some(query: string, values: (string | number)[], mostBytes: number) {
    const found: (EventRow & { body: ArrayBuffer })[] = [];
    let bytes = 0;
    const rows = this.storage.sql.exec<EventRow & { body: ArrayBuffer }>(query, ...values);
    for (const row of rows) {
      found.push(row);
      bytes += row.body.byteLength;
      if (bytes >= mostBytes) break;
    }
    return found;
  }

  get(id: number): EventRow | undefined {
    return this.#rows<EventRow>(`SELECT ${COLUMNS} FROM events WHERE id = ?`, id)[0];
  }

  body(id: number): ArrayBuffer | undefined {
    return this.#rows<{ body: ArrayBuffer }>("SELECT body FROM events WHERE id = ?", id)[0]?.body;
  }

  dismiss(id: number): EventSummary | undefined {
    const row = this.get(id);
    if (row?.is_dismissed === 0) {
      this.#rows("UPDATE events SET is_dismissed = 1 WHERE id = ?", id);
    }
    return row && { ...summaryOf(row), isDismissed: true };
  }

  /** The number of the newest one. */
  get last(): number {
    return this.#extent().last;
  }

  /** When something is due; undefined if nothing is. */
  nextDue(retentionDays: number): number | undefined {
    const [row] = this.#rows<{ due: number | null }>(
      "SELECT min(due_at) AS due FROM events WHERE due_at IS NOT NULL",
    );
    const isEmpty = this.#rows("SELECT 1 FROM events LIMIT 1").length === 0;
    const sweepAt = this.#state.sweptAt + Math.min(DAY_MS, retentionDays * DAY_MS);
    const dues = [row?.due ?? undefined, isEmpty ? undefined : sweepAt];
    const due = Math.min(...dues.filter((at) => at !== undefined));
    return due === Infinity ? undefined : due;
  }

  /** Deletes expired events. Returns whether all of them are deleted. */
  sweep(retentionDays: number): boolean {
    const now = Date.now();
    const isOver = ({ received_at, status, is_dismissed }: EventRow) => {
      const isOpen = status === "unread" && is_dismissed === 0;
      const days = isOpen ? Math.max(UNREAD_DAYS, retentionDays) : retentionDays;
      return received_at < now - days * DAY_MS;
    };
    const ids: number[] = [];
    const rows = this.storage.sql.exec<EventRow>(`SELECT ${COLUMNS} FROM events ORDER BY id`);
    for (const row of rows) {
      // Rows are in the order of arrival.
      if (row.received_at >= now - retentionDays * DAY_MS || ids.length === PIECE) break;
      if (isOver(row)) ids.push(row.id);
    }
    const isDone = ids.length < PIECE;
    this.storage.transactionSync(() => {
      this.#delete(ids, { ...this.#state, sweptAt: isDone ? now : this.#state.sweptAt });
    });
    return isDone;
  }

  /** Deletes the oldest events if there are too many: read ones before unread ones. */
  #makeRoom(): void {
    const { rows, last } = this.#extent();
    const isLarge = last % SIZE_INTERVAL === 0 && this.storage.sql.databaseSize >= MAX_BYTES;
    if (rows < MAX_EVENTS && !isLarge) return;
    // Events of unknown programs are deleted before those that may be of use.
    for (const which of [`NOT (${IS_OPEN})`, "is_known = 0", "1"]) {
      const found = this.#rows<{ id: number; bytes: number }>(
        `SELECT id, length(body) AS bytes FROM events WHERE ${which} ORDER BY id LIMIT ?`,
        PIECE,
      );
      if (found.length === 0) continue;
      const { dropped, ...state } = this.#state;
      const bytes = found.reduce((all, row) => all + row.bytes, dropped.bytes);
      this.storage.transactionSync(() => {
        this.#delete(
          found.map(({ id }) => id),
          { ...state, dropped: { events: dropped.events + found.length, bytes } },
        );
      });
      return;
    }
  }

  #delete(ids: readonly number[], state: Omit<State, "rows" | "last">): void {
    const { rows, last } = this.#extent();
    this.#rows(
      "DELETE FROM events WHERE id IN (SELECT value FROM json_each(?))",
      `[${ids.join()}]`,
    );
    const next: State = { ...state, rows: rows - ids.length, last };
    const text = JSON.stringify(next);
    this.#rows("INSERT OR REPLACE INTO state VALUES (?, ?)", STATE_KEY, text);
    this.#known = undefined;
  }

  /** How many rows there are, and the highest number ever used. */
  #extent(): Pick<State, "rows" | "last"> {
    const { state, last } = this.#stored;
    return { rows: state.rows + last - state.last, last };
  }

  get #state(): State {
    return this.#stored.state;
  }

  get #stored(): { state: State; last: number } {
    if (this.#known !== undefined) return this.#known;
    const [row] = this.#rows<{ value: JsonText<State> }>(
      "SELECT value FROM state WHERE key = ?",
      STATE_KEY,
    );
    const state =
      row === undefined
        ? { rows: 0, last: 0, dropped: { events: 0, bytes: 0 }, sweptAt: 0 }
        : parseStored(row.value);
    const [{ last } = { last: 0 }] = this.#rows<{ last: number | null }>(
      "SELECT max(id) AS last FROM events",
    );
    this.#known = { state, last: Math.max(state.last, last ?? 0) };
    return this.#known;
  }

  #rows<T>(query: string, ...values: (string | number | null | ArrayBuffer)[]): T[] {
    return [...this.storage.sql.exec<T>(query, ...values)];
  }
}

function conditionOf({ unread, program, type }: EventFilter) {
  const parts: string[] = [];
  const values: string[] = [];
  if (unread !== undefined) parts.push(unread ? IS_OPEN : `NOT (${IS_OPEN})`);
  for (const [column, value] of Object.entries({ program, type })) {
    if (value === undefined) continue;
    parts.push(`${column} = ?`);
    values.push(value);
  }
  return { where: parts.join(" AND ") || "1", values };
}

export function summaryOf(row: EventRow): EventSummary {
  return {
    id: String(row.id),
    type: row.type,
    programId: row.program,
    receivedAt: row.received_at,
    lastAt: row.last_at,
    count: row.count,
    environment: row.environment,
    bytes: row.bytes,
    isCut: row.is_cut === 1,
    status: row.status,
    outcomes: row.outcomes,
    settled: row.settled,
    error: row.error === null ? null : { message: row.error },
    isDismissed: row.is_dismissed === 1,
  };
}
