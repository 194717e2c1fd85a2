/** The sixteen bytes of codes, each in its lower-case form. */
export function idsOfCodes(codes: readonly string[]): Uint8Array {
  const ids = new Uint8Array(codes.length * 16);
  const words = new DataView(ids.buffer);
  codes.forEach((code, index) => {
    const digits = code.replaceAll("-", "");
    for (let word = 0; word < 4; word += 1) {
      words.setUint32(index * 16 + word * 4, parseInt(digits.slice(word * 8, word * 8 + 8), 16));
    }
  });
  return ids;
}

/** The ids at these indices. */
export function idsAt(ids: Uint8Array, indices: Uint32Array): Uint8Array {
  const found = new Uint8Array(indices.length * 16);
  indices.forEach((index, at) => found.set(ids.subarray(index * 16, index * 16 + 16), at * 16));
  return found;
}

/** Where the groups of a UUID end. */
const DASHES = [8, 13, 18, 23];

/** How a code's id begins, in its sixteen bytes; undefined if no id begins so. */
export function beginningOf(text: string): { wanted: Uint8Array; digits: number } | undefined {
  const digits = text.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{1,32}$/.test(digits)) return undefined;
  let spelled = digits;
  for (const index of DASHES) {
    if (spelled.length >= index) spelled = `${spelled.slice(0, index)}-${spelled.slice(index)}`;
  }
  // A dash at the end may be typed already, or not yet.
  if (spelled !== text.toLowerCase() && spelled !== `${text.toLowerCase()}-`) return undefined;
  return { wanted: idsOfCodes([digits.padEnd(32, "0")]), digits: digits.length };
}

/** Whether the id at this place begins like the wanted one. */
export function begins(ids: Uint8Array, at: number, wanted: Uint8Array, digits: number): boolean {
  const whole = digits >> 1;
  for (let byte = 0; byte < whole; byte += 1) {
    if (ids[at + byte] !== wanted[byte]) return false;
  }
  return digits % 2 === 0 || (ids[at + whole] ?? 0) >> 4 === (wanted[whole] ?? 0) >> 4;
}
