/** The codes that every part is fed with: the same in every run. */

/** Made at once: so large that a step costs nothing, so small that it takes no memory. */
const STEP = 10_000;

/** The head of every code differs from all others, and looks like chance. @param {number} number */
export function codeOf(number) {
  const head = (Math.imul(number, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  const tail = ((number * 40_503_000_001) % 281_474_976_710_656).toString(16).padStart(12, "0");
  return `${head}-f52c-42a0-aa0b-${tail}`;
}

/** So many distinct codes. Read out of JSON, so that each is a string of its own, as from a file or a database. @param {number} length @returns {string[]} */
export function codes(length) {
  /** @type {string[]} */
  const all = [];
  for (let from = 0; from < length; from += STEP) {
    const piece = [];
    for (let number = from; number < Math.min(length, from + STEP); number += 1) {
      piece.push(codeOf(number));
    }
    for (const code of JSON.parse(JSON.stringify(piece))) all.push(code);
  }
  return all;
}

/**
 * The text of a file of so many rows `uuid,email`, so many rows at a time. One row in
 * 200 is a code again that stood there before, and one in 10,000 holds no code, so
 * that nobody can leave out a check.
 * @param {number} rows
 * @param {number} [step]
 */
export function* csvPieces(rows, step = STEP) {
  yield { text: "uuid,email\n", rows: 0 };
  for (let from = 0; from < rows; from += step) {
    let text = "";
    const end = Math.min(rows, from + step);
    for (let row = from; row < end; row += 1) {
      const again = row % 200 === 199;
      const code = row % 10_000 === 5_000 ? "1f913a96-not-a-code" : codeOf(again ? row - 100 : row);
      text += `${code},name${String(row).padStart(8, "0")}@example.com\n`;
    }
    yield { text, rows: end - from };
  }
}

/** The same file as a whole. @param {number} rows */
export function csv(rows) {
  return Buffer.from(Array.from(csvPieces(rows), ({ text }) => text).join(""));
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
