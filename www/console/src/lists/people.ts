/**
 * Lists of people: e-mail addresses, telephone numbers or texts of codes, matched to a program's
 * codes.
 */
import {
  type CodeList,
  type RecipientGuest,
  type RecipientMatches,
  type RecipientRow,
  matchRecipients,
  type ParseProgress,
} from "uber-vouchers";

import { readGuests } from "../server/guests.js";
import { apiOf } from "../server/programs.js";
import { getJson } from "../server/request.js";
import type { ProgramCode } from "../server/types.js";
import type { ColumnNumbers } from "./column-numbers.js";
import { kindOf } from "./kinds.js";
import { isAddress, isNumber } from "./looks.js";

/** The rows of people without a code, by reason. */
export type People = Pick<RecipientMatches, "unmatched" | "ambiguous" | "withoutCode" | "counts">;
export type { RecipientRow } from "uber-vouchers";

const LONGEST_HEAD = 1 << 16;
const TOLD_EVERY = 1_000;
const OF_PEOPLE = new Set(["email", "telephone", "code-text"]);

/** Whether the invalid rows are people: most of them, so that a stray address is a rejected row. */
export function holdsPeople({ size, rejected }: CodeList): boolean {
  const kinds = rejected.map(kindOf).filter((kind) => kind !== "empty");
  const people = kinds.filter((kind) => OF_PEOPLE.has(kind)).length;
  return size === 0 && people > 0 && people * 2 >= kinds.length - 1;
}

/** Whether texts of codes are among the ids of codes. */
export const holdsTexts = ({ size, rejected }: CodeList): boolean =>
  size > 0 && rejected.some((entry) => kindOf(entry) === "code-text");

/** Whether a column has a name under which recipients are found. */
export async function namesPeople(input: Blob): Promise<boolean> {
  const { unmatched } = await matchRecipients(input.slice(0, LONGEST_HEAD), []);
  return unmatched.length > 0 && !unmatched.some(({ reason }) => FAULTS.has(reason));
}

const FAULTS = new Set<string>([
  "missing_column",
  "ambiguous_column",
  "malformed_csv",
  "unsupported_format",
]);

export interface Matched {
  list: CodeList;
  people: People;
  header: string | null;
}

/** What is read of the program before the list. */
export interface Preparation {
  what: "codes" | "guests";
  /** How many of them so far. */
  read: number;
}

export interface MatchOptions {
  signal: AbortSignal;
  onProgress: (progress: ParseProgress) => void;
  onPrepare: (preparation: Preparation) => void;
}

export async function matchPeople(
  input: Blob,
  programId: string,
  numbers: ColumnNumbers | null,
  options: MatchOptions,
): Promise<Matched> {
  const columns = columnsOf(numbers);
  const guests = candidates(programId, await needsGuests(input, columns), options);
  return match(input, guests, columns, options);
}

/**
 * Translates the texts of codes that are among ids of codes, which stand for themselves. Personal
 * data is not read.
 */
export const translateTexts = (
  input: Blob,
  programId: string,
  column: number | string | undefined,
  options: MatchOptions,
): Promise<Matched> =>
  match(
    input,
    candidates(programId, false, options),
    column === undefined ? {} : { column },
    options,
  );

interface Columns {
  column?: number | string;
  phoneColumn?: number;
}

const columnsOf = (numbers: ColumnNumbers | null): Columns =>
  numbers === null
    ? {}
    : {
        column: numbers.column,
        ...(numbers.phoneColumn !== undefined && { phoneColumn: numbers.phoneColumn }),
      };

async function match(
  input: Blob,
  guests: AsyncIterable<RecipientGuest>,
  columns: Columns,
  { signal, onProgress }: MatchOptions,
): Promise<Matched> {
  const { codes, header, ...people } = await matchRecipients(input, guests, {
    ...columns,
    signal,
    onProgress,
  });
  return { list: codes, people, header };
}

/** Texts of codes are translated without reading personal data. */
async function needsGuests(input: Blob, columns: Columns): Promise<boolean> {
  const { unmatched } = await matchRecipients(input.slice(0, LONGEST_HEAD), [], columns);
  return unmatched.some(({ value }) => isAddress(value) || isNumber(value));
}

/** Each code of the program by its text, and each guest. */
async function* candidates(
  programId: string,
  withGuests: boolean,
  { signal, onPrepare }: MatchOptions,
): AsyncGenerator<RecipientGuest> {
  onPrepare({ what: "codes", read: 0 });
  const { codes } = await getJson<{ codes: ProgramCode[] }>(`${apiOf(programId)}/codes`, signal);
  for (const { code, codeText } of codes) {
    yield { email: null, phone: null, codeText, codeId: code };
  }
  if (!withGuests) return;
  let read = 0;
  for await (const guest of readGuests(programId, signal)) {
    if (read % TOLD_EVERY === 0) onPrepare({ what: "guests", read });
    read += 1;
    yield guest;
  }
}

/** Why a row of people has no code, and what to do about it. */
export function whyUnmatched({ reason, message }: RecipientRow): string {
  return WHY[reason] ?? message;
}

const WHY: Partial<Record<RecipientRow["reason"], string>> = {
  no_guest: "No guest of this program has it. Add the guest at Uber, or correct the spelling.",
  no_code_text: "No code of this program has this text. Correct it, or look in the other programs.",
  no_country_code:
    "A number without + and its country code is ambiguous. If the spreadsheet has dropped the +, format its column as text.",
  shortened_number:
    "The spreadsheet has shortened this number. Format its column as text, and enter it again.",
  empty: "This row has no address or number.",
  several_guests:
    "It matches several guests, or its address and its number are of different ones. Choose the right code by its id.",
  no_code: "The guest has no code in this program.",
};
