/** Codes out of any input: `parseCodes` and `parseCodesByProgram`. */
import { type Binding, instance } from "../wasm/binding.js";
import {
  type CodeList,
  ID_LENGTH,
  type ListParts,
  type ProgramLists,
  listIds,
  randomSeed,
  toCodeList,
} from "./code-list.js";
import { type TextInput, readInput } from "./codes-input.js";
import type { Position } from "./feed.js";
import { notRead } from "./guard.js";
import { withInput } from "./stream.js";
import type { Group } from "../wasm/results.js";
import { ours, refusal } from "../errors.js";
import {
  COUNT_DUPLICATES,
  COUNT_PROGRAMS,
  COUNT_REJECTED,
  COUNT_VALID,
  EMPTY_CODES_HINT,
} from "../generated/protocol.js";
import { notify } from "../listeners.js";
import { column, method, ordinal, readOptions, signal, whole } from "../schema.js";
import type { CallSignal, VoucherCode } from "../types.js";

/**
 * Where codes come from.
 *
 * A string, bytes, a file or a stream is text: a code a line, or a CSV. Any
 * other iterable is a list with one code an entry: a string, or what `listCodes`
 * gave (of strings that a stream gives, see `TextInput`). A `CodeList` is taken as it is.
 */
export type CodesInput = TextInput | Iterable<string | Pick<VoucherCode, "codeId">> | CodeList;

/** How far reading has come. */
export interface ParseProgress {
  /** Read so far. */
  bytes: number;
  /** Where the input tells its size. */
  totalBytes?: number;
  /** Rows or entries read so far. */
  rows: number;
  /** Distinct valid codes so far. */
  codes: number;
  /** Valid codes dropped so far, because they stood there before. */
  duplicates: number;
  /** Entries refused so far. */
  rejected: number;
  /** Programs found so far, by `parseCodesByProgram`; else 0. */
  programs: number;
}

/**
 * Which column is meant: its name, its number from 1, or a name that several
 * columns have with the number of the one among them, from 1.
 *
 * Names compare without case, white space, `_` and `-`. Several columns of one
 * name are refused, unless one is to the letter what is given here.
 */
export type ColumnSelector = string | number | { name: string; occurrence: number };

