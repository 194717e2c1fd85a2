/**
 * Input that takes its time: streams, files, async iterables.
 *
 * Reading has begun before anything else is waited for (`withInput`): a stream of
 * Node.js whose error meets no listener ends the process.
 */
import { quietly } from "../errors.js";
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
  quietly(() => isStream(value) || isBlob(value) || hasMethod(value, Symbol.asyncIterator)) ===
  true;

export type Step = { done?: boolean | undefined; value?: unknown };

/** Says how many bytes are in the file that a stream reads; undefined if it reads none. */
type FileSize = (stream: object) => Promise<number | undefined>;

let fileSize: FileSize = () => Promise.resolve(undefined);

/** Says how this host asks for the size of a file. */
export function provideFileSize(ask: FileSize): void {
  fileSize = ask;
}

/** A stream or an async iterable that is being read. */
export class Stream {
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

  constructor(input: Readable) {
    const { size, readableObjectMode } = membersOf(input);
    this.size =
      typeof size === "number"
        ? Promise.resolve(size)
        : (async () => fileSize(input))().catch(() => undefined);
    // Of a request of Node.js, or of an answer.
    const claimed = quietly(() => Number(membersOf(membersOf(input)["headers"])["content-length"]));
    this.claimed = isWithin(claimed, 0, Infinity) ? claimed : undefined;
    this.isText = readableObjectMode === false;
    this.#read = async () => {
      this.#open(input);
      return this.#read();
    };
    // Its fault is told when it is asked for.
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
  if (!isReadable(input)) return use(input);
  const stream = new Stream(input);
  try {
    return await use(stream);
  } finally {
    stream.stop();
  }
}
