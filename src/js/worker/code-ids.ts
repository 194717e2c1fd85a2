/** The sixteen bytes of codes, each in its lower-case form. */
export function idsOfCodes(codes: readonly string[]): Uint8Array {
  const ids = new Uint8Array(codes.length * 16);
  const words = new DataView(ids.buffer);
  codes.forEach((code, place) => {
    const digits = code.replaceAll("-", "");
    for (let word = 0; word < 4; word += 1) {
      words.setUint32(place * 16 + word * 4, parseInt(digits.slice(word * 8, word * 8 + 8), 16));
    }
  });
  return ids;
}