/** What `parseCodes` takes. */
export interface ParseOptions {
  /**
   * The column that holds the codes. Default: the only column, else the first of
   * `code_id`, `code_uuid`, `uuid`, `code` that exists. By number, the first row
   * is read as a row of codes if it has one there.
   */
  column?: ColumnSelector;
  /**
   * The line of the header, from 1; what comes before it is not read. Default: the
   * first line that isn't blank, or none in a list of one column.
   */
  headerRow?: number;
  /**
   * How many bytes there will be in all, of a stream that can't tell: room is made at once, and
   * `onProgress` says so. They may be more or fewer. A `File`, a `Blob`, a stream of a file and a
   * request of Node.js tell.
   */
  size?: number;
  /** Called after each piece that was read. */
  onProgress?: (progress: ParseProgress) => void;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `parseCodesByProgram` takes. */
export interface ParseByProgramOptions extends ParseOptions {
  /**
   * The column that holds the program ids. Default: the first of
   * `voucher_program_id`, `program_id`, `program` that exists.
   */
  programColumn?: ColumnSelector;
}

export const parseSchema = {
  column,
  headerRow: ordinal,
  size: whole(0, Number.MAX_SAFE_INTEGER),
  onProgress: method<(progress: ParseProgress) => void>(),
  signal,
};

/**
 * Reads codes out of text (a code a line, or a CSV) or out of a list.
 *
 * A code is a UUID in the 8-4-4-4-12 form, in either case. What is none is
 * rejected with its line and a reason, and the rest is read on; `distribute`
 * refuses a list that has rejected entries until `valid()` says that you have
 * seen them.
 *
 * @throws {ValidationError} `empty_codes` for `undefined` and `null`,
 *   `invalid_codes` for what is neither text nor a list.
 * @throws {ConnectionError} `aborted` by the signal; `connection_failed` if
 *   the input itself fails, with what it threw as `cause`.
 */
export async function parseCodes(input: CodesInput, options?: ParseOptions): Promise<CodeList> {
  return withInput(input, async (begun) => {
    const read = readOptions(options ?? {}, parseSchema);
    if (isCodeList(begun)) return begun;
    return toCodeList(await parse(begun, read));
  });
}

/** Whether it is a list that was parsed before, also by another copy of the package. */
const isCodeList = (input: unknown): input is CodeList => listIds(input) !== undefined;

/** Reads codes for a call of the client, of an input that has begun. */
export async function parse(input: unknown, options: ParseOptions): Promise<ListParts> {
  refuseMissing(input);
  const [all] = await readLists(input, undefined, options);
  return { ...all, isDistinct: true };
}

/** Reads into one list, or with `programs` into one for each program. */
async function readLists(
  input: unknown,
  programs: { column?: ColumnSelector | undefined } | undefined,
  { column, headerRow, onProgress, ...rest }: ParseOptions,
): Promise<[ListParts, Map<string, CodeList>]> {
  const glue = await instance.load();
  const { generation } = instance;
  const reader = instance.callSync(() => createReader(glue, { column, headerRow }, programs));
  const tell = progressOf(reader, onProgress);
  try {
    return await instance.call("no", async () => {
      try {
        await readInput(input, reader, programs !== undefined, rest, tell);
      } catch (cause) {
        // A trap tells of the instance, anything else of the input.
        throw cause instanceof WebAssembly.RuntimeError ? cause : ours(cause, notRead);
      }
      return listsOf(reader.finish());
    });
  } finally {
    // What lived in an instance that was lost is gone with it.
    if (instance.isLive(generation)) reader.free();
  }
}

/** A reader of the core; with `programs`, of one list for each program. */
export function createReader(
  glue: Binding,
  { column, headerRow }: { column?: ColumnSelector | undefined; headerRow?: number | undefined },
  programs?: { column?: ColumnSelector | undefined },
): InstanceType<Binding["CodeReader"]> {
  const byProgram = programs !== undefined;
  const options = { column, headerRow, byProgram, programColumn: programs?.column };
  return new glue.CodeReader(JSON.stringify(options), randomSeed());
}

/**
 * Reads a CSV with a column of program ids into one list for each program.
 *
 * A rejected row of a known program is in that program's list too, so that
 * `distribute` refuses it until `valid()` says that you have seen it.
 *
 * @throws As `parseCodes`.
 */
export async function parseCodesByProgram(
  input: TextInput,
  options?: ParseByProgramOptions,
): Promise<ProgramLists> {
  return withInput(input, async (begun) => {
    const read = readOptions(options ?? {}, { ...parseSchema, programColumn: column });
    const { programColumn, ...shared } = read;
    refuseMissing(begun);
    const [{ rejectedCount, rejected }, programs] = await readLists(
      begun,
      { column: programColumn },
      shared,
    );
    return { programs, rejectedCount, rejected };
  });
}

/** The list of what has no program, and those of the programs. */
function listsOf(groups: Group[]): [ListParts, Map<string, CodeList>] {
  const programs = new Map<string, CodeList>();
  let all: ListParts | undefined;
  for (const { ids, lists } of groups) {
    let at = 0;
    for (const { program, size, ...parts } of lists) {
      const end = at + size * ID_LENGTH;
      // A list of its own: what is left of a group would be kept for each.
      const own = lists.length === 1 ? ids : ids.slice(at, end);
      at = end;
      if (program === null) all = { ...parts, ids: own };
      else programs.set(program, toCodeList({ ...parts, ids: own }));
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core gives it always.
  return [all as ListParts, programs];
}

export function progressOf(
  reader: { count(of: number): number },
  listener: ParseOptions["onProgress"],
): (position: Position) => void {
  if (listener === undefined) return () => {};
  return (position) => {
    const counts = [COUNT_VALID, COUNT_DUPLICATES, COUNT_REJECTED, COUNT_PROGRAMS].map((of) =>
      reader.count(of),
    );
    const [codes = 0, duplicates = 0, rejected = 0, programs = 0] = counts;
    const rows = codes + duplicates + rejected;
    notify(listener, { ...position, rows, codes, duplicates, rejected, programs });
  };
}

export function refuseMissing(input: unknown): void {
  if (input !== undefined && input !== null) return;
  throw refusal("empty_codes", "There is no list of codes", EMPTY_CODES_HINT);
}
