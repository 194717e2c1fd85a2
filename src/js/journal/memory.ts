/** A journal in memory. */
import type { Journal } from "./types.js";
import { PIECE as PAGE, type Release, bytesOf, lengthOf, lengths, once } from "./shared.js";

/** A journal that ends with the process, or that you store yourself. */
export interface MemoryJournal extends Journal {
  /** A copy of everything in it. */
  bytes(): Uint8Array;
  /** Takes the journal for one holder; `undefined` if somebody else has it. */
  lock(): Promise<(() => Promise<void>) | undefined>;
}

/**
 * Keeps a job in memory: nothing outlives the process. Begins with a copy of
 * `bytes`, as another journal's `bytes()` gives them.
 */
export function memoryJournal(bytes?: Uint8Array): MemoryJournal {
  /** Each full, but the last one. */
  let pages: Uint8Array[] = [];
  let size = 0;
  const write = (record: Uint8Array) => {
    for (let at = 0; at < record.length;) {
      const used = size % PAGE;
      if (used === 0) pages.push(new Uint8Array(PAGE));
      const part = record.subarray(at, at + PAGE - used);
      pages.at(-1)?.set(part, used);
      size += part.length;
      at += part.length;
    }
  };
  const parts = () => pages.map((page, place) => page.subarray(0, size - place * PAGE));
  if (bytes !== undefined) write(bytesOf(bytes, "memoryJournal"));
  let isHeld = false;
  const journal: MemoryJournal = {
    async append(record) {
      write(bytesOf(record, "append"));
    },
    async *read() {
      for (const part of parts()) yield new Uint8Array(part);
    },
    async truncate(length) {
      size = Math.min(size, lengthOf(length));
      pages = pages.slice(0, Math.ceil(size / PAGE));
      lengths.cut(journal, size);
    },
    bytes: () => {
      const all = new Uint8Array(size);
      parts().forEach((part, place) => all.set(part, place * PAGE));
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
