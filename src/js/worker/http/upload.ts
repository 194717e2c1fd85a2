/** Lists of codes that come as the body of a request, as a stream, within limits. */
import type { CodeList, ProgramLists } from "../../codes/code-list.js";
import { VoucherError } from "../../errors.js";
import { type ParseProgress, parseCodes, parseCodesByProgram } from "../../codes/parse.js";
import { type JobRequest, type ListFlags, withBodyFlags } from "../program/job-request.js";
import { readMembers } from "./parameters.js";
import { type Refusal, refuse } from "./problem.js";
import { settings } from "../settings.js";

const PIECE = 256 * 1024;
const MOST_PROGRAMS = 1_000;
/** JSON has to be read whole. 30,000 codes, the most of one call, take 1.2 MB. */
export const MOST_JSON_BYTES = 2 * 1024 * 1024;

const MOST_JSON_DEPTH = 8;
const MOST_JSON_CONTAINERS = 1_000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

const MOST_DISCARDED_BYTES = 64 * 1024;

/** The list in the body of a request, and the flags with those of a JSON body. */
export async function readList(
  request: Request,
  { flags, column }: Pick<JobRequest, "flags" | "column">,
): Promise<{ list: CodeList; flags: ListFlags }> {
  if (mediaType(request) === "application/json") return readJsonList(request, flags);
  const list = await reading((signal, onProgress) =>
    parseCodes(bounded(request, settings().maxUploadBytes), {
      ...(column !== undefined && { column }),
      signal,
      onProgress,
    }),
  );
  return { list, flags };
}

/** The list in a JSON body: an array, or an object with one and with flags. */
export async function readJsonList(
  request: Request,
  flags: ListFlags,
): Promise<{ list: CodeList; flags: ListFlags }> {
  const json = await readJson(request, MOST_JSON_BYTES);
  const body = Array.isArray(json)
    ? { codes: json as unknown }
    : readMembers(json, ["codes", "valid", "skip", "resend"]);
  if (!Array.isArray(body.codes)) {
    throw refuse(400, "invalid_json", "The body holds no list of codes", 'Send {"codes": ["…"]}.');
  }
  const entries = body.codes as string[];
  const list = await reading((signal, onProgress) => parseCodes(entries, { signal, onProgress }));
  return { list, flags: withBodyFlags(flags, body) };
}

/** The lists in a CSV with a column of program ids. */
export function readLists(
  request: Request,
  { column, programColumn }: Pick<JobRequest, "column" | "programColumn">,
): Promise<ProgramLists> {
  return reading((signal, onProgress) =>
    parseCodesByProgram(bounded(request, settings().maxUploadBytes), {
      ...(column !== undefined && { column }),
      ...(programColumn !== undefined && { programColumn }),
      signal,
      onProgress,
    }),
  );
}

/** The list as it may be sent, or why not. */
export function accepted(list: CodeList, { valid }: Pick<ListFlags, "valid">): CodeList {
  if (list.rejectedCount > 0 && valid !== true) {
    throw refuse(
      422,
      "invalid_codes",
      list.rejectedCount === 1 ? "1 row is no code" : `${list.rejectedCount} rows are no codes`,
      "Correct them, or say `valid=true` to leave them out.",
      { more: { rejectedCount: list.rejectedCount, issues: list.rejected } },
    );
  }
  if (list.size === 0) {
    throw refuse(400, "empty_codes", "There is no code in the list", "List at least one code.");
  }
  return list.valid();
}

async function reading<T extends CodeList | ProgramLists>(
  read: (signal: AbortSignal, onProgress: (progress: ParseProgress) => void) => Promise<T>,
): Promise<T> {
  const { maxCodes } = settings();
  const stop = new AbortController();
  try {
    const found = await read(stop.signal, ({ codes, rejected, programs }) => {
      if (codes > maxCodes) stop.abort(tooManyCodes(maxCodes));
      // A wrong column of programs has as many of them as there are rows.
      if (programs > MOST_PROGRAMS) stop.abort(tooManyPrograms());
      // A file of something else need not be read to its end.
      if (rejected > maxCodes) stop.abort(tooManyRejected(rejected));
    });
    if (sizeOf(found) > maxCodes) throw tooManyCodes(maxCodes);
    if ("programs" in found && found.programs.size > MOST_PROGRAMS) throw tooManyPrograms();
    return found;
  } catch (error) {
    // Our own refusals come as the cause of the reader's error.
    const cause = error instanceof VoucherError ? error.cause : undefined;
    throw isRefusal(cause) ? cause : error;
  }
}

