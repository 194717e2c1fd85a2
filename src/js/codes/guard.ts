/** Ends a read when the caller aborts, or when the input fails. */
import { type VoucherError, toVoucherError, clientError } from "../errors.js";
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
    throw toVoucherError(cause, notRead);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Throws once the caller has aborted. Nothing was sent by then. */
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
  const hint = "Your signal was aborted before anything was sent.";
  return clientError("aborted", what, hint, { cause: signal?.reason });
}

/** The input itself has failed. */
export function notRead(cause: unknown): VoucherError {
  const hint = "See `cause` for the error of the input. Nothing was sent.";
  return clientError("connection_failed", "Reading the codes failed", hint, { cause });
}
