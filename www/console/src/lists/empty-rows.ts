/** How many rows of a file hold nothing, or delimiters alone. Those at its end count for none. */

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
/** What a row may have and hold nothing: blanks, and what stands between cells. */
const NOTHING = new Set([0, 9, 32, QUOTE, 44, 59, 124, 0xff, 0xfe, 0xef, 0xbb, 0xbf]);

export async function countEmptyRows(input: Blob, signal: AbortSignal): Promise<number> {
  let found = 0;
  /** Empty so far, and counted only if something comes behind them. */
  let waiting = 0;
  let isEmpty = true;
  let isQuoted = false;
  let last = 0;
  const reader = input.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    if (done) return found;
    for (const byte of value) {
      const isEnd = byte === NEWLINE || byte === RETURN;
      if (isEnd && !isQuoted) {
        // A return and a newline end one row.
        if (byte === NEWLINE && last === RETURN) isEmpty = false;
        if (isEmpty) waiting += 1;
        isEmpty = true;
      } else if (byte === QUOTE) {
        isQuoted = !isQuoted;
      } else if (!isEnd && isEmpty && !NOTHING.has(byte)) {
        isEmpty = false;
        found += waiting;
        waiting = 0;
      }
      if (byte !== 0) last = byte;
    }
  }
}
