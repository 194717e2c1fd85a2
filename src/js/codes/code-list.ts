/** Lists of codes, as callers hold them: plain objects, sixteen bytes a code. */
import { bytesOf } from "../bytes.js";
import { type RejectionReason, quietly } from "../errors.js";
import { isObject, membersOf } from "../schema.js";

/** One entry that was refused. */
export interface RejectedEntry {
  /** From 1; of a list of strings, the entry's place. */
  line: number;
  /** What stood there, shortened. It may be anything: don't log it. */
  value: string;
  /** Why. */
  reason: RejectionReason;
  /** The reason in a sentence. */
  message: string;
}

/** The distinct valid codes of an input, in the order first seen. */
export interface CodeList extends Iterable<string> {
  /** How many distinct valid codes there are. */
  readonly size: number;
  /** How many valid codes were dropped because they stood there before. */
  readonly duplicates: number;
  /** How many entries were refused. `distribute` refuses a list that has any. */
  readonly rejectedCount: number;
  /** The first 1,000 of them. The lists of several programs share that limit. */
  readonly rejected: readonly RejectedEntry[];
  /** "I have seen what was rejected": the same list without it. */
  valid(): CodeList;
}

/** The codes of an input that spans programs, one list for each. */
export interface ProgramLists {
  /** By program id, in the order first seen. */
  programs: ReadonlyMap<string, CodeList>;
  /** How many rows were refused, of all programs and of none. */
  rejectedCount: number;
  /** The first 1,000 of them. */
  rejected: CodeList["rejected"];
}

/** What the core hands over of a list. */
export interface ListParts {
  ids: Uint8Array;
  /** Whether no code comes twice: it came out of the core. */
  isDistinct?: boolean;
  duplicates: number;
  rejectedCount: number;
  rejected: RejectedEntry[];
}

// Shared between copies of the package, as the mark of the errors is.
const idsOf: unique symbol = Symbol.for("uber-vouchers.ids");

/** Bytes of a code. */
export const ID_LENGTH = 16;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The code whose sixteen bytes begin there. */
export function hexOf(ids: Uint8Array, at: number): string {
  let text = "";
  for (let place = 0; place < ID_LENGTH; place += 1) {
    if (place === 4 || place === 6 || place === 8 || place === 10) text += "-";
    text += hex[ids[at + place] ?? 0] ?? "";
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

  // Written here and not in the core: a loop over a list can't wait for a
  // module, nor end because an instance was lost.
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
 * A random number for the core, whose tables of codes have a keyed hash: nobody
 * can choose codes that take long to read. In workerd's global scope, where there
 * is no chance, no stranger's codes are read.
 */
export function randomSeed(): bigint {
  const seed = new BigUint64Array(1);
  quietly(() => crypto.getRandomValues(seed));
  return seed[0] ?? 0n;
}

/** Makes the list that a caller gets. */
export function toCodeList(parts: ListParts): CodeList {
  return new ParsedCodes(parts);
}

/** The ids of a list that was parsed before, sixteen bytes each; else nothing. */
export function listIds(input: unknown): Uint8Array | undefined {
  // Of any realm: taken for a mere iterable, a list would lose what was rejected.
  return quietly(() => bytesOf(membersOf(input)[idsOf]));
}

/** The parts of a list that was parsed before; nothing of what only looks like one. */
export function listParts(input: unknown): ListParts | undefined {
  return quietly(() => {
    const ids = listIds(input);
    if (ids === undefined) return undefined;
    const isDistinct = isObject(input) && ParsedCodes.isOurs(input);
    const { duplicates, rejectedCount, rejected } = membersOf(input);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Of another copy of the package: errors show them, and nothing reads them.
    const entries = Array.from(rejected as Iterable<RejectedEntry>, (entry) => ({ ...entry }));
    // Of another copy of the package, or made by hand: they may be anything.
    const counts = { duplicates: Number(duplicates), rejectedCount: Number(rejectedCount) };
    return { ids, isDistinct, ...counts, rejected: entries };
  });
}
