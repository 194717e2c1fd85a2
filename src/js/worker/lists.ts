/** Reads lists of codes, from a stream of bytes or from JSON, within limits. */
import {
  type CodeList,
  type ListParts,
  type ProgramLists,
  listIds,
  listParts,
  toCodeList,
} from "../codes/code-list.js";
import {
  type CodesInput,
  type ParseProgress,
  parseCodes,
  parseCodesByProgram,
} from "../codes/parse.js";
import { VoucherError } from "../errors.js";
import { type Body, limited } from "./body.js";
import { type Refusal, refuse } from "./problem.js";
import type { ListFlags } from "./fingerprint.js";
import { settings } from "./settings.js";

const MAX_PROGRAMS = 1_000;

/** A list that is passed to a program's object: as text, or already read. */
export type ListInput = ListText | ListParts;

export interface ListText extends Body {
  /** The column of the codes; undefined if it has to be detected. */
  column: string | undefined;
}

/** The parts of a list, to pass it to an object. */
export function partsOf(list: CodeList): ListParts {
  const parts = listParts(list);
  if (parts === undefined) throw new TypeError("This is not a list that was read here");
  return parts;
}

/** The codes of a list, sixteen bytes each. */
export function idsOf(list: CodeList): Uint8Array<ArrayBuffer> {
  const ids = listIds(list);
  if (ids && isUnshared(ids)) return ids;
  throw new TypeError("This is not a list that was read here");
}

const isUnshared = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer;

/** Reads the list that was passed. */
export async function readInput(input: ListInput): Promise<CodeList> {
  return "ids" in input ? toCodeList(input) : readList(input);
}

const readList = ({ column, ...body }: ListText): Promise<CodeList> =>
  withinLimits((signal, onProgress) =>
    parseCodes(limited(body, settings().maxUploadBytes), {
      ...(column !== undefined && { column }),
      signal,
      onProgress,
    }),
  );

/** The list of these entries. */
export const readEntries = (entries: CodesInput): Promise<CodeList> =>
  withinLimits((signal, onProgress) => parseCodes(entries, { signal, onProgress }));

/** The lists in a CSV with a column of program ids. */
export const readLists = (
  body: Body,
  { column, programColumn }: { column: string | undefined; programColumn: string | undefined },
): Promise<ProgramLists> =>
  withinLimits((signal, onProgress) =>
    parseCodesByProgram(limited(body, settings().maxUploadBytes), {
      ...(column !== undefined && { column }),
      ...(programColumn !== undefined && { programColumn }),
      signal,
      onProgress,
    }),
  );

/** The list to send, or the refusal. */
export function accepted(list: CodeList, { valid }: Pick<ListFlags, "valid">): CodeList {
  if (list.rejectedCount > 0 && valid !== true) {
    throw refuse(
      422,
      "invalid_codes",
      list.rejectedCount === 1 ? "1 row is not a code" : `${list.rejectedCount} rows are not codes`,
      "Correct them, or pass `valid=true` to leave them out.",
      { more: { rejectedCount: list.rejectedCount, issues: list.rejected } },
    );
  }
  if (list.size === 0) {
    throw refuse(400, "empty_codes", "The list has no codes", "List at least one code.");
  }
  return list.valid();
}

async function withinLimits<T extends CodeList | ProgramLists>(
  read: (signal: AbortSignal, onProgress: (progress: ParseProgress) => void) => Promise<T>,
): Promise<T> {
  const { maxCodes } = settings();
  const stop = new AbortController();
  try {
    const found = await read(stop.signal, ({ codes, rejected, programs }) => {
      if (codes > maxCodes) stop.abort(tooManyCodes(maxCodes));
      // A wrong column of programs may have a different value in each row.
      if (programs > MAX_PROGRAMS) stop.abort(tooManyPrograms());
      // If it is another file, reading to its end is of no use.
      if (rejected > maxCodes) stop.abort(tooManyRejected(rejected));
    });
    if (sizeOf(found) > maxCodes) throw tooManyCodes(maxCodes);
    if ("programs" in found && found.programs.size > MAX_PROGRAMS) throw tooManyPrograms();
    return found;
  } catch (error) {
    // Our refusals are the cause of the reader's error.
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
    `There are more than ${MAX_PROGRAMS} programs in the upload`,
    "Split the file, or name the column of the programs with `programColumn`.",
  );
}

function tooManyRejected(count: number): Refusal {
  return refuse(
    422,
    "invalid_codes",
    `More than ${count - 1} rows are not codes`,
    "This may be another file, or the column name is wrong.",
  );
}
