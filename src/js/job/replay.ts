/** Reads a journal back in chunks. */
import { Yielder } from "../turn.js";
import { VoucherError } from "../errors.js";
import { bytesOf } from "../journal/shared.js";
import type { Journal } from "../journal/types.js";
import { journalFailed } from "./journal-lock.js";

const CHUNK_BYTES = 1 << 18;

/** Passes on the content of a journal; returns its length in bytes. */
export async function replay(journal: Journal, push: (bytes: Uint8Array) => void): Promise<number> {
  let length = 0;
  const stored = await onJournal(async () => journal.read()[Symbol.asyncIterator]());
  let isRead = false;
  try {
    for (;;) {
      const chunk = await onJournal(async () => {
        const { done, value } = (await stored.next()) as { done?: boolean; value?: unknown };
        isRead = done === true;
        return isRead ? undefined : bytesOf(value, "read");
      });
      if (chunk === undefined) return length;
      length += chunk.length;
      await pushInChunks(chunk, push);
    }
  } finally {
    // Lets the iterator close what it has open.
    if (!isRead) void onJournal(async () => stored.return?.()).catch(() => {});
  }
}

/** The length in bytes of a journal's whole records, if it can be read. */
export async function wholeLength(
  journal: Journal,
  push: (bytes: Uint8Array) => number,
): Promise<number | undefined> {
  let length = 0;
  try {
    await replay(journal, (bytes) => (length = push(bytes)));
  } catch (error) {
    // Any other error means that the rest is not a record.
    if (error instanceof VoucherError && error.code === "journal_failed") return undefined;
  }
  return length;
}

/** Passes bytes on in chunks, and yields to other work in between. */
export async function pushInChunks(
  bytes: Uint8Array,
  push: (bytes: Uint8Array) => void,
): Promise<void> {
  const yielder = new Yielder();
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    push(bytes.subarray(at, at + CHUNK_BYTES));
    await yielder.yieldIfSlow();
  }
}

/** Runs a journal operation; wraps its errors as `journal_failed`. */
export async function onJournal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // The journal itself has detected damage.
    if (cause instanceof VoucherError && cause.code === "journal_corrupt") throw cause;
    throw journalFailed("no", cause);
  }
}
