/**
 * A program's codes as operators see them: filtered, found, a page at a time. Uber's list is read once
 * for some minutes, here and not in the page: Uber has no pages, and 300,000 codes are 30 MB of it. The
 * check of a list that is dropped meanwhile needs the same reading.
 */
import { ID_LENGTH, hexOf } from "../../../codes/code-list.js";
import { PageReader, USAGE_COUNT, withDetails } from "../../listed-codes.js";
import type { CodeRange } from "../../objects.js";
import type {
  CodeFilter,
  CodePage,
  CodeQuery,
  CodeSearch,
  CodeSelection,
  ProgramCode,
  UsedCodes,
  WorkerEnv,
} from "../../types.js";
import { type Known, countsOf, passes } from "./code-filters.js";
import { matchesOf } from "./code-search.js";
import { findCodeStates, jobAt, stateAt } from "../jobs/code-states.js";
import type { Ledger } from "../jobs/ledger.js";
import { KEPT_MS, type Listed, type Listing } from "./listing.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { Records } from "../jobs/records.js";

/** So old are states of codes at most whose jobs have gone on meanwhile; and all others. */
const FRESH_STATES_MS = 5_000;
const KEPT_STATES_MS = 60_000;
/** A list that was read this recently is not read again. */
const FRESH_LIST_MS = 1_000;
/** Usage changes all the time: lists of up to this many codes are read again for it. */
const FEW_CODES = 5_000;
/** How many codes the core reads at a time. */
const READ_AT_ONCE = 1_000;

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly ledger: Ledger;
  readonly records: Records;
}

/** The codes that a query has found. */
interface Found {
  query: string;
  places: Uint32Array;
}

/** What is known of the codes of a list, at a time. */
interface Snapshot extends Known {
  knownAt: number;
  /** Of the jobs, to see whether any has gone on. */
  version: string;
  counts: Record<CodeFilter, number>;
  found?: Found;
}

export class CodePages {
  /** By list, so that they leave memory together. */
  readonly #snapshots = new WeakMap<Listed, Snapshot>();

  constructor(
    readonly program: Dependencies,
    readonly listing: Listing,
    readonly env: WorkerEnv,
  ) {}

  /** A page of what is found. */
  async search(programId: string, { from, limit, again, ...query }: CodeSearch): Promise<CodePage> {
    const mostMs = again ? FRESH_LIST_MS : KEPT_MS;
    const { listed, snapshot } = await this.#look(programId, mostMs);
    const indices = foundIn(listed, snapshot, query);
    const { counts, knownAt } = snapshot;
    return {
      readAt: listed.readAt,
      knownAt,
      counts,
      found: indices.length,
      rows: await this.#rowsAt(programId, indices.subarray(from, from + limit), listed, snapshot),
    };
  }

  /** The ids of what is found between two places of Uber's list. */
  async select(
    programId: string,
    { from, until, limit, ...query }: CodeRange,
  ): Promise<CodeSelection> {
    const { listed, snapshot } = await this.#look(programId, KEPT_MS);
    const found = foundIn(listed, snapshot, query);
    const codes: string[] = [];
    let next: number | null = null;
    for (const index of found.subarray(firstFrom(found, from))) {
      if (index >= until) break;
      if (codes.length === limit) {
        next = index;
        break;
      }
      codes.push(hexOf(listed.ids, index * ID_LENGTH));
    }
    return { readAt: listed.readAt, codes, next };
  }

