/**
 * Reads any form of input into a reader of the core, piece by piece.
 *
 * What takes its time has begun before anything else is waited for (`withInput`): a
 * stream of Node.js whose error meets no listener ends the process.
 */
import { realSetTimeout, realNow } from "../http/deadline.js";
import { type Issue, type VoucherError, ours, quietly, refusal } from "../errors.js";
import { isWithin } from "../schema.js";
import type { CallSignal } from "../types.js";

/** Any `Blob` or `File`. */
export interface BlobInput {
  /** In bytes. */
  readonly size: number;
  /** A `ReadableStream` of bytes. */
  stream(): any;
}

/** Any `ReadableStream`, of bytes or of strings. */
export interface StreamInput {
  /** A reader of its chunks. */
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | string | undefined }>;
    cancel(reason?: any): Promise<unknown>;
  };
}

/**
 * What a list of codes can be read from.
 *
 * A string, bytes, a file or a stream is text: a code a line, or a CSV. Any
 * other iterable is a list with one code an entry.
 *
 * A stream or an async iterable may give strings. In a stream of Node.js with an
 * encoding they are pieces of a text. Anywhere else they are entries, unless one of
 * the first 1,000 has a line break: then all are pieces of a text.
 */
export type TextInput =
  string | Uint8Array | ArrayBuffer | BlobInput | StreamInput | AsyncIterable<Uint8Array | string>;

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

/** Strings of a stream that are looked at before they are taken for entries. */
const STRINGS_LOOKED_AT = 1_000;

/** The bytes of a buffer or of a view on one, of any realm; nothing of anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  const isBuffer = Object.prototype.toString.call(value) === "[object ArrayBuffer]";
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined;
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<PropertyKey, unknown>)[name] === "function"
  );
}

type Step = { done?: boolean | undefined; value?: unknown };

/** Says how many bytes are in the file that a stream reads; undefined if it reads none. */
type FileSize = (stream: object) => Promise<number | undefined>;

let fileSize: FileSize = () => Promise.resolve(undefined);

/** Says how this host asks for the size of a file. */
export function provideFileSize(ask: FileSize): void {
  fileSize = ask;
}

/** What a request may claim of its length, and room is made for it: more has to come first. */
const MOST_CLAIMED = 1 << 26;

/** A stream or an async iterable that is being read. */
class Stream {
  /** How many bytes there will be, where the input tells; a file's stream is asked. */
  readonly size: Promise<number | undefined>;
  /** The same as the sender of a request claims it. */
  readonly claimed: number | undefined;
  /** Whether its strings are known to be pieces of a text. */
  readonly isText: boolean;
  #read: () => Promise<Step>;
  #stop: () => unknown = () => {};
  #first: Promise<Step> | undefined;
  #hasEnded = false;

  constructor(input: BlobInput | StreamInput | AsyncIterable<unknown>) {
    const { size, readableObjectMode } = input as { size?: unknown; readableObjectMode?: unknown };
    this.size =
      typeof size === "number"
        ? Promise.resolve(size)
        : (async () => fileSize(input))().catch(() => undefined);
    // Of a request of Node.js, or of an answer.
    const request = input as { headers?: { "content-length"?: unknown } };
    const claimed = quietly(() => Number(request.headers?.["content-length"]));
    this.claimed = isWithin(claimed, 0, Infinity) ? claimed : undefined;
    this.isText = readableObjectMode === false;
    this.#read = async () => {
      this.#open(input);
      return this.#read();
    };
    // Its fault is told when it is asked for.
    (this.#first = this.#read()).catch(() => {});
  }

  #open(input: BlobInput | StreamInput | AsyncIterable<unknown>): void {
    if (hasMethod(input, "getReader") || hasMethod(input, "stream")) {
      const stream = "getReader" in input ? input : ((input as BlobInput).stream() as StreamInput);
      const reader = stream.getReader();
      this.#read = () => reader.read();
      this.#stop = () => reader.cancel();
    } else {
      const iterator = (input as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      this.#read = () => iterator.next();
      this.#stop = () => iterator.return?.();
    }
  }

