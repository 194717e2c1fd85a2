/**
 * Reads the elements of a long list in a JSON text, a page at a time: the wasm would keep
 * the memory of a whole list, and an isolate has 128 MB in all.
 */
const PAGE_BYTES = 128 * 1024;
const PIECE_BYTES = 64 * 1024;
/** The longest element. A list of codes has none that is longer. */
const LONGEST_ELEMENT = 1024 * 1024;
const LONGEST_NAME = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The text ended early, or does not hold the list. */
export class BrokenList extends Error {}

/**
 * Splits a list, which is the member `name` of the text or the text itself, between its
 * elements. Each page is the text of some elements, separated by commas.
 */
export async function* pagesOfList(
  body: ReadableStream<Uint8Array>,
  name: string,
): AsyncGenerator<string, void, void> {
  const splitter = new ListSplitter(name);
  for await (const bytes of piecesOf(body)) {
    yield* splitter.push(bytes);
    if (splitter.isOver) return;
  }
  throw new BrokenList();
}

/** The bytes of a stream. Each piece is valid until the next one: all share one buffer. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = byteReader(body);
  let buffer = new ArrayBuffer(PIECE_BYTES);
  try {
    for (;;) {
      const { done, value } =
        "readAtLeast" in reader
          ? await reader.readAtLeast(PIECE_BYTES / 2, new Uint8Array(buffer))
          : await reader.read();
      if (value && value.byteLength > 0) {
        yield value;
        if (value.buffer instanceof ArrayBuffer) ({ buffer } = value);
      }
      if (done) return;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

type LargeReader = Pick<ReadableStreamBYOBReader, "cancel"> & {
  readAtLeast(
    least: number,
    view: Uint8Array,
  ): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>;
};

const readsAtLeast = (reader: object): reader is LargeReader => "readAtLeast" in reader;

/** A reader that reuses a buffer if the stream supports it; else every piece is a new one. */
function byteReader(
  body: ReadableStream<Uint8Array>,
): LargeReader | ReadableStreamDefaultReader<Uint8Array> {
  try {
    const reader = body.getReader({ mode: "byob" });
    if (readsAtLeast(reader)) return reader;
    reader.releaseLock();
  } catch {
    // A stream made in JavaScript, for example by another worker.
  }
  return body.getReader();
}

class ListSplitter {
  isOver = false;
  #depth = 0;
  /** The depth of the list's elements; 0 before the list begins. */
  #listDepth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The last string at the depth of the text's member names. */
  #string = "";
  #member = "";
  readonly #decoder = new TextDecoder();
  #page = "";

  constructor(readonly name: string) {}

  *push(bytes: Uint8Array): Generator<string> {
    let from = 0;
    for (let at = 0; at < bytes.length && !this.isOver; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#isInString) {
        at = this.#passString(bytes, at);
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#isInString = true;
          this.#string = "";
          break;
        case COLON:
          if (this.#depth === 1) this.#member = this.#string;
          break;
        case OPEN_LIST:
        case OPEN_OBJECT:
          this.#depth += 1;
          if (this.#listDepth === 0 && byte === OPEN_LIST && this.#begins()) {
            this.#listDepth = this.#depth;
            from = at + 1;
          }
          break;
        case CLOSE_LIST:
        case CLOSE_OBJECT:
          if (this.#depth === this.#listDepth) {
            this.#take(bytes.subarray(from, at));
            if (this.#page.trim() !== "") yield this.#page;
            this.isOver = true;
          }
          this.#depth -= 1;
          break;
        case COMMA:
          if (this.#depth === this.#listDepth && this.#listDepth > 0) {
            const size = this.#page.length + at - from;
            if (size < PAGE_BYTES) break;
            this.#take(bytes.subarray(from, at));
            yield this.#page;
            this.#page = "";
            from = at + 1;
          }
      }
    }
    if (this.isOver || this.#listDepth === 0) return;
    this.#take(bytes.subarray(from));
    if (this.#page.length > LONGEST_ELEMENT + PAGE_BYTES) throw new BrokenList();
  }

  /** Whether the list that was just opened is the one to read. */
  #begins(): boolean {
    return this.#depth === 1 || (this.#depth === 2 && this.#member === this.name);
  }

  #take(bytes: Uint8Array): void {
    this.#page += this.#decoder.decode(bytes, { stream: true });
  }

  /** Skips the rest of a string. Returns where it stopped. */
  #passString(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#isInString = false;
        return at;
      }
      if (this.#depth === 1 && this.#string.length < LONGEST_NAME) {
        this.#string += String.fromCharCode(byte ?? 0);
      }
    }
    return bytes.length;
  }
}
