/** A journal in memory. */
import type { Journal } from "./types.js";
import {
  PIECE as PAGE,
  type Release,
  bytesOf,
  handedOver,
  lengthOf,
  lengths,
  once,
} from "./shared.js";

/** A journal that is lost with the process, unless you store its bytes yourself. */
export interface MemoryJournal extends Journal {
  /** A copy of its content. */
  bytes(): Uint8Array;
  /** Locks the journal; `undefined` if it is locked already. */
  lock(): Promise<(() => Promise<void>) | undefined>;
}

/**
 * Keeps a job in memory: nothing outlives the process. Starts with a copy of `bytes`,
 * such as another journal's `bytes()`.
 */
export function memoryJournal(bytes?: Uint8Array): MemoryJournal {
  /** Pages of copies, and long records that were handed over. All are full except the last. */
  let parts: Uint8Array[] = [];
  /** Of the last one. */
  let used = 0;
  let size = 0;
  const write = (record: Uint8Array) => {
    for (let at = 0; at < record.length;) {
      let last = parts.at(-1);
      if (last === undefined || used === last.length) {
        parts.push((last = new Uint8Array(PAGE)));
        used = 0;
      }
      const piece = record.subarray(at, at + last.length - used);
      last.set(piece, used);
      used += piece.length;
      at += piece.length;
    }
    size += record.length;
  };
  const filled = () =>
    parts.map((part, at) => (at < parts.length - 1 ? part : part.subarray(0, used)));
  const keep = (record: Uint8Array) => {
    parts = [...filled(), record];
    used = record.length;
    size += record.length;
  };
  if (bytes !== undefined) write(bytesOf(bytes, "memoryJournal"));
  let isHeld = false;
  const journal: MemoryJournal = {
    async append(record) {
      const bytes = bytesOf(record, "append");
      if (bytes.length >= PAGE && handedOver.has(bytes)) keep(bytes);
      else write(bytes);
    },
    async *read() {
      for (const part of filled()) yield new Uint8Array(part);
    },
    async truncate(length) {
      size = Math.min(size, lengthOf(length));
      let rest = size;
      parts = filled().flatMap((part) => {
        const left = part.subarray(0, rest);
        rest -= left.length;
        return left.length > 0 ? left : [];
      });
      used = parts.at(-1)?.length ?? 0;
      lengths.cut(journal, size);
    },
    bytes: () => {
      const all = new Uint8Array(size);
      let at = 0;
      for (const part of filled()) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    async lock(): Promise<Release | undefined> {
      if (isHeld) return undefined;
      isHeld = true;
      return once(async () => {
        isHeld = false;
      });
    },
  };
  return journal;
}