  async next(): Promise<Step> {
    const step = await (this.#first ?? this.#read());
    this.#first = undefined;
    this.#hasEnded = step.done === true;
    return step;
  }

  /** Nobody will read the rest. Not waited for, as it may hang. */
  stop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    void (async () => this.#stop())().catch(() => {});
  }
}

/**
 * Begins to read an input that takes its time, before `use` waits for anything, and
 * ends it afterwards. Any other input is passed on as it is.
 */
export async function withInput<T>(
  input: unknown,
  use: (begun: unknown) => Promise<T>,
): Promise<T> {
  const methods = ["getReader", "stream", Symbol.asyncIterator];
  const isStream = quietly(() => methods.some((name) => hasMethod(input, name)));
  if (!isStream) return use(input);
  const stream = new Stream(input as StreamInput);
  try {
    return await use(stream);
  } finally {
    stream.stop();
  }
}

/** Feeds an input that has begun to a reader; tells after each piece how far it has come. */
export async function readInput(
  input: unknown,
  reader: Reader,
  byProgram: boolean,
  { signal, size }: { signal?: CallSignal; size?: number },
  tell: (position: Position) => void,
): Promise<void> {
  const feed = new Feed(reader, signal, tell);
  const bytes = bytesOf(input);
  refuseAborted(signal);
  if (size !== undefined) feed.expect(size);
  if (typeof input === "string") {
    if (isPath(input)) throw pathGiven(input);
    // In bytes it may be more.
    if (size === undefined) reader.expect(input.length);
    for (const piece of encoded(input)) await feed.text(piece);
  } else if (bytes) {
    feed.expect(bytes.length);
    await feed.text(bytes);
  } else if (input instanceof Stream) {
    if (size === undefined) await expectOf(input, feed);
    await readStream(input, feed, byProgram, signal);
  } else if (hasMethod(input, Symbol.iterator) && !byProgram) {
    if (Array.isArray(input)) reader.expect(input.length * CODE_LENGTH);
    for (const batch of batches(input as Iterable<unknown>)) await feed.entries(batch);
  } else {
    throw notCodes(input);
  }
}

async function expectOf({ size, claimed }: Stream, feed: Feed): Promise<void> {
  const known = await size;
  if (known !== undefined) feed.expect(known);
  else if (claimed !== undefined) feed.expect(claimed, MOST_CLAIMED);
}

async function readStream(
  stream: Stream,
  feed: Feed,
  byProgram: boolean,
  signal: CallSignal | undefined,
): Promise<void> {
  let isText = stream.isText;
  let isEntries = false;
  let held: unknown[] = [];
  const flush = async () => {
    const strings = held;
    held = [];
    if (isText) await feed.text(encode(strings.join("")));
    // A program and its code are a line of a CSV.
    else if (byProgram)
      await feed.text(encode(strings.map((line) => `${String(line)}\n`).join("")));
    else await feed.entries(strings);
  };
  for (;;) {
    const { done, value } = await guard(signal, () => stream.next());
    if (done) return flush();
    if (!isText && !isEntries) {
      const isString = typeof value === "string";
      isText = isString ? /[\n\r]/.test(value) : held.length === 0 || bytesOf(value) !== undefined;
      isEntries = !isText && (!isString || held.length >= STRINGS_LOOKED_AT);
    }
    if (isText) {
      if (held.length > 0) await flush();
      await feed.text(textOf(value));
    } else if (held.push(value) >= ENTRIES_AT_ONCE) {
      await flush();
    }
  }
}

const encoder = new TextEncoder();
const encode = (text: string) => encoder.encode(text);

/** A chunk of a text. */
function textOf(chunk: unknown): Uint8Array {
  const bytes = typeof chunk === "string" ? encode(chunk) : bytesOf(chunk);
  if (bytes) return bytes;
  throw new TypeError("The stream gave a chunk that is no bytes");
}

/** What a reader is given. */
class Feed {
  readonly #reader: Reader;
  readonly #signal: CallSignal | undefined;
  readonly #tell: (position: Position) => void;
  readonly #turn = new Turn();
  /** Where entries become bytes. */
  #records: Uint8Array | undefined;
  readonly #position: Position = { bytes: 0 };

