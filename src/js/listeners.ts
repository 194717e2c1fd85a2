/** Callbacks that are told something and decide nothing. */
import { quietly } from "./errors.js";

const reported = new WeakSet<object>();

/**
 * Tells a listener. What it throws, or rejects with later, decides nothing about
 * the call and does not end the process. It is reported once.
 */
export function notify<A extends unknown[]>(
  listener: (...values: A) => unknown,
  ...values: A
): void {
  new Promise((resolve) => resolve(listener(...values))).catch((error: unknown) => {
    if (reported.has(listener)) return;
    reported.add(listener);
    quietly(() => console.error("uber-vouchers: a listener failed (reported once)", error));
  });
}

/** The same value. If it is a promise, nobody waits for it: its failure is nobody's. */
export function unawaited<T>(value: T): T {
  new Promise((resolve) => resolve(value)).catch(() => {});
  return value;
}
