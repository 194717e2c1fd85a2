/** Lists of codes that come as the body of a request, as a stream, within limits. */
import type { CodeList, ProgramLists } from "../code-list.js";
import { VoucherError } from "../errors.js";
import { type ParseProgress, parseCodes, parseCodesByProgram } from "../parse.js";
import { type Refusal, refuse } from "./problem.js";
import { settings } from "./settings.js";

const PIECE = 256 * 1024;
/** JSON has to be read whole. */
const MOST_JSON_BYTES = 8 * 1024 * 1024;

const MOST_DISCARDED_BYTES = 64 * 1024;

/** What the caller says about a list. */
export interface UploadFlags {
  /** "I have seen what was rejected": it is left out. */
  valid: boolean;
  /** Codes that were sent before are left out. */
  skip: boolean;
  /** They are sent all the same. */
  resend: boolean;
  column: string | undefined;
}

/** The flags of a request's query. */
export function flagsOf({ searchParams }: URL): UploadFlags {
  const flag = (name: string) => {
    const value = searchParams.get(name);
    if (value === null || value === "false") return false;
    if (value === "true" || value === "") return true;
    throw refuse(400, "invalid_options", `\`${name}\` must be true or false`, "Correct the query.");
  };
  const flags = {
    valid: flag("valid"),
    skip: flag("skip"),
    resend: flag("resend"),
    column: searchParams.get("column") ?? undefined,
  };
  if (flags.skip && flags.resend) {
    throw refuse(400, "invalid_options", "`skip` and `resend` exclude each other", "Say one.");
  }
  return flags;
}

/**
 * The list in a request, and the flags with those of a JSON body. `everybody`
 * is asked where the body names no list at all.
 */
export async function readList(
  request: Request,
  flags: UploadFlags,
  everybody?: () => Promise<CodeList>,
): Promise<{ list: CodeList; flags: UploadFlags }> {
  if (mediaType(request) !== "application/json") {
    const list = await reading((signal, onProgress) =>
      parseCodes(bounded(request, settings().maxUploadBytes), {
        ...(flags.column !== undefined && { column: flags.column }),
        signal,
        onProgress,
      }),
    );
    return { list, flags };
  }
  const json = await readJson(request, MOST_JSON_BYTES);
  const { codes, valid, skip, resend } = Object(json) as Record<string, unknown>;
  const entries = Array.isArray(json) ? json : codes;
  if (everybody && (entries === undefined || entries === null)) {
    return { list: await everybody(), flags };
  }
  if (!Array.isArray(entries)) {
    throw refuse(400, "invalid_json", "The body holds no list of codes", 'Send {"codes": ["…"]}.');
  }
  const list = await reading((signal, onProgress) =>
    parseCodes(entries as string[], { signal, onProgress }),
  );
  const said = {
    ...flags,
    valid: flags.valid || valid === true,
    skip: flags.skip || skip === true,
    resend: flags.resend || resend === true,
  };
  return { list, flags: said };
}

/** The lists in a CSV with a column of program ids. */
export function readLists(
  request: Request,
  { column }: UploadFlags,
  programColumn: string | undefined,
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
export function accepted(list: CodeList, { valid }: Pick<UploadFlags, "valid">): CodeList {
  if (list.rejectedCount > 0 && !valid) {
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
    const found = await read(stop.signal, ({ codes, rejected }) => {
      if (codes > maxCodes) stop.abort(tooManyCodes(maxCodes));
      // A file of something else need not be read to its end.
      if (rejected > maxCodes) stop.abort(tooManyRejected(rejected));
    });
    if (sizeOf(found) > maxCodes) throw tooManyCodes(maxCodes);
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
  const text = new TextDecoder().decode(await whole(request, most));
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(400, "invalid_json", "The body is no JSON", "Correct it.");
  }
}
