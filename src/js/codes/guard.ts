/** Reading that its caller gives up, or that fails. */
import { type VoucherError, ours, refusal } from "../errors.js";
import type { CallSignal } from "../types.js";

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
