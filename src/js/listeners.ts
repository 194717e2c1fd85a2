/** Calls listeners, which can't affect what the package does. */
import { tryOrUndefined } from "./errors.js";

const reported = new WeakSet<object>();

/**
 * Calls a listener. If it throws or rejects, this does not affect the call or end the
 * process: the failure is reported once.
 */
export function notify<A extends unknown[]>(
  listener: (...values: A) => unknown,
  ...values: A
): void {
  new Promise((resolve) => resolve(listener(...values))).catch((error: unknown) => {
    if (reported.has(listener)) return;
    reported.add(listener);
    tryOrUndefined(() => console.error("uber-vouchers: a listener failed (reported once)", error));
  });
}

/** Returns the same value. If it is a promise, its rejection is ignored. */
export function unawaited<T>(value: T): T {
  new Promise((resolve) => resolve(value)).catch(() => {});
  return value;
}
