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
import { hexOf } from "../../../codes/code-list.js";
import type { CodeState } from "../../../job/types.js";
import { begins } from "../../code-ids.js";
import type { Sql } from "../../platform-types.js";
import type { Tables } from "../../tables.js";

const ID = 16;
/** The code, the number of the job, the index in its list, the state. */
const ENTRY = 25;
const PAGE_BITS = 12;
const PAGES = 1 << PAGE_BITS;
/** The job exists and knows the state. */
const ASK = 0;
/** The number of a claim without a job: Uber says that the code is in use. */
export const NO_JOB = 0;
const FEW = 4;
/**
 * An entry has the number of its state in this list, plus one: the order never changes. `numberOf`
 * compiles only while every state is in it.
 */
const STATES = [
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
] as const;

const NO_INDICES = new Uint32Array();
const numberOf = (state: CodeState): number => 1 + STATES.indexOf(state);
const DISTRIBUTED = numberOf("distributed");

/** One job's claim of a code. */
export interface Claim {
  /** The number of the job, or `NO_JOB`. */
  job: number;
  /** The index in its list. */
  index: number;
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

  /** Calls `visit` for each claim of one of these codes, with the code's index among them. */
  find(ids: Uint8Array, visit: (index: number, claim: Claim) => void): void {
    if (!this.#tables.exist) return;
    const codes = viewOf(ids);
    const key = this.#key();
    const pages = new Map(byPage(codes, key));
    // With a single statement: each statement costs more than the page that it reads.
    const rows = this.#sql.exec<{ page: number; entries: ArrayBuffer }>(
      "SELECT page, entries FROM ledger WHERE page IN (SELECT value FROM json_each(?))",
      JSON.stringify([...pages.keys()]),
    );
    for (const { page, entries } of rows) {
      const finder = new PageIndex(codes, pages.get(page) ?? NO_INDICES, key);
      const view = new DataView(entries);
      for (let at = 0; at < view.byteLength; at += ENTRY) {
        const index = finder.find(view, at);
        if (index !== undefined) visit(index, claimAt(view, at));
      }
    }
  }