function sizeOf(found: CodeList | ProgramLists): number {
  if ("size" in found) return found.size;
  return [...found.programs.values()].reduce((all, { size }) => all + size, 0);
}

const isRefusal = (value: unknown): value is Refusal =>
  value instanceof Error && "problem" in value;

function tooManyCodes(most: number): Refusal {
  return refuse(
    422,
    "too_many_codes",
    `There are more than ${most} codes in the upload`,
    "Split the file.",
  );
}

function tooManyPrograms(): Refusal {
  return refuse(
    422,
    "too_many_programs",
    `There are more than ${MOST_PROGRAMS} programs in the upload`,
    "Split the file, or name the column of the programs with `programColumn`.",
  );
}

function tooManyRejected(count: number): Refusal {
  return refuse(
    422,
    "invalid_codes",
    `More than ${count - 1} rows are no codes`,
    "It may be another file, or the name of the column is wrong.",
  );
}

/** The bytes of a body, in large pieces, up to a limit. */
export async function* bounded(request: Request, most: number): AsyncGenerator<Uint8Array> {
  const said = Number(request.headers.get("Content-Length"));
  if (said > most) throw tooLarge(most);
  if (request.body === null) return;
  const reader = request.body.getReader({ mode: "byob" }) as ReadableStreamBYOBReader & {
    readAtLeast?(
      least: number,
      view: Uint8Array,
    ): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  };
  let size = 0;
  try {
    for (;;) {
      const room = new Uint8Array(PIECE);
      const { done, value } = await (reader.readAtLeast?.(PIECE, room) ?? reader.read(room));
      if (value) {
        size += value.byteLength;
        if (size > most) throw tooLarge(most);
        if (value.byteLength > 0) yield value;
      }
      if (done) return;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** A body in one, up to a limit. */
export async function whole(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const said = Number(request.headers.get("Content-Length"));
  // The platform lets no more come than was said.
  if (said > 0 && said <= most) return new Uint8Array(await request.arrayBuffer());
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bounded(request, most)) pieces.push(new Uint8Array(piece));
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/**
 * Reads a small body that nobody has read. Otherwise the platform ends the
 * connection, and what the browser sends next on it may be lost.
 */
export async function discard(request: Request): Promise<void> {
  const said = Number(request.headers.get("Content-Length") ?? Infinity);
  if (request.body === null || request.bodyUsed || said > MOST_DISCARDED_BYTES) return;
  await request.arrayBuffer().catch(() => {});
}

function tooLarge(most: number): Refusal {
  return refuse(413, "body_too_large", `The body is larger than ${most} bytes`, "Split the file.");
}

export function mediaType(request: Request): string | undefined {
  return request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
}

/** Refuses a body where none is expected. `{}` says nothing either. */
export async function refuseBody(request: Request): Promise<void> {
  const bytes = await whole(request, MOST_DISCARDED_BYTES);
  const text = new TextDecoder().decode(bytes).trim();
  if (text === "" || /^\{\s*\}$/.test(text)) return;
  throw refuse(400, "unexpected_body", "This route takes no body", "Send it without one.");
}

/** The JSON of a request; an empty body is `undefined`. */
export async function readJson(request: Request, most = 64 * 1024): Promise<unknown> {
  if (mediaType(request) !== "application/json") {
    throw refuse(
      415,
      "unsupported_media_type",
      "The body must be application/json",
      "Set Content-Type: application/json.",
    );
  }
  const bytes = await whole(request, most);
  refuseNested(bytes);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(400, "invalid_json", "The body is no JSON", "Correct it.");
  }
}

/**
 * Refuses JSON of many objects and lists, or of some deep in one another: as
 * values they take many times the memory of their text.
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
      if (depth > MOST_JSON_DEPTH || count > MOST_JSON_CONTAINERS) throw tooNested();
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
  }
}

function tooNested(): Refusal {
  return refuse(
    400,
    "invalid_json",
    `The body holds more than ${MOST_JSON_CONTAINERS} lists and objects, or more than ${MOST_JSON_DEPTH} in one another`,
    "Send one list of codes, each as a string.",
  );
}
