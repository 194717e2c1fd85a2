/**
 * The host's own `fetch`: what it proves about a request that failed, and how it
 * is kept from sending one twice.
 */
import { isObject, membersOf } from "../schema.js";
import type { FetchInit } from "../types.js";

/** Whether what this `fetch` threw proves that the request never left. */
export type UnsentProof = (fetch: typeof globalThis.fetch, thrown: unknown) => boolean;

const host = membersOf(globalThis);

/** Where no entry says otherwise, every request that failed may have left. */
export let provesUnsent: UnsentProof = () => false;

/** Says what this host proves. */
export function provideUnsentProof(proof: UnsentProof): void {
  provesUnsent = proof;
}

const unsent = new WeakSet<object>();

/** An error of a `fetch` of this package's own that proves the same. */
export function markUnsent<T extends object>(error: T): T {
  unsent.add(error);
  return error;
}

export const isMarkedUnsent = (thrown: unknown): boolean => isObject(thrown) && unsent.has(thrown);

/**
 * The same request, which the host does not repeat by itself. Deno, and Bun
 * before 1.4, send a POST again when a connection that was used before closes
 * without an answer: Deno unless the body is a `Blob`, Bun unless `keepalive` is
 * false.
 */
export function sentOnce(init: FetchInit): RequestInit {
  const { body } = init;
  if (body === undefined) return init;
  if (host["Deno"] !== undefined) return { ...init, body: new Blob([body]) };
  const isOldBun = /^(0|1\.[0-3])\./.test(String(membersOf(host["Bun"])["version"]));
  return isOldBun ? Object.assign({ keepalive: false }, init) : init;
}
