/**
 * Which job has which code of a program, and the states of codes whose job was deleted.
 * It outlives the jobs, so that no code is sent twice unnoticed.
 *
 * A row for each code would cost more than everything else in the worker, because rows
 * written are billed. So entries are in at most 4,096 pages, by a hash of the code: a
 * million codes are 4,096 rows of 6 kB. The hash has a random key, which the object
 * stores. Without it, an attacker could choose codes that all belong to one page, until
 * it exceeds the size of a row.
 */
import { hexOf } from "../../codes/code-list.js";
import type { CodeState } from "../../job/types.js";
import type { Sql } from "../platform-types.js";
import type { Tables } from "../tables.js";

const ID = 16;
/** The code, the number of the job, the place in its list, the state. */
const ENTRY = 25;
const PAGE_BITS = 12;
const PAGES = 1 << PAGE_BITS;
/** The job exists and knows the state. */
const ASK = 0;
/** The number of a claim without a job: Uber says that the code is in use. */
export const NO_JOB = 0;
const FEW = 4;
/** An entry has the number of its state in this list, plus one: the order never changes. */
const STATES: readonly CodeState[] = [
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
];

const NO_PLACES = new Uint32Array();
const DISTRIBUTED = 1 + STATES.indexOf("distributed");

/** One job's claim of a code. */
export interface Claim {
  /** The number of the job, or `NO_JOB`. */
  job: number;
  /** The place in its list. */
  place: number;
  /** Its state; undefined while the job exists. */
  state: CodeState | undefined;
}

export class Ledger {
  readonly #sql: Sql;

  readonly #tables: Tables;

