/** Codes out of any input: `parseCodes` and `parseCodesByProgram`. */
import { instance } from "./binding.js";
import {
  type CodeList,
  type ListParts,
  type ProgramLists,
  listIds,
  toCodeList,
} from "./code-list.js";
import {
  type Position,
  type TextInput,
  isEntries,
  isText,
  notRead,
  readEntries,
  readText,
} from "./codes-input.js";
import { type Issue, type VoucherError, ours, refusal } from "./errors.js";
import { notify } from "./listeners.js";
import { checks, readOptions } from "./options.js";
import type { CallSignal } from "./types.js";

/**
 * Where codes come from.
 *
 * A string, bytes, a file or a stream is text: a code a line, or a CSV. Any
 * other iterable is a list with one code an entry. A `CodeList` is taken as it
 * is.
 */
export type CodesInput = TextInput | Iterable<string> | CodeList;

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
}

/** What `parseCodes` takes. */
export interface ParseOptions {
  /**
   * The name of the column that holds the codes. Default: the only column,
   * else the first of `code_id`, `code_uuid`, `uuid`, `code` that exists.
   */
  column?: string;
  /** Called after each piece that was read. */
  onProgress?: (progress: ParseProgress) => void;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `parseCodesByProgram` takes. */
export interface ParseByProgramOptions extends ParseOptions {
  /**
   * The name of the column that holds the program ids. Default: the first of
   * `voucher_program_id`, `program_id`, `program` that exists.
   */
  programColumn?: string;
}

const parseChecks = { column: checks.text, onProgress: checks.method, signal: checks.signal };

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
  const read = readOptions(options ?? {}, parseChecks);
  if (listIds(input) !== undefined) return input as CodeList;
  return toCodeList(await parse(input, read as ParseOptions));
}

/** Reads codes for a call of the client. */
export async function parse(
  input: unknown,
  { column, onProgress, signal }: ParseOptions,
): Promise<ListParts> {
  refuseMissing(input);
  const [[, all]] = await readLists(input, undefined, { column, onProgress, signal });
  return { ...all, isDistinct: true };
}

type Lists = [[null, ListParts], ...[string, ListParts][]];

/** Reads into one list, or with `programs` into one for each program. */
async function readLists(
  input: unknown,
  programs: { column?: string | undefined } | undefined,
  { column, onProgress, signal }: { [K in keyof ParseOptions]: ParseOptions[K] | undefined },
): Promise<Lists> {
  const glue = await instance.load();
  const { generation } = instance;
  const reader = instance.callSync(
    () => new glue.CodeReader(column, programs !== undefined, programs?.column),
  );
  const tell = progressOf(reader, onProgress);
  try {
    return await instance.call("no", async () => {
      try {
        if (isText(input)) await readText(input, reader, signal, tell);
        else if (isEntries(input) && !programs) await readEntries(input, reader, signal, tell);
        else throw notCodes(input);
      } catch (cause) {
        // A trap tells of the instance, anything else of the input.
        throw cause instanceof WebAssembly.RuntimeError ? cause : ours(cause, notRead);
      }
      return reader.finish() as Lists;
    });
  } finally {
    // What lived in an instance that was lost is gone with it.
    if (instance.isLive(generation)) reader.free();
  }
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
  const read = readOptions(options ?? {}, { ...parseChecks, programColumn: checks.text });
  const { column, programColumn, onProgress, signal } = read as ParseByProgramOptions;
  refuseMissing(input);
  const programs = { column: programColumn };
  const [[, all], ...lists] = await readLists(input, programs, { column, onProgress, signal });
  return {
    programs: new Map(lists.map(([program, parts]) => [program, toCodeList(parts)])),
    rejectedCount: all.rejectedCount,
    rejected: all.rejected,
  };
}

function progressOf(
  reader: { count(of: number): number },
  listener: ParseOptions["onProgress"],
): (position: Position) => void {
  if (listener === undefined) return () => {};
  return (position) => {
    const [codes = 0, duplicates = 0, rejected = 0] = [0, 1, 2].map((of) => reader.count(of));
    const rows = codes + duplicates + rejected;
    notify(listener, { ...position, rows, codes, duplicates, rejected });
  };
}

function refuseMissing(input: unknown): void {
  if (input !== undefined && input !== null) return;
  const hint = "Pass at least one code. To reach every code of the program, call distributeAll.";
  throw refusal("empty_codes", "There is no list of codes", hint);
}

function notCodes(input: unknown): VoucherError {
  const value = typeof input;
  const message = "It is neither text nor a list of codes.";
  const hint = "Pass a string, bytes, a file, a stream, or an iterable of strings.";
  const issues: Issue[] = [{ index: 0, value, reason: "not_a_string", message }];
  return refusal("invalid_codes", `Codes can't be read from this: ${value}`, hint, { issues });
}
