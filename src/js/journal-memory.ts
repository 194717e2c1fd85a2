/** A journal in memory. */
import type { Journal } from "./journal-types.js";
import { PIECE, type Release, bytesOf, copyOf, cut, lengthOf, once } from "./journal-shared.js";

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
  let buffer =
    bytes === undefined ? new Uint8Array(0) : new Uint8Array(bytesOf(bytes, "memoryJournal"));
  let size = buffer.length;
  let isHeld = false;
  return {
    async append(record) {
      const added = copyOf(record);
      if (size + added.length > buffer.length) {
        const larger = new Uint8Array(Math.max(2 * buffer.length, size + added.length, 1024));
        larger.set(buffer.subarray(0, size));
        buffer = larger;
      }
      buffer.set(added, size);
      size += added.length;
    },
    async *read() {
      yield* cut(buffer.subarray(0, size), PIECE);
    },
    async truncate(length) {
      size = Math.min(size, lengthOf(length));
    },
    bytes: () => new Uint8Array(buffer.subarray(0, size)),
    async lock(): Promise<Release | undefined> {
      if (isHeld) return undefined;
      isHeld = true;
      return once(async () => {
        isHeld = false;
      });
    },
  };
}
