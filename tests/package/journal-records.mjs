/** Records that show whether they are complete, for tests in which a writer dies. */

const HEAD = 8;

/** Record `number`: its number and length, then a filling. @param {number} number */
export function record(number) {
  const bytes = new Uint8Array(HEAD + ((number * 7_919) % 3_000)).fill(number & 255);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  view.setUint32(4, bytes.length);
  return bytes;
}

/** How many complete records there are, and their length in bytes. Throws if one is wrong. @param {Uint8Array} bytes */
export function wholeRecords(bytes) {
  let [count, length] = [0, 0];
  for (;;) {
    const expected = record(count);
    const found = bytes.subarray(length, length + expected.length);
    if (!found.every((byte, at) => byte === expected[at])) throw new Error(`${count} is damaged`);
    if (found.length < expected.length) return { count, length };
    count += 1;
    length += expected.length;
  }
}

/** Everything in a journal. @param {import("uber-vouchers/journal").Journal} journal */
export async function contents(journal) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  let length = 0;
  for await (const piece of journal.read()) {
    if (!(piece instanceof Uint8Array)) throw new Error("read() gave something else than bytes");
    if (piece.length > 64 * 1024) throw new Error(`read() gave ${piece.length} bytes at once`);
    pieces.push(piece);
    length += piece.length;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
