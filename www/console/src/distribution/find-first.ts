/** Finds codes of a list by their recipient, their `code_text` or their id. */
import type { CodeList } from "uber-vouchers";

import { matches } from "../parts/matches.js";
import type { Recipient } from "../server/guests.js";
import { searchCodes } from "../server/program-codes.js";
import { createTurns } from "../slices.js";

/** How many are offered at a time. */
const OFFERED = 6;
/** The worker gives the rows of so many codes at a time. */
const MAX_ROWS = 1_000;
const LONGEST_FIND = 200;

export interface OfferedCode {
  code: string;
  codeText: string | null;
  /** `null`: it has none, or recipients were not read. */
  recipient: Recipient | null;
}

export interface Offer {
  codes: readonly OfferedCode[];
  /** There may be more, for which more has to be typed. */
  isCut: boolean;
}

interface Options {
  programId: string;
  list: CodeList;
  /** Codes that are known to be left out: they are offered only if exactly they are looked for. */
  leftOut: ReadonlySet<string>;
  recipients: ReadonlyMap<string, Recipient> | null;
  signal: AbortSignal;
}

/** In the order of the list; without a text, its first ones. */
export async function findInList(text: string, options: Options): Promise<Offer> {
  const { list, leftOut, recipients, signal } = options;
  const wanted = text.trim().toLowerCase();
  const ofPeople = wanted === "" ? [] : await codesOf(wanted, options);
  const isFirst = (code: string) => (code === wanted ? true : !leftOut.has(code));
  if (wanted === "") {
    const codes = await some(list, isFirst, signal);
    const texts = await textsOf(options, { find: "", codes });
    return { codes: codes.map((code) => offered(code, texts.rows, recipients)), isCut: false };
  }
  const isShort = list.size <= MAX_ROWS;
  const texts = await textsOf(
    options,
    isShort
      ? { find: "", codes: [...list] }
      : { find: wanted.slice(0, LONGEST_FIND), codes: ofPeople },
  );
  const people = new Set(ofPeople);
  const isFound = (code: string) =>
    people.has(code) ||
    code.startsWith(wanted) ||
    (isShort
      ? (texts.rows.get(code)?.toLowerCase().includes(wanted) ?? false)
      : texts.rows.has(code));
  const codes = await some(list, (code) => isFirst(code) && isFound(code), signal);
  return {
    codes: codes.map((code) => offered(code, texts.rows, recipients)),
    isCut: codes.length === OFFERED || texts.isCut,
  };
}

function offered(
  code: string,
  texts: ReadonlyMap<string, string | null>,
  recipients: Options["recipients"],
): OfferedCode {
  const recipient = recipients?.get(code) ?? null;
  return { code, codeText: texts.get(code) ?? recipient?.codeText ?? null, recipient };
}

/** The first ones that are wanted. */
async function some(
  list: CodeList,
  isWanted: (code: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  const turns = createTurns(signal);
  let count = 0;
  for (const code of list) {
    if (isWanted(code) && found.push(code) === OFFERED) break;
    count += 1;
    if (count % 64 === 0) await turns.next();
  }
  return found;
}

/** The codes of the recipients that have each word of the text. */
async function codesOf(text: string, { recipients, signal }: Options): Promise<string[]> {
  const found: string[] = [];
  const turns = createTurns(signal);
  for (const [code, { name, email, phone, codeText }] of recipients ?? []) {
    const digits = phone?.replaceAll(/\D/g, "") ?? null;
    if (matches(text, [name, email, phone, digits, codeText]) && found.push(code) === MAX_ROWS)
      break;
    const turn = turns.next();
    if (turn) await turn;
  }
  return found;
}

/** The `code_text` of the codes that a search finds; none if Uber's list can't be read. */
async function textsOf(
  { programId, signal }: Options,
  query: { find: string; codes: string[] },
): Promise<{ rows: ReadonlyMap<string, string | null>; isCut: boolean }> {
  if (query.find === "" && query.codes.length === 0) return { rows: new Map(), isCut: false };
  try {
    const search = { ...query, limit: MAX_ROWS };
    const { rows, found } = await searchCodes(programId, search, signal);
    const texts = rows.map(({ code, codeText }) => [code, codeText] as const);
    return { rows: new Map(texts), isCut: found > rows.length };
  } catch {
    signal.throwIfAborted();
    return { rows: new Map(), isCut: false };
  }
}