  constructor(sql: Sql, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Calls `visit` for each claim of one of these codes, by its place among them. */
  find(ids: Uint8Array, visit: (place: number, claim: Claim) => void): void {
    if (!this.#tables.areThere) return;
    const codes = viewOf(ids);
    const key = this.#key();
    const pages = new Map(byPage(codes, key));
    // All by one statement: each costs more than the page that it reads.
    const rows = this.#sql.exec<{ page: number; entries: ArrayBuffer }>(
      "SELECT page, entries FROM ledger WHERE page IN (SELECT value FROM json_each(?))",
      JSON.stringify([...pages.keys()]),
    );
    for (const { page, entries } of rows) {
      const index = new PageIndex(codes, pages.get(page) ?? NO_PLACES, key);
      const view = new DataView(entries);
      for (let at = 0; at < view.byteLength; at += ENTRY) {
        const place = index.find(view, at);
        if (place !== undefined) visit(place, claimAt(view, at));
      }
    }
  }

  /** Stores that a job has these codes, with their indices in the list. */
  claim(ids: Uint8Array, job: number): void {
    for (const [page, places] of byPage(viewOf(ids), this.#key())) {
      this.#append(page, this.#read(page), ids, places, job, ASK);
    }
  }

  #append(
    page: number,
    before: Uint8Array,
    ids: Uint8Array,
    places: ArrayLike<number> & Iterable<number>,
    job: number,
    state: number,
  ): void {
    const entries = new Uint8Array(before.length + places.length * ENTRY);
    entries.set(before);
    const view = viewOf(entries);
    let at = before.length;
    for (const place of places) {
      entries.set(ids.subarray(place * ID, (place + 1) * ID), at);
      view.setUint32(at + 16, job, true);
      view.setUint32(at + 20, place, true);
      view.setUint8(at + 24, state);
      at += ENTRY;
    }
    this.#write(page, entries);
  }

  /**
   * Stores the states of a job's codes, by index, in place of the job. Codes without a
   * state are free again.
   */
  fold(
    job: number,
    /** All that it has, where these are few; else every page is gone through. */
    ids: Uint8Array | null,
    stateOf: (place: number) => CodeState | undefined,
  ): void {
    const pages = ids
      ? [...byPage(viewOf(ids), this.#key())].map(([page]) => page)
      : Array(PAGES).keys();
    for (const page of pages) {
      const entries = new Uint8Array(this.#read(page));
      const view = viewOf(entries);
      let kept = 0;
      let isChanged = false;
      for (let at = 0; at < entries.length; at += ENTRY) {
        if (view.getUint32(at + 16, true) === job) {
          isChanged = true;
          const state = stateOf(view.getUint32(at + 20, true));
          if (state === undefined) continue;
          entries[at + 24] = 1 + STATES.indexOf(state);
        }
        entries.copyWithin(kept, at, at + ENTRY);
        kept += ENTRY;
      }
      if (isChanged) this.#write(page, entries.slice(0, kept));
    }
  }

  /**
   * Stores outcomes of codes whose job was deleted. As in a job, distributed is final.
   */
  settle(ids: Uint8Array, outcomeOf: (place: number) => "distributed" | "failed"): void {
    const codes = viewOf(ids);
    const key = this.#key();
    for (const [page, places] of byPage(codes, key)) {
      const entries = new Uint8Array(this.#read(page));
      const view = viewOf(entries);
      const index = new PageIndex(codes, places, key);
      let isChanged = false;
      for (let at = 0; at < entries.length; at += ENTRY) {
        const place = entries[at + 24] === ASK ? undefined : index.find(view, at);
        if (place === undefined) continue;
        const before = STATES[(entries[at + 24] ?? 0) - 1];
        const after = outcomeOf(place);
        if (before === "distributed" || before === after) continue;
        entries[at + 24] = 1 + STATES.indexOf(after);
        isChanged = true;
      }
      if (isChanged) this.#write(page, entries);
    }
  }

  /** Stores codes that are in use and that no job has as distributed, once each. */
  keepUsed(ids: Uint8Array): void {
    for (const [page, places] of byPage(viewOf(ids), this.#key())) {
      const before = this.#read(page);
      const view = viewOf(before);
      const known = new Set<string>();
      for (let at = 0; at < before.length; at += ENTRY) {
        if (view.getUint32(at + 16, true) === NO_JOB) known.add(hexOf(before, at));
      }
      const news = Array.from(places).filter((place) => {
        const size = known.size;
        return known.add(hexOf(ids, place * ID)).size > size;
      });
      if (news.length > 0) this.#append(page, before, ids, news, NO_JOB, DISTRIBUTED);
    }
  }

  /** Read each time, because a transaction may be rolled back; zeros if the database has none. */
  #key(): HashKey {
    const [row] = this.#tables.areThere
      ? this.#sql.exec<{ value: string }>("SELECT value FROM state WHERE key = 'ledger_key'")
      : [];
    return [0, 8, 16, 24].map((at) => parseInt(row?.value.slice(at, at + 8) ?? "0", 16));
  }

  #read(page: number): Uint8Array {
    if (!this.#tables.areThere) return new Uint8Array();
    const [row] = this.#sql.exec<{ entries: ArrayBuffer }>(
      "SELECT entries FROM ledger WHERE page = ?",
      page,
    );
    return row === undefined ? new Uint8Array() : new Uint8Array(row.entries);
  }

  #write(page: number, entries: Uint8Array<ArrayBuffer>): void {
    if (entries.length === 0) {
      this.#sql.exec("DELETE FROM ledger WHERE page = ?", page);
      return;
    }
    this.#sql.exec("INSERT OR REPLACE INTO ledger VALUES (?, ?)", page, entries.buffer);
  }
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function claimAt(view: DataView, at: number): Claim {
  const number = view.getUint8(at + 24);
  return {
    job: view.getUint32(at + 16, true),
    place: view.getUint32(at + 20, true),
    state: number === ASK ? undefined : STATES[number - 1],
  };
}

/** A number for each word of a code. */
type HashKey = readonly number[];

/** Mixed, because codes may share a prefix. */
function hashAt(view: DataView, at: number, key: HashKey): number {
  let hash = 0;
  for (let word = 0; word < 4; word += 1) {
    const mixed = view.getUint32(at + word * 4, true) ^ (key[word] ?? 0);
    hash = Math.imul(hash ^ mixed, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- Typed arrays, at indexes within them. */

/** The places of codes by the page they belong to; only pages that have some. */
function* byPage(codes: DataView, key: HashKey): Generator<[page: number, places: Uint32Array]> {
  const count = codes.byteLength / ID;
  const pages = new Uint16Array(count);
  const starts = new Uint32Array(PAGES + 1);
  for (let place = 0; place < count; place += 1) {
    const page = hashAt(codes, place * ID, key) >>> (32 - PAGE_BITS);
    pages[place] = page;
    starts[page + 1]! += 1;
  }
  for (let page = 0; page < PAGES; page += 1) starts[page + 1]! += starts[page]!;
  const places = new Uint32Array(count);
  const ends = starts.slice();
  for (let place = 0; place < count; place += 1) places[ends[pages[place]!]!++] = place;
  for (let page = 0; page < PAGES; page += 1) {
    const [from, to] = [starts[page]!, starts[page + 1]!];
    if (to > from) yield [page, places.subarray(from, to)];
  }
}

/** Finds codes of one page among those given. */
class PageIndex {
  readonly #codes: DataView;
  readonly #places: Uint32Array;
  readonly #key: HashKey;
  /** Not used for few codes, for which a scan is faster. */
  readonly #slots: Int32Array | undefined;

  constructor(codes: DataView, places: Uint32Array, key: HashKey) {
    this.#codes = codes;
    this.#places = places;
    this.#key = key;
    if (places.length <= FEW) return;
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(places.length * 2 + 1))).fill(-1);
    places.forEach((place, number) => {
      let slot = hashAt(codes, place * ID, key) & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    });
    this.#slots = slots;
  }

  /** The place of the code that begins there. */
  find(view: DataView, at: number): number | undefined {
    const slots = this.#slots;
    if (slots === undefined) {
      for (let number = 0; number < this.#places.length; number += 1) {
        const place = this.#places[number] ?? 0;
        if (isSame(this.#codes, place * ID, view, at)) return place;
      }
      return undefined;
    }
    for (let slot = hashAt(view, at, this.#key); ; slot += 1) {
      const number = slots[slot & (slots.length - 1)] ?? -1;
      if (number === -1) return undefined;
      const place = this.#places[number] ?? 0;
      if (isSame(this.#codes, place * ID, view, at)) return place;
    }
  }
}

function isSame(left: DataView, leftAt: number, right: DataView, rightAt: number): boolean {
  for (let word = 0; word < ID; word += 4) {
    if (left.getUint32(leftAt + word) !== right.getUint32(rightAt + word)) return false;
  }
  return true;
}
