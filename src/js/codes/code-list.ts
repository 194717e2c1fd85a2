/** Lists of codes for callers: plain objects, with sixteen bytes per code. */
import { bytesOf } from "../bytes.js";
import { tryOrUndefined } from "../errors.js";
import type { GroupedList, RejectedEntry } from "../generated/lists.js";
import { isObject, membersOf } from "../schema.js";

export type { RejectedEntry };

/** The distinct valid codes of an input, in the order of their first occurrence. */
export interface CodeList extends Iterable<string> {
  /** How many distinct valid codes there are. */
  readonly size: number;
  /** How many valid codes were dropped because they occurred earlier. */
  readonly duplicates: number;
  /** How many entries were rejected. `distribute` refuses a list that has any. */
  readonly rejectedCount: number;
  /** The first 1,000 rejected entries. The lists of several programs share that limit. */
  readonly rejected: readonly RejectedEntry[];
  /** The same list without its rejected entries, to confirm that you have seen them. */
  valid(): CodeList;
}

/** The codes of an input for several programs, one list for each. */
export interface ProgramLists {
  /** The lists by program id, in the order of first occurrence. */
  programs: ReadonlyMap<string, CodeList>;
  /** How many rows were rejected, in all programs and in none. */
  rejectedCount: number;
  /** The first 1,000 rejected rows. */
  rejected: CodeList["rejected"];
}

/** The parts of a list. */
export interface ListParts extends Pick<GroupedList, "duplicates" | "rejectedCount" | "rejected"> {
  ids: Uint8Array;
  /** Whether no code occurs twice: the list came from the core. */
  isDistinct?: boolean;
}

// Shared between copies of the package, like the mark of the errors.
const idsOf: unique symbol = Symbol.for("uber-vouchers.ids");

/** The bytes of one code. */
export const ID_LENGTH = 16;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The code whose sixteen bytes start at this offset. */
export function hexOf(ids: Uint8Array, at: number): string {
  let text = "";
  for (let index = 0; index < ID_LENGTH; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += hex[ids[at + index] ?? 0] ?? "";
  }
  return text;
}

class ParsedCodes implements CodeList {
  readonly size: number;
  readonly duplicates: number;
  readonly rejectedCount: number;
  readonly rejected: readonly RejectedEntry[];
  readonly #ids: Uint8Array;

  constructor(parts: ListParts) {
    this.#ids = parts.ids;
    this.size = parts.ids.length / ID_LENGTH;
    this.duplicates = parts.duplicates;
    this.rejectedCount = parts.rejectedCount;
    this.rejected = parts.rejected;
    Object.freeze(this);
  }

  get [idsOf](): Uint8Array {
    return this.#ids;
  }

  /** Whether it is a list of this copy of the package, which the core has read. */
  static isOurs(list: object): boolean {
    return #ids in list;
  }

  // Written here and not in the core: iterating over a list can't wait for a module, nor fail
  // because an instance was lost.
  *[Symbol.iterator](): Iterator<string> {
    for (let at = 0; at < this.#ids.length; at += ID_LENGTH) {
      yield hexOf(this.#ids, at);
    }
  }

  valid(): CodeList {
    return new ParsedCodes({
      ids: this.#ids,
      duplicates: this.duplicates,
      rejectedCount: 0,
      rejected: [],
    });
  }
}

/**
 * A random number for the core, whose hash tables of codes are keyed: nobody can choose
 * codes that take long to read. In workerd's global scope, which has no randomness,
 * there are no codes from outside.
 */
export function randomSeed(): bigint {
  const seed = new BigUint64Array(1);
  tryOrUndefined(() => crypto.getRandomValues(seed));
  return seed[0] ?? 0n;
}

/** Creates the list that a caller gets. */
export function toCodeList(parts: ListParts): CodeList {
  return new ParsedCodes(parts);
}

/** The ids of a list that was parsed before, sixteen bytes each; otherwise undefined. */
export function listIds(input: unknown): Uint8Array | undefined {
  // Of any realm: if it were treated as a plain iterable, its rejected entries would be lost.
  return tryOrUndefined(() => bytesOf(membersOf(input)[idsOf]));
}

/** The parts of a list that was parsed before; undefined for an object that only looks like one. */
export function listParts(input: unknown): ListParts | undefined {
  return tryOrUndefined(() => {
    const ids = listIds(input);
    if (ids === undefined) return undefined;
    const isDistinct = isObject(input) && ParsedCodes.isOurs(input);
    const { duplicates, rejectedCount, rejected } = membersOf(input);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Of another copy of the package: errors show them, and nothing reads them.
    const entries = Array.from(rejected as Iterable<RejectedEntry>, (entry) => ({ ...entry }));
    // A list from another copy of the package, or made by hand, may contain anything.
    const counts = { duplicates: Number(duplicates), rejectedCount: Number(rejectedCount) };
    return { ids, isDistinct, ...counts, rejected: entries };
  });
}
