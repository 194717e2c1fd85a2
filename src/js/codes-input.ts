/** Reads any form of input into a reader of the core, piece by piece. */
import { type VoucherError, ours, quietly, refusal } from "./errors.js";
import type { CallSignal } from "./types.js";

/** Any `Blob` or `File`. */
export interface BlobInput {
  /** In bytes. */
  readonly size: number;
  /** A `ReadableStream` of bytes. */
  stream(): any;
}

/** Any `ReadableStream` of bytes. */
export interface StreamInput {
  /** A reader of bytes. */
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    cancel(reason?: any): Promise<unknown>;
  };
}

/**
 * What a list of codes can be read from.
 *
 * A string, bytes, a file or a stream is text: a code a line, or a CSV. Any
 * other iterable is a list with one code an entry.
 */
export type TextInput =
  string | Uint8Array | ArrayBuffer | BlobInput | StreamInput | AsyncIterable<Uint8Array>;

/** What the core's reader takes. */
export interface Reader {
  /** How many bytes there will be in all, where that is known. */
  expect(bytes: number): void;
  /** Text; or entries of 36 bytes each, back to back. */
  push(bytes: Uint8Array, entries: boolean): void;
  /** One entry; nothing for one that is no string. */
  pushEntry(text: string | undefined): void;
}

/** How far reading has come. */
export interface Position {
  bytes: number;
  totalBytes?: number;
}

const CODE_LENGTH = 36;
// Beyond this a text and its bytes get memory of their own each time.
const ENTRIES_AT_ONCE = 2048;
const PIECE = 1 << 18;
const LONGEST_TURN_MS = 10;

/** Whether an input is text, and not a list with one code an entry. */
export function isText(input: unknown): input is TextInput {
  return (
    typeof input === "string" ||
    input instanceof ArrayBuffer ||
    ArrayBuffer.isView(input) ||
    hasMethod(input, "getReader") ||
    hasMethod(input, "stream") ||
    hasMethod(input, Symbol.asyncIterator)
  );
}

/** Whether an input is a list with one code an entry. */
export function isEntries(input: unknown): input is Iterable<unknown> {
  return hasMethod(input, Symbol.iterator);
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<PropertyKey, unknown>)[name] === "function"
  );
}

/** Feeds text to a reader; tells after each piece how far it has come. */
export async function readText(
  input: TextInput,
  reader: Reader,
  signal: CallSignal | undefined,
  tell: (position: Position) => void,
): Promise<void> {
  const position: Position = { bytes: 0 };
  const total = totalBytes(input);
  if (total !== undefined) {
    position.totalBytes = total;
    reader.expect(total);
  }
  const turn = new Turn();
  for await (const piece of pieces(input, signal)) {
    // A large chunk is cut, so that a page stays alive while it is read; an
    // empty one gives others their turn too, as it may be one of endlessly many.
    const { length } = piece;
    let at = 0;
    do {
      // A list that ends early is worse than none.
      if (piece.length !== length) throw new TypeError("The bytes were taken away meanwhile");
      const part = piece.subarray(at, at + PIECE);
      reader.push(part, false);
      position.bytes += part.length;
      tell({ ...position });
      await turn.end();
      refuseAborted(signal);
      at += PIECE;
    } while (at < length);
  }
}

/** Feeds the entries of a list to a reader. */
export async function readEntries(
  input: Iterable<unknown>,
  reader: Reader,
  signal: CallSignal | undefined,
  tell: (position: Position) => void,
): Promise<void> {
  const turn = new Turn();
  const encoder = new TextEncoder();
  const records = new Uint8Array(ENTRIES_AT_ONCE * CODE_LENGTH);
  let bytes = 0;
  /** Entries of a code's length that stand one after the other, and their text. */
  let run: string[] = [];
  let text = "";
  const flush = () => {
    const length = run.length * CODE_LENGTH;
    const { read, written } = encoder.encodeInto(text, records);
    // More, if a character was no ASCII: then entries have to be told apart.
    if (read !== length || written !== length) run.forEach((entry) => reader.pushEntry(entry));
    else if (length > 0) reader.push(records.subarray(0, length), true);
    run = [];
    text = "";
  };
  if (Array.isArray(input)) reader.expect(input.length * CODE_LENGTH);
  for (const batch of batches(input)) {
    for (const entry of batch) {
      const code = typeof entry === "string" ? entry : codeIdOf(entry);
      const length = code?.length ?? 0;
      bytes += length;
      if (length === CODE_LENGTH) {
        run.push(code as string);
        text += code as string;
      } else {
        flush();
        reader.pushEntry(code);
      }
    }
    flush();
    tell({ bytes });
    await turn.end();
    refuseAborted(signal);
  }
}

