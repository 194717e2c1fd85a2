/**
 * The elements of a long list in a JSON text, a page at a time: a whole list in
 * the memory of the wasm would stay there, and an isolate has 128 MB in all.
 */
const PAGE_BYTES = 128 * 1024;
const PIECE_BYTES = 64 * 1024;
/** No element is that large: it is no list of codes. */
const LONGEST_ELEMENT = 1024 * 1024;
const LONGEST_NAME = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The text ended early, or holds no such list. */
export class BrokenList extends Error {}

/**
 * The list that is the member `name` of the text, or the text itself, cut between
 * its elements. Each page is the text of some elements, separated by commas.
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

/** The bytes of a stream, each piece until the next one is asked for: all are in one buffer. */
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

/** One that fills a buffer, where the stream has such: else each piece is garbage afterwards. */
function byteReader(
  body: ReadableStream<Uint8Array>,
): LargeReader | ReadableStreamDefaultReader<Uint8Array> {
  try {
    const reader = body.getReader({ mode: "byob" });
    if (readsAtLeast(reader)) return reader;
    reader.releaseLock();
  } catch {
    // A stream that was made in JavaScript, of another worker say.
  }
  return body.getReader();
}

class ListSplitter {
  isOver = false;
  #depth = 0;
  /** The depth at which the list's elements are; 0 before it begins. */
  #listDepth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The last string at the depth of the names of the text's members. */
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

  /** Whether the list that has just been opened is the one. */
  #begins(): boolean {
    return this.#depth === 1 || (this.#depth === 2 && this.#member === this.name);
  }

  #take(bytes: Uint8Array): void {
    this.#page += this.#decoder.decode(bytes, { stream: true });
  }

  /** Passes over the rest of a string; gives where it stopped. */
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