  constructor(reader: Reader, signal: CallSignal | undefined, tell: (position: Position) => void) {
    this.#reader = reader;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** Makes room for so many bytes, but for no more than `most` before they come. */
  expect(bytes: number, most = Infinity): void {
    this.#position.totalBytes = bytes;
    this.#reader.expect(Math.min(bytes, most));
  }

  /** Some text, cut anywhere. */
  async text(piece: Uint8Array): Promise<void> {
    // A large chunk is cut, so that a page stays alive while it is read; an
    // empty one gives others their turn too, as it may be one of endlessly many.
    const { length } = piece;
    let at = 0;
    do {
      // A list that ends early is worse than none.
      if (piece.length !== length) throw new TypeError("The bytes were taken away meanwhile");
      const part = piece.subarray(at, at + PIECE);
      this.#reader.push(part, false);
      await this.#read(part.length);
      at += PIECE;
    } while (at < length);
  }

  /** Some entries of a list. */
  async entries(batch: unknown[]): Promise<void> {
    const reader = this.#reader;
    const records = (this.#records ??= new Uint8Array(ENTRIES_AT_ONCE * CODE_LENGTH));
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
    await this.#read(bytes);
  }

  async #read(bytes: number): Promise<void> {
    this.#position.bytes += bytes;
    this.#tell({ ...this.#position });
    await this.#turn.end();
    refuseAborted(this.#signal);
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

function* encoded(text: string): Generator<Uint8Array> {
  for (let at = 0; at < text.length;) {
    let end = at + PIECE;
    // Never between the two halves of a character.
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last < 0xdc00) end += 1;
    yield encode(text.slice(at, end));
    at = end;
  }
}

/** Waits for foreign code, which may throw or hang, or for the signal. */
export async function guard<T>(signal: CallSignal | undefined, read: () => Promise<T>): Promise<T> {
  refuseAborted(signal);
  let abort = () => {};
  try {
    if (!signal) return await read();
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(abortError(signal));
      signal.addEventListener("abort", abort);
    });
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

function notCodes(input: unknown): VoucherError {
  const value = typeof input;
  const message = "It is neither text nor a list of codes.";
  const hint = "Pass a string, bytes, a file, a stream, or an iterable of strings.";
  const issues: Issue[] = [{ index: 0, value, reason: "not_a_string", message }];
  return refusal("invalid_codes", `Codes can't be read from this: ${value}`, hint, { issues });
}

/** One line that ends as the name of a file does, and has nothing that parts cells in it. */
const isPath = (text: string) =>
  text.length < 4096 && /^[^\n\r,;\t|@"]+\.[a-z][a-z\d]{1,4}\s*$/i.test(text);

function pathGiven(value: string): VoucherError {
  const message = "It looks like the path of a file, and not like what is in one.";
  const hint = "Pass what is in the file: in Node.js createReadStream(path), in a page the File.";
  const issues: Issue[] = [{ index: 0, line: 1, value, reason: "not_a_uuid", message }];
  return refusal("invalid_codes", "A path is no list of codes", hint, { issues });
}

/** Gives other work its turn, now and then. */
export class Turn {
  #began = realNow();

  async end(): Promise<void> {
    if (realNow() - this.#began < LONGEST_TURN_MS) return;
    await new Promise((resolve) => realSetTimeout(resolve, 0));
    this.#began = realNow();
  }
}