/** The code of an entry that `listCodes` gave; undefined where there is none. */
function codeIdOf(entry: unknown): string | undefined {
  const code = quietly(() => (entry as { codeId?: unknown } | null)?.codeId);
  return typeof code === "string" ? code : undefined;
}

/** The entries of a list, some at a time. It may grow or shrink in between. */
function* batches(input: Iterable<unknown>): Generator<unknown[]> {
  let held: unknown[] = [];
  if (Array.isArray(input)) {
    // By its places: through its iterator it takes ten times as long.
    for (let at = 0; at < input.length;) {
      const end = Math.min(input.length, at + ENTRIES_AT_ONCE);
      for (held = []; at < end; at += 1) held.push(input[at]);
      yield held;
    }
    return;
  }
  for (const entry of input) {
    if (held.push(entry) < ENTRIES_AT_ONCE) continue;
    yield held;
    held = [];
  }
  yield held;
}

function totalBytes(input: TextInput): number | undefined {
  if (typeof input === "string") return undefined;
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) return input.byteLength;
  return "size" in input && typeof input.size === "number" ? input.size : undefined;
}

async function* pieces(
  input: TextInput,
  signal: CallSignal | undefined,
): AsyncGenerator<Uint8Array> {
  refuseAborted(signal);
  if (typeof input === "string") {
    yield* encoded(input);
  } else if (input instanceof ArrayBuffer) {
    yield new Uint8Array(input);
  } else if (ArrayBuffer.isView(input)) {
    yield new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  } else if ("getReader" in input || "stream" in input) {
    const reader = await guard(signal, async () =>
      ("getReader" in input ? input : (input.stream() as StreamInput)).getReader(),
    );
    yield* read(
      signal,
      () => reader.read(),
      () => reader.cancel(),
    );
  } else {
    const iterator = (input as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    yield* read(
      signal,
      () => iterator.next(),
      () => iterator.return?.(),
    );
  }
}

function* encoded(text: string): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length;) {
    let end = at + PIECE;
    // Never between the two halves of a character.
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last < 0xdc00) end += 1;
    yield encoder.encode(text.slice(at, end));
    at = end;
  }
}

async function* read(
  signal: CallSignal | undefined,
  next: () => Promise<{ done?: boolean | undefined; value?: unknown }>,
  stop: () => Promise<unknown> | undefined,
): AsyncGenerator<Uint8Array> {
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await guard(signal, next);
      ended = done === true;
      if (ended) return;
      yield bytesOf(value);
    }
  } finally {
    // Left early: nobody will read the rest. Not waited for, as it may hang.
    if (!ended) void (async () => stop())().catch(() => {});
  }
}

// Node.js's streams give strings where an encoding is set.
function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  throw new TypeError("The stream gave a chunk that is no bytes");
}

/** Waits for foreign code, which may throw or hang, or for the signal. */
async function guard<T>(signal: CallSignal | undefined, read: () => Promise<T>): Promise<T> {
  refuseAborted(signal);
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal));
    signal?.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([read(), aborted]);
  } catch (cause) {
    throw ours(cause, notRead);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Refuses to go on once the caller gave up. Nothing has left by then. */
export function refuseAborted(
  signal: CallSignal | undefined,
  what = "Reading the codes was aborted",
): void {
  if (signal?.aborted) throw abortError(signal, what);
}

function abortError(
  signal: CallSignal | undefined,
  what = "Reading the codes was aborted",
): VoucherError {
  const hint = "The signal you passed was aborted before anything left.";
  return refusal("aborted", what, hint, { cause: signal?.reason });
}

/** The input itself failed. */
export function notRead(cause: unknown): VoucherError {
  const hint = "See `cause` for what the input threw. Nothing has left.";
  return refusal("connection_failed", "Reading the codes failed", hint, { cause });
}

/** Gives other work its turn, now and then. */
export class Turn {
  #began = performance.now();

  async end(): Promise<void> {
    if (performance.now() - this.#began < LONGEST_TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#began = performance.now();
  }
}
