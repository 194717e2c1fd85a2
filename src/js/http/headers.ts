/** Header fields as callers pass them. */
import { isIterable, isObject } from "../schema.js";

/** Names and values of headers: a `Headers` object, a `Map`, pairs, or a plain object. */
export function headerFields(given: object): unknown[][] {
  if (!isIterable(given)) return Object.entries(given);
  // A string would be read as a pair of letters.
  return Array.from(given, (field) => (isObject(field) && isIterable(field) ? [...field] : []));
}

/**
 * Converts to a `Headers` object, unless it is one. Its constructor accepts a `Headers` object of
 * another realm, a `Map` and a plain object too.
 */
export function headersOf(given: unknown): Headers {
  if (given instanceof Headers) return given;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What it can't take, it refuses.
  return new Headers((given ?? {}) as HeadersInit);
}
