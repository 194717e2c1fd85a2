/** A file's codes, by the package's own reader. */
import {
  type CodeList,
  type ParseProgress,
  type ProgramLists,
  parseCodes,
  parseCodesByProgram,
} from "uber-vouchers";

import type { Draft, File } from "./draft.js";
import { countEmptyRows } from "./empty-rows.js";
import { linesByProgram, linesOf } from "./lines.js";
import { type Matched, holdsPeople, matchPeople, namesPeople } from "./people.js";
import { type Preview, previewOf } from "./preview.js";
import { namesPrograms } from "./program-column.js";

export type Found = Omit<Draft, "file" | "source" | "readMs">;

/** Which columns hold what isn't known. */
export interface Unsure {
  preview: Preview;
  /** The file is to say for each code which program it is of. */
  isSeveral: boolean;
}

/** It is no list. The message is for an admin. */
export class Unreadable extends Error {}

interface Options {
  signal: AbortSignal;
  onProgress(progress: ParseProgress): void;
}

type Codes = Omit<Found, "rows" | "emptyRows" | "header">;

/** Without a `programId` it has to name programs; else it may, and may be of people. */
export async function readFile(
  file: File,
  programId: string | null,
  options: Options,
): Promise<Found | { unsure: Unsure }> {
  const { input, places } = file;
  const byProgram = programId === null || (places === null && (await namesPrograms(input)));
  const codes = await (byProgram ? readSeveral(file, options) : readOne(file, programId, options));
  const [first] = codes.rejected;
  if (first?.reason === "unsupported_format") throw new Unreadable(first.message);
  if (isNothingRead(codes) && places === null) {
    const preview = await previewOf(input);
    if (preview.columns > 1) return { unsure: { preview, isSeveral: byProgram } };
  }
  const emptyRows = await countEmptyRows(input, options.signal);
  return withoutHeader({
    ...codes,
    emptyRows,
    header: null,
    rows: codes.valid + codes.duplicates + codes.rejectedCount,
  });
}

/** A header that does not say where the codes are: the package reads on in no such file. */
const isNothingRead = ({ valid, duplicates, rejectedCount, rejected }: Codes): boolean =>
  valid + duplicates === 0 && isWithoutColumn({ rejectedCount, rejected });

const isWithoutColumn = ({
  rejectedCount,
  rejected,
}: Pick<CodeList, "rejectedCount" | "rejected">): boolean =>
  rejectedCount === 1 && ["missing_column", "ambiguous_column"].includes(rejected[0]?.reason ?? "");

async function readOne(
  { input, places }: File,
  programId: string,
  options: Options,
): Promise<Codes> {
  const list = await parseCodes(input, { ...options, ...places });
  const isOfPeople =
    holdsPeople(list) || (places === null && isWithoutColumn(list) && (await namesPeople(input)));
  if (isOfPeople) return ofPeople(await matchPeople(input, programId, places, options));
  const { size, duplicates, rejectedCount, rejected } = list;
  // The worker has not been told the column.
  const upload = places === null ? input : await linesOf(list);
  return {
    valid: size,
    duplicates,
    rejectedCount,
    rejected,
    people: null,
    list,
    programs: null,
    input: upload,
  };
}

/** It ends in an ordinary list of codes: nobody's data goes any further. */
async function ofPeople({ list, people }: Matched): Promise<Codes> {
  const { unmatched, ambiguous, withoutCode } = people.counts;
  return {
    valid: list.size,
    duplicates: list.duplicates,
    rejectedCount: unmatched + ambiguous + withoutCode,
    rejected: [],
    people,
    list,
    programs: null,
    input: await linesOf(list),
  };
}

async function readSeveral({ input, places }: File, options: Options): Promise<Codes> {
  const lists: ProgramLists = await parseCodesByProgram(input, { ...options, ...places });
  const all = [...lists.programs.values()];
  const sum = (of: (list: CodeList) => number) => all.reduce((total, list) => total + of(list), 0);
  const programs = new Map([...lists.programs].filter(([, { size }]) => size > 0));
  return {
    valid: sum(({ size }) => size),
    duplicates: sum(({ duplicates }) => duplicates),
    rejectedCount: lists.rejectedCount,
    rejected: lists.rejected,
    people: null,
    list: null,
    programs,
    input: places === null ? input : await linesByProgram(programs),
  };
}

/**
 * In a list of one column, a first row without any digit is the column's name, and no rejected
 * row: a mistyped code has digits. What was taken for a name is shown.
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
