/** A journal in memory: gone with the process. */
import type { Journal } from "./journal-types.js";

/** A journal in memory, and what it holds. */
export interface MemoryJournal extends Journal {
  /** A copy of all that was appended. */
  bytes(): Uint8Array;
}

/** Keeps a job in memory: for tests, and for what need not outlive the process. */
export function memoryJournal(bytes: Uint8Array = new Uint8Array()): MemoryJournal {
  let held = [bytes.slice()];
  const joined = () => {
    const all = new Uint8Array(held.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of held) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  };
  return {
    async append(record) {
      held.push(record.slice());
    },
    async *read() {
      yield* held;
    },
    async truncate(length) {
      held = [joined().slice(0, length)];
    },
    bytes: joined,
  };
}
