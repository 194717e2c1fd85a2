/** A module whose memory can't grow far: asking for more is a real trap. */

const MEMORY_SECTION = 5;

/**
 * @param {Buffer} bytes of a module
 * @param {number} pages of 64 KiB, at most
 */
export function limitMemory(bytes, pages) {
  let at = 8;
  const number = () => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  for (;;) {
    const start = at;
    const section = bytes[at++];
    const length = number();
    const body = at;
    if (section === MEMORY_SECTION) {
      at += 2;
      const least = number();
      const limited = [1, 1, ...leb(least), ...leb(pages)];
      return Buffer.concat([
        bytes.subarray(0, start),
        Buffer.from([MEMORY_SECTION, ...leb(limited.length), ...limited]),
        bytes.subarray(body + length),
      ]);
    }
    at = body + length;
  }
}

/** A number as WebAssembly has it. @param {number} value @returns {number[]} */
const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