  /** What a job's codes were used for. */
  async used(programId: string, jobId: string): Promise<UsedCodes> {
    const { size = 0 } = this.listing.kept(KEPT_MS) ?? {};
    const mostMs = size > FEW_CODES ? KEPT_MS : FRESH_LIST_MS;
    const { listed, snapshot } = await this.#look(programId, mostMs);
    const { known } = snapshot;
    const owner = known.jobs.indexOf(jobId);
    const indices: number[] = [];
    let from = 0;
    for (const { length, details } of owner === -1 ? [] : (listed.details ?? [])) {
      const rows = listIn(details);
      for (let at = 0; at < length; at += 1) {
        const row = rows[at];
        const isUsed = Array.isArray(row) && Number(row[USAGE_COUNT] ?? 0) > 0;
        if (isUsed && known.owners[from + at] === owner) indices.push(from + at);
      }
      from += length;
    }
    let amount: number | null = 0;
    for (let at = 0; at < indices.length; at += READ_AT_ONCE) {
      const some = indices.slice(at, at + READ_AT_ONCE);
      for (const { usageAmount } of await this.#rowsAt(programId, some, listed, snapshot)) {
        amount = amount === null || usageAmount === null ? null : amount + usageAmount;
      }
    }
    return { readAt: listed.readAt, codes: indices.length, amount };
  }

  async #look(programId: string, mostMs: number): Promise<{ listed: Listed; snapshot: Snapshot }> {
    const listed = await this.listing.detailed(mostMs, programId);
    const now = Date.now();
    const { records } = this.program;
    const jobs = records.jobs();
    const version = `${jobs.length} ${Math.max(0, ...jobs.map(({ summary }) => summary.updatedAt))}`;
    const before = this.#snapshots.get(listed);
    const age = now - (before?.knownAt ?? -Infinity);
    const isFresh = age < (before?.version === version ? KEPT_STATES_MS : FRESH_STATES_MS);
    if (before && age >= 0 && isFresh) return { listed, snapshot: before };
    const known = await findCodeStates(listed.ids, this.program);
    const about = { known, marks: listed.marks };
    const snapshot = { ...about, knownAt: now, version, counts: countsOf(about) };
    this.#snapshots.set(listed, snapshot);
    return { listed, snapshot };
  }

  async #rowsAt(
    programId: string,
    indices: ArrayLike<number> & Iterable<number>,
    { ids, details = [] }: Listed,
    { known }: Snapshot,
  ): Promise<ProgramCode[]> {
    if (indices.length === 0) return [];
    const codes: unknown[] = [];
    let [piece, begin] = [0, 0];
    let rows: unknown[] | undefined;
    for (const index of indices) {
      for (; index >= begin + (details[piece]?.length ?? Infinity); piece += 1) {
        begin += details[piece]?.length ?? 0;
        rows = undefined;
      }
      rows ??= listIn(details[piece]?.details ?? "[]");
      codes.push(withDetails(hexOf(ids, index * ID_LENGTH), rows[index - begin]));
    }
    const page = JSON.stringify(codes).slice(1, -1);
    const read = await new PageReader(this.env, programId).read(page);
    return Array.from(indices, (index, at): ProgramCode => {
      const {
        codeText = null,
        usageCount = null,
        usageAmount = null,
        canceledAt = null,
      } = read[at] ?? {};
      return {
        place: index,
        code: hexOf(ids, index * ID_LENGTH),
        codeText,
        usageCount,
        usageAmount,
        canceledAt,
        state: stateAt(known, index),
        job: jobAt(known, index),
      };
    });
  }
}

function foundIn(listed: Listed, snapshot: Snapshot, query: CodeQuery): Uint32Array {
  const name = JSON.stringify([query.filter, query.find, query.codes]);
  if (snapshot.found?.query === name) return snapshot.found.places;
  const isMatch = matchesOf(listed, query);
  const indices = new Uint32Array(listed.size);
  let count = 0;
  for (let index = 0; index < listed.size; index += 1) {
    if (isMatch && isMatch[index] === 0) continue;
    if (passes(snapshot, index, query.filter)) indices[count++] = index;
  }
  // Of the last query alone: pages of it are asked for one after the other.
  snapshot.found = { query: name, places: indices.slice(0, count) };
  return snapshot.found.places;
}

/** The index of the first place that is not before this one. */
function firstFrom(indices: Uint32Array, from: number): number {
  let [low, high] = [0, indices.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((indices[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listIn(json: string): unknown[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list : [];
}
