/** Code that the journals share. */
import { type VoucherError, invalidOption, toError } from "../errors.js";
import { JOURNAL_CORRUPT_HINT } from "../generated/protocol.js";
import { isObject, isWithin } from "../schema.js";

/** The result of `lock`. */
export type Release = () => Promise<void>;

/** How many bytes are read, or stored as one value, at a time. */
export const PIECE = 64 * 1024;

/** Records that nobody but the journal has: it may keep them without a copy. */
export const handedOver = new WeakSet<Uint8Array>();

/**
 * A copy of the bytes of a record, because the caller reuses its buffer. Not `slice()`,
 * which does not copy a Node.js `Buffer`.
 */
export function copyOf(record: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(record, "append"));
}

const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";

/** Bytes of any realm. */
export function bytesOf(value: unknown, name: string): Uint8Array {
  if (isBytes(value)) return value;
  throw invalidOption(`\`${name}\` takes a Uint8Array`);
}

/** A number of bytes to keep. */
export function lengthOf(value: unknown): number {
  if (isWithin(value, 0, Number.MAX_SAFE_INTEGER)) return value;
  throw invalidOption("`truncate` takes a whole number of bytes from 0");
}

const LONGEST_NAME = 200;

/** The name of a journal: any text that can be part of a key in every store. */
export function nameOf(value: unknown): string {
  if (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= LONGEST_NAME &&
    !/\p{Surrogate}/u.test(value)
  )
    return value;
  throw invalidOption(`\`name\` must be a string of 1 to ${LONGEST_NAME} characters`);
}

/** Splits bytes into copies: a store may keep the whole buffer behind a view. */
export function* cut(bytes: Uint8Array, most: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += most) {
    yield new Uint8Array(bytes.subarray(at, at + most));
  }
}

/** Runs one task after the other, whether the previous one succeeded or not. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

const byKey = new Map<unknown, number>();
const byJournal = new WeakMap<object, number>();

/**
 * The lengths of journals, as jobs of this process know them: by key, otherwise by the
 * journal itself; 0 if no job has used it.
 */
export const lengths = {
  get: (of: unknown): number => (isObject(of) ? byJournal.get(of) : byKey.get(of)) ?? 0,
  set(of: unknown, bytes: number): void {
    if (isObject(of)) byJournal.set(of, bytes);
    else byKey.set(of, bytes);
  },
  /** The journal was truncated on purpose. */
  cut(of: unknown, bytes: number): void {
    if (lengths.get(of) > bytes) lengths.set(of, bytes);
  },
};

/** Releases a lock only once: a second call must not release it for its next holder. */
export function once(work: () => Promise<void>): Release {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/**
 * Throws if something else has written since this object last read or wrote: the only
 * protection if a lock does not reach.
 */
export function checkEnd(known: number | undefined, found: number): void {
  if (known === undefined || known === found) return;
  throw new Error(
    `Something else changed the journal: it has ${found} bytes and should have ${known}`,
  );
}

/** A chunk in the middle is missing. */
export function gapAt(at: number): VoucherError {
  return toError({
    class: "JobError",
    code: "journal_corrupt",
    queued: "unknown",
    message: `The journal is damaged: it has a gap at byte ${at}`,
    hint: JOURNAL_CORRUPT_HINT,
  });
}
