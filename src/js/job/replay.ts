/** Reading a journal back, piece by piece. */
import { Turn } from "../turn.js";
import { VoucherError } from "../errors.js";
import { bytesOf } from "../journal/shared.js";
import type { Journal } from "../journal/types.js";
import { journalFailed } from "./ownership.js";

const PIECE = 1 << 18;

/** Hands over what is in a journal; gives how many bytes that was. */
export async function replay(journal: Journal, push: (bytes: Uint8Array) => void): Promise<number> {
  let length = 0;
  const stored = await onJournal(async () => journal.read()[Symbol.asyncIterator]());
  let isRead = false;
  try {
    for (;;) {
      const piece = await onJournal(async () => {
        const { done, value } = (await stored.next()) as { done?: boolean; value?: unknown };
        isRead = done === true;
        return isRead ? undefined : bytesOf(value, "read");
      });
      if (piece === undefined) return length;
      length += piece.length;
      await pieces(piece, push);
    }
  } finally {
    // So that it can close what it has open.
    if (!isRead) void onJournal(async () => stored.return?.()).catch(() => {});
  }
}

/** How many bytes of whole records a journal has, if it can be read. */
export async function wholeLength(
  journal: Journal,
  push: (bytes: Uint8Array) => number,
): Promise<number | undefined> {
  let length = 0;
  try {
    await replay(journal, (bytes) => (length = push(bytes)));
  } catch (error) {
    // Else it ends in what is none.
    if (error instanceof VoucherError && error.code === "journal_failed") return undefined;
  }
  return length;
}

/** Hands bytes over piece by piece, and gives other work its turn. */
export async function pieces(bytes: Uint8Array, push: (bytes: Uint8Array) => void): Promise<void> {
  const turn = new Turn();
  for (let at = 0; at < bytes.length; at += PIECE) {
    push(bytes.subarray(at, at + PIECE));
    await turn.end();
  }
}

/** Does something with a journal, which fails in its own words. */
export async function onJournal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // One that knows by itself that it is damaged.
    if (cause instanceof VoucherError && cause.code === "journal_corrupt") throw cause;
    throw journalFailed("no", cause);
  }
}
