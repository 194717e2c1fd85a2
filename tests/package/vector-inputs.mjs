/** The inputs of the vectors, in every form that the package accepts. */

/** @param {any} input @returns {any} */
export function bytesOf({ text, base64 }) {
  if (text !== undefined) return new TextEncoder().encode(text);
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The same bytes in every form that is read as text. @param {Uint8Array<ArrayBuffer>} bytes @returns {[string, any][]} */
export function forms(bytes) {
  /** @param {number} size */
  const stream = (size) => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    });
  };
  async function* iterate() {
    for (let at = 0; at < bytes.length; at += 13) yield bytes.slice(at, at + 13);
  }
  return [
    ["bytes", bytes],
    ["ArrayBuffer", bytes.slice().buffer],
    ["Blob", new Blob([bytes])],
    ["stream, byte by byte", stream(1)],
    ["stream, 7 bytes each", stream(7)],
    ["async iterable", iterate()],
  ];
}

/** @param {any} list */
export const plain = ({ rejected }) =>
  rejected.map((/** @type {any} */ { line, value, reason }) => ({ line, value, reason }));
