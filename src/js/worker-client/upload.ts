/** A list of codes as the body of a request. */
import type { BlobInput, StreamInput } from "../codes/codes-input.js";
import { membersOf } from "../members.js";

/**
 * A list of codes: text (one code per line, or a CSV) as a string, bytes, a `File` or a
 * stream of bytes; or any other iterable of codes, such as a `CodeList`.
 */
export type WorkerCodes =
  string | Uint8Array | ArrayBuffer | BlobInput | StreamInput | Iterable<string>;

/** @internal */
export interface Body {
  body: BodyInit | null;
  headers: Record<string, string>;
  /** Whether it can be sent again. */
  isRepeatable: boolean;
  /** The option that `fetch` requires for a stream. */
  duplex?: { duplex: "half" };
}

/** For routes on which the worker lists the codes itself. @internal */
export const NO_LIST: Body = { body: null, headers: {}, isRepeatable: true };

const TEXT = { "Content-Type": "text/csv; charset=utf-8" };
const JSON_TYPE = { "Content-Type": "application/json" };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The worker reads and checks the list; an invalid entry is reported with its line. @internal */
export function bodyOf(codes: WorkerCodes): Body {
  if (isStream(codes)) {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- A stream of the host's, by other types.
    return { body: codes as never, headers: TEXT, isRepeatable: false, duplex: { duplex: "half" } };
  }
  if (isEntries(codes)) return entries(Array.from(codes));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Text, bytes or a file of the host's, by other types.
  return { body: codes as BodyInit, headers: TEXT, isRepeatable: true };
}

/**
 * One code per line takes a third less than JSON, which is used for entries that may contain
 * anything.
 */
function entries(codes: unknown[]): Body {
  const areCodes = codes.every((code) => typeof code === "string" && UUID.test(code));
  return areCodes && codes.length > 0
    ? { body: codes.join("\n"), headers: TEXT, isRepeatable: true }
    : { body: JSON.stringify({ codes }), headers: JSON_TYPE, isRepeatable: true };
}

const isStream = (codes: WorkerCodes): codes is StreamInput =>
  typeof membersOf(codes)["getReader"] === "function";

const isEntries = (codes: WorkerCodes): codes is Iterable<string> =>
  typeof codes === "object" && !ArrayBuffer.isView(codes) && Symbol.iterator in codes;
