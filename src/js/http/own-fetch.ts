/**
 * The host's own `fetch`: what it proves about a failed request, and how it is kept
 * from sending one twice.
 */
import { isObject, membersOf } from "../schema.js";
import type { FetchInit } from "../types.js";

/** Whether an error of this `fetch` proves that the request was never sent. */
export type UnsentProof = (fetch: typeof globalThis.fetch, thrown: unknown) => boolean;

const host = membersOf(globalThis);

/** Unless the entry of a host says otherwise, every failed request may have been sent. */
export let provesUnsent: UnsentProof = () => false;

/** Registers what this host proves. */
export function provideUnsentProof(proof: UnsentProof): void {
  provesUnsent = proof;
}

const unsent = new WeakSet<object>();

/** An error from a `fetch` of this package that proves the same. */
export function markUnsent<T extends object>(error: T): T {
  unsent.add(error);
  return error;
}

export const isMarkedUnsent = (thrown: unknown): boolean => isObject(thrown) && unsent.has(thrown);

/**
 * The same request, marked so that the host does not repeat it automatically. Deno, and
 * Bun before 1.4, send a POST again when a reused connection closes without a response:
 * Deno unless the body is a `Blob`, Bun unless `keepalive` is false.
 */
export function sentOnce(init: FetchInit): RequestInit {
  const { body } = init;
  if (body === undefined) return init;
  if (host["Deno"] !== undefined) return { ...init, body: new Blob([body]) };
  const isOldBun = /^(0|1\.[0-3])\./.test(String(membersOf(host["Bun"])["version"]));
  return isOldBun ? Object.assign({ keepalive: false }, init) : init;
}
