/** How many rows of a file are empty, or have only delimiters. Those at its end don't count. */
import { createTurns } from "../slices.js";

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
/** The characters of an empty row: blanks, and delimiters. */
const NOTHING = new Set([0, 9, 32, QUOTE, 44, 59, 124, 0xff, 0xfe, 0xef, 0xbb, 0xbf]);
/** Blobs stream megabytes at a time. */
const BYTES_AT_ONCE = 1 << 14;

export async function countEmptyRows(input: Blob, signal: AbortSignal): Promise<number> {
  const rows = new EmptyRows();
  const turns = createTurns(signal);
  const reader = input.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return rows.count;
    for (let from = 0; from < value.length; from += BYTES_AT_ONCE) {
      rows.read(value, from, Math.min(value.length, from + BYTES_AT_ONCE));
      await turns.next();
    }
  }
}

class EmptyRows {
  count = 0;
  /** Empty rows so far, which count only if another row follows. */
  #waiting = 0;
  #isEmpty = true;
  #isQuoted = false;
  #last = 0;

  read(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      const isEnd = byte === NEWLINE || byte === RETURN;
      if (isEnd && !this.#isQuoted) {
        // A carriage return and a newline end one row.
        if (byte === NEWLINE && this.#last === RETURN) this.#isEmpty = false;
        if (this.#isEmpty) this.#waiting += 1;
        this.#isEmpty = true;
      } else if (byte === QUOTE) {
        this.#isQuoted = !this.#isQuoted;
      } else if (!isEnd && this.#isEmpty && !NOTHING.has(byte)) {
        this.#isEmpty = false;
        this.count += this.#waiting;
        this.#waiting = 0;
      }
      if (byte !== 0) this.#last = byte;
    }
  }
}
