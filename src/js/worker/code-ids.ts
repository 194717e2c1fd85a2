/** The sixteen bytes of codes, each in its lower-case form. */
export function idsOfCodes(codes: readonly string[]): Uint8Array {
  const ids = new Uint8Array(codes.length * 16);
  codes.forEach((code, place) => {
    const digits = code.replaceAll("-", "");
    for (let byte = 0; byte < 16; byte += 1) {
      ids[place * 16 + byte] = parseInt(digits.slice(byte * 2, byte * 2 + 2), 16);
    }
  });
  return ids;
}
