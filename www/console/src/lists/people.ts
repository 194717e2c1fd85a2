/** Lists of people: e-mail addresses, telephone numbers or texts of codes, matched to a program's codes. */
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
import type { Places } from "./places.js";
import { isEmail, isTelephone, kindOf } from "./kinds.js";

/** The rows of people that lead to no code, by why. */
export type People = Pick<RecipientMatches, "unmatched" | "ambiguous" | "withoutCode" | "counts">;
export type { RecipientRow } from "uber-vouchers";

const LONGEST_HEAD = 1 << 16;
const OF_PEOPLE = new Set(["email", "telephone", "code-text"]);

/** Whether what is no code are people: most of it, so that a stray address is a rejected row. */
export function holdsPeople({ size, rejected }: CodeList): boolean {
  const people = rejected.filter((entry) => OF_PEOPLE.has(kindOf(entry))).length;
  return size === 0 && people > 0 && people * 2 >= rejected.length - 1;
}

/** Whether a column has a name under which people are looked for. */
export async function namesPeople(input: Blob): Promise<boolean> {
  const { unmatched } = await matchRecipients(input.slice(0, LONGEST_HEAD), []);
  return unmatched.length > 0 && !unmatched.some(({ reason }) => FAULTS.has(reason));
}

const FAULTS = new Set<string>(["missing_column", "ambiguous_column", "unsupported_format"]);

export interface Matched {
  list: CodeList;
  people: People;
}

export async function matchPeople(
  input: Blob,
  programId: string,
  places: Places | null,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: ParseProgress) => void },
): Promise<Matched> {
  const guests = candidates(programId, await needsGuests(input, places), signal);
  const column = places === null ? {} : { column: places.column };
  const { codes, ...people } = await matchRecipients(input, guests, {
    ...column,
    signal,
    onProgress,
  });
  return { list: codes, people };
}

/** Texts of codes are translated without anybody's data. */
async function needsGuests(input: Blob, places: Places | null): Promise<boolean> {
  const column = places === null ? {} : { column: places.column };
  const { unmatched } = await matchRecipients(input.slice(0, LONGEST_HEAD), [], column);
  return unmatched.some(({ value }) => isEmail(value) || isTelephone(value));
}

/** Each code of the program by its text, and each guest. */
async function* candidates(
  programId: string,
  withGuests: boolean,
  signal: AbortSignal,
): AsyncGenerator<RecipientGuest> {
  const { codes } = await getJson<{ codes: ProgramCode[] }>(`${apiOf(programId)}/codes`, signal);
  for (const { code, codeText } of codes) {
    yield { email: null, phone: null, codeText, codeId: code };
  }
  if (withGuests) yield* readGuests(programId, signal);
}

/** Why a row of people leads to no code, and what to do about it. */
export function whyUnmatched({ reason, message }: RecipientRow): string {
  return WHY[reason] ?? message;
}

const WHY: Partial<Record<RecipientRow["reason"], string>> = {
  no_guest: "Nobody in this program has it. Add the guest at Uber, or correct the spelling.",
  no_country_code: "A number without + and its country code could be several people’s.",
  empty: "There is nothing in this row.",
  several_guests: "It leads to several guests. Choose the right code by its id.",
  no_code: "The guest has no code in this program.",
};