  /** The claims of codes whose ids begin like this one: `digits` of its hexadecimal digits count. */
  *beginning(wanted: Uint8Array, digits: number): Generator<[code: string, claim: Claim]> {
    if (!this.#tables.exist) return;
    if (digits === 2 * ID) {
      const claims: Claim[] = [];
      this.find(wanted, (_, claim) => claims.push(claim));
      for (const claim of claims) yield [hexOf(wanted, 0), claim];
      return;
    }
    const rows = this.#sql.exec<{ entries: ArrayBuffer }>("SELECT entries FROM ledger");
    for (const { entries } of rows) {
      const bytes = new Uint8Array(entries);
      for (let at = 0; at < bytes.length; at += ENTRY) {
        if (begins(bytes, at, wanted, digits)) yield [hexOf(bytes, at), claimAt(viewOf(bytes), at)];
      }
    }
  }

  /** Stores that a job has these codes, with their indices in the list. */
  claim(ids: Uint8Array, job: number): void {
    for (const [page, indices] of byPage(viewOf(ids), this.#key())) {
      this.#append(page, this.#read(page), ids, indices, job, ASK);
    }
  }

  #append(
    page: number,
    before: Uint8Array,
    ids: Uint8Array,
    indices: ArrayLike<number> & Iterable<number>,
    job: number,
    state: number,
  ): void {
    const entries = new Uint8Array(before.length + indices.length * ENTRY);
    entries.set(before);
    const view = viewOf(entries);
    let at = before.length;
    for (const index of indices) {
      entries.set(ids.subarray(index * ID, (index + 1) * ID), at);
      view.setUint32(at + 16, job, true);
      view.setUint32(at + 20, index, true);
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
    /** Its codes, if they are few; otherwise all pages are scanned. */
    ids: Uint8Array | null,
    stateOf: (index: number) => CodeState | undefined,
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
          entries[at + 24] = numberOf(state);
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
  settle(ids: Uint8Array, outcomeOf: (index: number) => "distributed" | "failed"): void {
    const codes = viewOf(ids);
    const key = this.#key();
    for (const [page, indices] of byPage(codes, key)) {
      const entries = new Uint8Array(this.#read(page));
      const view = viewOf(entries);
      const finder = new PageIndex(codes, indices, key);
      let isChanged = false;
      for (let at = 0; at < entries.length; at += ENTRY) {
        const index = entries[at + 24] === ASK ? undefined : finder.find(view, at);
        if (index === undefined) continue;
        const before = STATES[(entries[at + 24] ?? 0) - 1];
        const after = outcomeOf(index);
        if (before === "distributed" || before === after) continue;
        entries[at + 24] = numberOf(after);
        isChanged = true;
      }
      if (isChanged) this.#write(page, entries);
    }
  }

  /** Stores codes that are in use and that no job has as distributed, once each. */
  keepUsed(ids: Uint8Array): void {
    for (const [page, indices] of byPage(viewOf(ids), this.#key())) {
      const before = this.#read(page);
      const view = viewOf(before);
      const known = new Set<string>();
      for (let at = 0; at < before.length; at += ENTRY) {
        if (view.getUint32(at + 16, true) === NO_JOB) known.add(hexOf(before, at));
      }
      const news = Array.from(indices).filter((index) => {
        const size = known.size;
        return known.add(hexOf(ids, index * ID)).size > size;
      });
      if (news.length > 0) this.#append(page, before, ids, news, NO_JOB, DISTRIBUTED);
    }
  }

  /** Read each time, because a transaction may be rolled back; zeros if the database has none. */
  #key(): HashKey {
    const [row] = this.#tables.exist
      ? this.#sql.exec<{ value: string }>("SELECT value FROM state WHERE key = 'ledger_key'")
      : [];
    return [0, 8, 16, 24].map((at) => parseInt(row?.value.slice(at, at + 8) ?? "0", 16));
  }

  #read(page: number): Uint8Array {
    if (!this.#tables.exist) return new Uint8Array();
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
    index: view.getUint32(at + 20, true),
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

/** The indices of codes, grouped by the page to which they belong; only pages that have some. */
function* byPage(codes: DataView, key: HashKey): Generator<[page: number, indices: Uint32Array]> {
  const count = codes.byteLength / ID;
  const pages = new Uint16Array(count);
  const starts = new Uint32Array(PAGES + 1);
  for (let index = 0; index < count; index += 1) {
    const page = hashAt(codes, index * ID, key) >>> (32 - PAGE_BITS);
    pages[index] = page;
    starts[page + 1]! += 1;
  }
  for (let page = 0; page < PAGES; page += 1) starts[page + 1]! += starts[page]!;
  const indices = new Uint32Array(count);
  const ends = starts.slice();
  for (let index = 0; index < count; index += 1) indices[ends[pages[index]!]!++] = index;
  for (let page = 0; page < PAGES; page += 1) {
    const [from, to] = [starts[page]!, starts[page + 1]!];
    if (to > from) yield [page, indices.subarray(from, to)];
  }
}

/** Finds codes of one page among those given. */
class PageIndex {
  readonly #codes: DataView;
  readonly #indices: Uint32Array;
  readonly #key: HashKey;
  /** Not used for few codes, for which a scan is faster. */
  readonly #slots: Int32Array | undefined;

  constructor(codes: DataView, indices: Uint32Array, key: HashKey) {
    this.#codes = codes;
    this.#indices = indices;
    this.#key = key;
    if (indices.length <= FEW) return;
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(indices.length * 2 + 1))).fill(-1);
    indices.forEach((index, number) => {
      let slot = hashAt(codes, index * ID, key) & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    });
    this.#slots = slots;
  }

  /** The index of the code that begins there. */
  find(view: DataView, at: number): number | undefined {
    const slots = this.#slots;
    if (slots === undefined) {
      for (let number = 0; number < this.#indices.length; number += 1) {
        const index = this.#indices[number] ?? 0;
        if (isSame(this.#codes, index * ID, view, at)) return index;
      }
      return undefined;
    }
    for (let slot = hashAt(view, at, this.#key); ; slot += 1) {
      const number = slots[slot & (slots.length - 1)] ?? -1;
      if (number === -1) return undefined;
      const index = this.#indices[number] ?? 0;
      if (isSame(this.#codes, index * ID, view, at)) return index;
    }
  }
}

function isSame(left: DataView, leftAt: number, right: DataView, rightAt: number): boolean {
  for (let word = 0; word < ID; word += 4) {
    if (left.getUint32(leftAt + word) !== right.getUint32(rightAt + word)) return false;
  }
  return true;
}
