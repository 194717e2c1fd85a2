/** Reads a file's codes with the package's own reader. */
import { type CodeList, type ProgramLists, parseCodes, parseCodesByProgram } from "uber-vouchers";

import { canonicalId } from "../router.js";
import type { Draft, File } from "./draft.js";
import { countEmptyRows } from "./empty-rows.js";
import { linesByProgram, linesOf } from "./lines.js";
import { isOfPeople } from "./looks.js";
import {
  type MatchOptions,
  type Matched,
  holdsPeople,
  holdsTexts,
  matchPeople,
  namesPeople,
  translateTexts,
} from "./people.js";
import { type Preview, previewOf } from "./preview.js";
import { namesPrograms } from "./program-column.js";

export type Found = Omit<Draft, "file" | "source" | "readMs" | "isReturned">;

/** The columns that are still to be chosen. */
export interface Unsure {
  preview: Preview;
  /** Whether the file must name the program of each code. */
  isSeveral: boolean;
  /** The admin wants to choose, although the columns are known. */
  isAsked?: boolean;
}

/** The file is not a list. The message is for an admin. */
export class Unreadable extends Error {}

type Codes = Omit<Found, "rows" | "emptyRows" | "columns">;

/**
 * Without a `programId` the file has to name programs; otherwise it may, and may be a list of
 * people.
 */
export async function readFile(
  file: File,
  programId: string | null,
  options: MatchOptions,
): Promise<Found | { unsure: Unsure }> {
  const { input, places: indices } = file;
  const byProgram = programId === null || (indices === null && (await namesPrograms(input)));
  const codes = await (byProgram ? readSeveral(file, options) : readOne(file, programId, options));
  const [first] = codes.rejected;
  if (first?.reason === "unsupported_format") throw new Unreadable(first.message);
  if (isNothingRead(codes) && indices === null) {
    const preview = await previewOf(input);
    if (preview.columns > 1) return { unsure: { preview, isSeveral: byProgram } };
  }
  const emptyRows = await countEmptyRows(input, options.signal);
  return withoutHeader({
    ...codes,
    emptyRows,
    columns: codes.people === null ? 0 : (await previewOf(input)).columns,
    rows: codes.valid + codes.duplicates + codes.rejectedCount,
  });
}

/** A header without a column of codes: the package does not read such a file. */
const isNothingRead = ({ valid, duplicates, rejectedCount, rejected }: Codes): boolean =>
  valid + duplicates === 0 && isWithoutColumn({ rejectedCount, rejected });

const isWithoutColumn = ({
  rejectedCount,
  rejected,
}: Pick<CodeList, "rejectedCount" | "rejected">): boolean =>
  rejectedCount === 1 && ["missing_column", "ambiguous_column"].includes(rejected[0]?.reason ?? "");

/** Or one line of addresses, as a mail program copies them. */
const isUnread = (list: CodeList): boolean =>
  isWithoutColumn(list) || (list.size === 0 && list.rejected[0]?.reason === "malformed_csv");

async function readOne(
  { input, places: indices }: File,
  programId: string,
  options: MatchOptions,
): Promise<Codes> {
  if (indices !== null && isOfPeople(indices.look)) {
    return ofPeople(await matchPeople(input, programId, indices, options));
  }
  const { signal, onProgress } = options;
  const list = await parseCodes(input, { signal, onProgress, ...columnOf(indices) });
  const isList =
    holdsPeople(list) || (indices === null && isUnread(list) && (await namesPeople(input)));
  if (isList) return ofPeople(await matchPeople(input, programId, indices, options));
  if (holdsTexts(list)) {
    const column = indices?.column ?? (await codeColumnOf(input));
    const matched = await translateTexts(input, programId, column, options);
    // Otherwise they are nothing but rejected rows.
    if (matched.list.size > list.size) return ofPeople(matched);
  }
  const { size, duplicates, rejectedCount, rejected } = list;
  // The worker does not know the column.
  const upload = indices === null ? input : await linesOf(list);
  return {
    valid: size,
    duplicates,
    rejectedCount,
    rejected,
    people: null,
    header: null,
    list,
    programs: null,
    input: upload,
  };
}

const columnOf = (indices: File["places"]) => (indices === null ? {} : { column: indices.column });

/** The name of the column that the package reads codes from, if there are several columns. */
async function codeColumnOf(input: Blob): Promise<string | undefined> {
  const { rows, columns } = await previewOf(input);
  if (columns < 2) return undefined;
  const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]/g, "");
  const names = ["codeid", "codeuuid", "uuid", "code"].map((usual) =>
    rows[0]?.find((name) => plain(name) === usual),
  );
  return names.find((name) => name !== undefined);
}

/** The result is an ordinary list of codes, without personal data. */
async function ofPeople({ list, people, header }: Matched): Promise<Codes> {
  const { unmatched, ambiguous, withoutCode } = people.counts;
  return {
    valid: list.size,
    duplicates: list.duplicates,
    rejectedCount: unmatched + ambiguous + withoutCode,
    rejected: [],
    people,
    header,
    list,
    programs: null,
    input: await linesOf(list),
  };
}

async function readSeveral(
  { input, places: indices }: File,
  { signal, onProgress }: MatchOptions,
): Promise<Codes> {
  const lists: ProgramLists = await parseCodesByProgram(input, {
    signal,
    onProgress,
    ...columnOf(indices),
    ...(indices?.programColumn !== undefined && { programColumn: indices.programColumn }),
  });
  const all = await byCanonicalId(lists, signal);
  const rows = [...lists.programs.values()].map(({ size, duplicates }) => size + duplicates);
  const valid = sumOf([...all.values()].map(({ size }) => size));
  const programs = new Map([...all].filter(([, { size }]) => size > 0));
  const isMerged = all.size < lists.programs.size;
  return {
    valid,
    duplicates: sumOf(rows) - valid,
    rejectedCount: lists.rejectedCount,
    rejected: lists.rejected,
    people: null,
    header: null,
    list: null,
    programs,
    // The worker has not been told the column, and takes each program in one spelling.
    input: indices === null && !isMerged ? input : await linesByProgram(programs),
  };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** One list for each program, in however many spellings of its id the file names it. */
async function byCanonicalId(
  { programs }: ProgramLists,
  signal: AbortSignal,
): Promise<Map<string, CodeList>> {
  const spelled = new Map<string, CodeList[]>();
  for (const [program, list] of programs) {
    const id = canonicalId(program);
    spelled.set(id, [...(spelled.get(id) ?? []), list]);
  }
  const found = new Map<string, CodeList>();
  for (const [id, [first, ...others]] of spelled) {
    if (first)
      found.set(id, others.length === 0 ? first : await joined([first, ...others], signal));
  }
  return found;
}

/** The codes of all, each once. */
async function joined(lists: readonly CodeList[], signal: AbortSignal): Promise<CodeList> {
  const parts = await Promise.all(lists.map((list) => linesOf(list)));
  return parseCodes(new Blob(parts.flatMap((part) => [part, "\n"])), { signal });
}

/**
 * In a list with one column, a first row without any digit is the column's name, and not a
 * rejected row: a mistyped code has digits. The admin is shown what was taken for a name.
 */
function withoutHeader(found: Found): Found {
  const [first, ...rest] = found.rejected;
  const isHeader =
    first?.line === 1 && first.reason === "not_a_uuid" && /^[\p{L}\s_./#:-]+$/u.test(first.value);
  if (!isHeader || found.rows < 2) return found;
  return {
    ...found,
    header: first.value,
    rejected: rest,
    rejectedCount: found.rejectedCount - 1,
    rows: found.rows - 1,
  };
}
