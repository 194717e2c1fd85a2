/** Header fields as callers pass them. */
import { isIterable, isObject } from "../schema.js";

/** Names and values of headers: a `Headers` object, a `Map`, pairs, or a plain object. */
export function headerFields(given: object): unknown[][] {
  if (!isIterable(given)) return Object.entries(given);
  // A string would be a pair of letters.
  return Array.from(given, (field) => (isObject(field) && isIterable(field) ? [...field] : []));
}
