/** Reads small bodies whole: JSON, or none. */
import type { CodeList } from "../../codes/code-list.js";
import { bodyOf, limited } from "../body.js";
import { withBodyFlags } from "./job-request.js";
import { readEntries } from "../lists.js";
import { readMembers } from "./parse-parameters.js";
import { type Refusal, refuse } from "../problem.js";
import type { ListFlags } from "../fingerprint.js";

/** JSON has to be read whole. 30,000 codes, the most in one call, take 1.2 MB. */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

const MAX_JSON_DEPTH = 8;
const MAX_JSON_CONTAINERS = 1_000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const MAX_SMALL_BYTES = 64 * 1024;

/** The list in JSON: an array, or an object with one and with flags. */
export async function listIn(
  json: unknown,
  flags: ListFlags,
): Promise<{ list: CodeList; flags: ListFlags }> {
  const body = Array.isArray(json)
    ? { codes: json as unknown }
    : readMembers(json, ["codes", "valid", "skip", "resend"]);
  if (!Array.isArray(body.codes)) {
    throw refuse(400, "invalid_json", "The body has no list of codes", 'Send {"codes": ["…"]}.');
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Each entry that is no code is rejected.
  const entries = body.codes as string[];
  return { list: await readEntries(entries), flags: withBodyFlags(flags, body) };
}

/** Reads a whole body, up to a limit. */
export async function readBody(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const said = Number(request.headers.get("Content-Length"));
  // The platform enforces Content-Length.
  if (said > 0 && said <= most) return new Uint8Array(await request.arrayBuffer());
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of limited(bodyOf(request), most)) pieces.push(new Uint8Array(piece));
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

export function mediaType(request: Request): string | undefined {
  return request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
}

/** Refuses a body if none is expected. `{}` counts as none. */
export async function refuseBody(request: Request): Promise<void> {
  const bytes = await readBody(request, MAX_SMALL_BYTES);
  const text = new TextDecoder().decode(bytes).trim();
  if (text === "" || /^\{\s*\}$/.test(text)) return;
  throw refuse(400, "unexpected_body", "This route takes no body", "Send it without one.");
}

/** The JSON of a request; an empty body is `undefined`. */
export async function readJson(request: Request): Promise<unknown> {
  return parseJson(await readJsonBytes(request, MAX_SMALL_BYTES));
}

/** The bytes of a body whose media type is JSON. */
export async function readJsonBytes(
  request: Request,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (mediaType(request) !== "application/json") {
    throw refuse(
      415,
      "unsupported_media_type",
      "The body must be application/json",
      "Set Content-Type: application/json.",
    );
  }
  return readBody(request, most);
}

export function parseJson(bytes: Uint8Array): unknown {
  refuseNested(bytes);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(400, "invalid_json", "The body is not JSON", "Correct it.");
  }
}

/**
 * Refuses JSON with many or deeply nested objects and lists: parsed, they take many
 * times the memory of their text.
 */
function refuseNested(bytes: Uint8Array): void {
  let [depth, count] = [0, 0];
  let [isInString, isEscaped] = [false, false];
  for (const byte of bytes) {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = isInString;
    else if (byte === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth += 1;
      count += 1;
      if (depth > MAX_JSON_DEPTH || count > MAX_JSON_CONTAINERS) throw tooNested();
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
  }
}

function tooNested(): Refusal {
  return refuse(
    400,
    "invalid_json",
    `The body contains more than ${MAX_JSON_CONTAINERS} lists and objects, or nests more than ${MAX_JSON_DEPTH}`,
    "Send one list of codes, each as a string.",
  );
}
