/**
 * Asynchronous input: streams, files, async iterables.
 *
 * Reading starts before anything else is awaited (`withInput`): a Node.js stream that
 * emits an error without a listener ends the process.
 */
import { tryOrUndefined } from "../errors.js";
import { isFunction, isObject, isWithin, membersOf } from "../schema.js";

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

type Readable = BlobInput | StreamInput | AsyncIterable<unknown>;

const hasMethod = (value: unknown, name: PropertyKey): boolean =>
  isObject(value) && isFunction(membersOf(value)[name]);
const isStream = (value: unknown): value is StreamInput => hasMethod(value, "getReader");
const isBlob = (value: unknown): value is BlobInput => hasMethod(value, "stream");
const isReadable = (value: unknown): value is Readable =>
  tryOrUndefined(
    () => isStream(value) || isBlob(value) || hasMethod(value, Symbol.asyncIterator),
  ) === true;

export type Step = { done?: boolean | undefined; value?: unknown };

/**
 * Registers how the size of the file that a stream reads is found; undefined if it reads no file.
 */
type FileSize = (stream: object) => Promise<number | undefined>;

let fileSize: FileSize = () => Promise.resolve(undefined);

/** Sets how this host finds the size of a file. */
export function provideFileSize(ask: FileSize): void {
  fileSize = ask;
}

/** A stream or an async iterable that is being read. */
export class Stream {
  /** The total number of bytes, if the input states it; for a stream of a file, the file's size. */
  readonly size: Promise<number | undefined>;
  /** The same, as claimed by the sender of a request. */
  readonly claimed: number | undefined;
  /** Whether its strings are known to be chunks of a text. */
  readonly isText: boolean;
  #read: () => Promise<Step>;
  #stop: () => unknown = () => {};
  #first: Promise<Step> | undefined;
  #hasEnded = false;

  constructor(input: Readable) {
    const { size, readableObjectMode } = membersOf(input);
    this.size =
      typeof size === "number"
        ? Promise.resolve(size)
        : (async () => fileSize(input))().catch(() => undefined);
    // The headers of a Node.js request, or of a response.
    const claimed = tryOrUndefined(() =>
      Number(membersOf(membersOf(input)["headers"])["content-length"]),
    );
    this.claimed = isWithin(claimed, 0, Infinity) ? claimed : undefined;
    this.isText = readableObjectMode === false;
    this.#read = async () => {
      this.#open(input);
      return this.#read();
    };
    // An error is reported when the next chunk is requested.
    (this.#first = this.#read()).catch(() => {});
  }

  #open(input: Readable): void {
    if (isStream(input) || isBlob(input)) {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What is no stream throws, and that is told.
      const stream = isStream(input) ? input : (input.stream() as StreamInput);
      const reader = stream.getReader();
      this.#read = () => reader.read();
      this.#stop = () => reader.cancel();
    } else {
      const iterator = input[Symbol.asyncIterator]();
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

  /** Closes the iterator, without waiting, because it may hang. */
  stop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    void (async () => this.#stop())().catch(() => {});
  }
}

/**
 * Starts to read an asynchronous input, before `use` waits for anything, and closes it
 * afterwards. Any other input is passed on unchanged.
 */
export async function withInput<T>(
  input: unknown,
  use: (begun: unknown) => Promise<T>,
): Promise<T> {
  if (!isReadable(input)) return use(input);
  const stream = new Stream(input);
  try {
    return await use(stream);
  } finally {
    stream.stop();
  }
}
