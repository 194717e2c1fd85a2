/** Reads codes from any input: `parseCodes` and `parseCodesByProgram`. */
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
import { toVoucherError, clientError } from "../errors.js";
import type { Group } from "../generated/lists.js";
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
 * Where codes are read from.
 *
 * A string, bytes, a file or a stream is text: one code per line, or a CSV. Any other
 * iterable is a list with one code per entry: a string, or an entry of `listCodes` (for
 * strings from a stream, see `TextInput`). A `CodeList` is used as it is.
 */
export type CodesInput = TextInput | Iterable<string | Pick<VoucherCode, "codeId">> | CodeList;

/** The progress of a read. */
export interface ParseProgress {
  /** Bytes read so far. */
  bytes: number;
  /** The total number of bytes, if the input states its size. */
  totalBytes?: number;
  /** Rows or entries read so far. */
  rows: number;
  /** Distinct valid codes so far. */
  codes: number;
  /** Valid codes dropped so far, because they occurred earlier. */
  duplicates: number;
  /** Entries rejected so far. */
  rejected: number;
  /** Programs found so far, by `parseCodesByProgram`; otherwise 0. */
  programs: number;
}

/**
 * The column to read: its name, its number from 1, or, if several columns have the
 * name, the name with the number of the one to use, from 1.
 *
 * Names are compared without case, white space, `_` and `-`. Several columns with the
 * same name are refused, unless one matches exactly.
 */
export type ColumnSelector = string | number | { name: string; occurrence: number };

/** The options of `parseCodes`. */
export interface ParseOptions {
  /**
   * The column of the codes. Default: the only column, otherwise the first of
   * `code_id`, `code_uuid`, `uuid`, `code` that exists. If it is a number, the first
   * row is read as a row of codes if it has a code there.
   */
  column?: ColumnSelector;
  /**
   * The line of the header, from 1; lines above it are not read. Default: the first
   * line that isn't blank, or none in a list with one column.
   */
  headerRow?: number;
  /**
   * The expected total number of bytes, for a stream that does not state it: memory is reserved
   * at once, and `onProgress` reports it. The actual number may differ. A `File`, a `Blob`, a
   * stream of a file and a Node.js request state their size.
   */
  size?: number;
  /** Called after each chunk. */
  onProgress?: (progress: ParseProgress) => void;
  /** Aborts the read. */
  signal?: CallSignal;
}

/** The options of `parseCodesByProgram`. */
export interface ParseByProgramOptions extends ParseOptions {
  /**
   * The column of the program ids. Default: the first of `voucher_program_id`,
   * `program_id`, `program` that exists.
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
 * Reads codes from text (one code per line, or a CSV) or from a list.
 *
 * A code is a UUID in the 8-4-4-4-12 form, in upper or lower case. Anything else is
 * rejected with its line and a reason, and reading continues; `distribute` refuses a
 * list that has rejected entries until `valid()` confirms that you have seen them.
 *
 * @throws {ValidationError} `empty_codes` for `undefined` and `null`, `invalid_codes`
 *   for anything that is neither text nor a list.
 * @throws {ConnectionError} `aborted` by the signal; `connection_failed` if the input
 *   itself fails, with what it threw as `cause`.
 */
export async function parseCodes(input: CodesInput, options?: ParseOptions): Promise<CodeList> {
  return withInput(input, async (begun) => {
    const read = readOptions(options ?? {}, parseSchema);
    if (isCodeList(begun)) return begun;
    return toCodeList(await parse(begun, read));
  });
}

/** Whether it is a list that was parsed before, by this or another copy of the package. */
const isCodeList = (input: unknown): input is CodeList => listIds(input) !== undefined;

/** Reads codes of an open input for a call of the client. */
export async function parse(input: unknown, options: ParseOptions): Promise<ListParts> {
  refuseMissing(input);
  const [all] = await readLists(input, undefined, options);
  return { ...all, isDistinct: true };
}

/** Reads into one list, or with `programs` into one list for each program. */
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
        // A trap concerns the instance, anything else the input.
        throw cause instanceof WebAssembly.RuntimeError ? cause : toVoucherError(cause, notRead);
      }
      return listsOf(reader.finish());
    });
  } finally {
    // After a trap there is nothing to free.
    if (instance.isLive(generation)) reader.free();
  }
}

/** A reader of the core; with `programs`, it makes one list for each program. */
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
 * A rejected row of a known program is in that program's list too, so that `distribute`
 * refuses the list until `valid()` confirms that you have seen it.
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

/** The list of rows without a program, and the lists of the programs. */
export function listsOf(groups: Group[]): [ListParts, Map<string, CodeList>] {
  const programs = new Map<string, CodeList>();
  let all: ListParts | undefined;
  for (const { ids, lists } of groups) {
    let at = 0;
    for (const { program, size, ...parts } of lists) {
      const end = at + size * ID_LENGTH;
      // A copy for each list: otherwise the bytes of all programs would stay in memory with each.
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
  throw clientError("empty_codes", "The list of codes is missing", EMPTY_CODES_HINT);
}
