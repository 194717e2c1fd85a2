/** A journal in memory. */
import type { Journal } from "./types.js";
import { PIECE as PAGE, type Release, bytesOf, lengthOf, lengths, once } from "./shared.js";

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
  /** All are full except the last. */
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
  const parts = () => pages.map((page, index) => page.subarray(0, size - index * PAGE));
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
      parts().forEach((part, index) => all.set(part, index * PAGE));
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
