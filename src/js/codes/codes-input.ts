/** Feeds any form of input to a reader of the core, in chunks. */
import { bytesOf } from "../bytes.js";
import { type Issue, type VoucherError, clientError } from "../errors.js";
import { isIterable, isObject } from "../schema.js";
import type { CallSignal } from "../types.js";
import {
  CODE_LENGTH,
  ENTRIES_AT_ONCE,
  Feed,
  PIECE,
  type Position,
  type Reader,
  encode,
} from "./feed.js";
import { guard, refuseAborted } from "./guard.js";
import { type BlobInput, Stream, type StreamInput } from "./stream.js";

export type { BlobInput, StreamInput } from "./stream.js";

/**
 * What a list of codes can be read from.
 *
 * A string, bytes, a file or a stream is text: one code per line, or a CSV. Any other
 * iterable is a list with one code per entry.
 *
 * A stream or an async iterable may produce strings. In a Node.js stream with an
 * encoding they are chunks of a text. Anywhere else they are entries, unless one of the
 * first 1,000 has a line break: then all are chunks of a text.
 */
export type TextInput =
  string | Uint8Array | ArrayBuffer | BlobInput | StreamInput | AsyncIterable<Uint8Array | string>;

/**
 * The largest claimed length of a request for which memory is reserved; beyond it, data has to
 * arrive first.
 */
const MAX_CLAIMED = 1 << 26;

/** How many strings of a stream are examined before they count as entries. */
const STRINGS_LOOKED_AT = 1_000;

/** Feeds an open input to a reader; reports the progress after each chunk. */
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
    // The length in bytes may be larger.
    if (size === undefined) reader.expect(input.length);
    for (const piece of encoded(input)) await feed.text(piece);
  } else if (bytes) {
    feed.expect(bytes.length);
    await feed.text(bytes);
  } else if (input instanceof Stream) {
    if (size === undefined) await expectOf(input, feed);
    await readStream(input, feed, byProgram, signal);
  } else if (isObject(input) && isIterable(input) && !byProgram) {
    if (Array.isArray(input)) reader.expect(input.length * CODE_LENGTH);
    for (const batch of batches(input)) await feed.entries(batch);
  } else {
    throw notCodes(input);
  }
}

async function expectOf({ size, claimed }: Stream, feed: Feed): Promise<void> {
  const known = await size;
  if (known !== undefined) feed.expect(known);
  else if (claimed !== undefined) feed.expect(claimed, MAX_CLAIMED);
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
    // A program and its code form one line of a CSV.
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

/** A chunk of a text. */
function textOf(chunk: unknown): Uint8Array {
  const bytes = typeof chunk === "string" ? encode(chunk) : bytesOf(chunk);
  if (bytes) return bytes;
  throw new TypeError("The stream produced a chunk that is not bytes");
}

/** The entries of a list, in portions. The list may grow or shrink in between. */
function* batches(input: Iterable<unknown>): Generator<unknown[]> {
  let held: unknown[] = [];
  if (Array.isArray(input)) {
    // By index: the iterator takes ten times as long.
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
    // Never splits a surrogate pair.
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last < 0xdc00) end += 1;
    yield encode(text.slice(at, end));
    at = end;
  }
}

function notCodes(input: unknown): VoucherError {
  const value = typeof input;
  const message = "It is neither text nor a list of codes.";
  const hint = "Pass a string, bytes, a file, a stream, or an iterable of strings.";
  const issues: Issue[] = [{ index: 0, value, reason: "not_a_string", message }];
  return clientError("invalid_codes", `Codes can't be read from this: ${value}`, hint, { issues });
}

/** A single line that ends like a file name, and contains no separator of cells. */
const isPath = (text: string) =>
  text.length < 4096 && /^[^\n\r,;\t|@"]+\.[a-z][a-z\d]{1,4}\s*$/i.test(text);

function pathGiven(value: string): VoucherError {
  const message = "This looks like a file path, not like the content of a file.";
  const hint = "Pass the content: createReadStream(path) in Node.js, the File in a page.";
  const issues: Issue[] = [{ index: 0, line: 1, value, reason: "not_a_uuid", message }];
  return clientError("invalid_codes", "A path is not a list of codes", hint, { issues });
}
