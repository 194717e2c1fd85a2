/** The kinds of rejected rows, in an admin's words. */
import type { RejectedEntry } from "uber-vouchers";
import { number } from "../format.js";
import { isAddress, isNumber } from "./looks.js";

export type Kind =
  | "email"
  | "telephone"
  | "code-text"
  | "form"
  | "nil"
  | "empty"
  | "shape"
  | "program"
  | "encoding"
  | "other";

interface Words {
  /** After a number: singular and plural. */
  one: string;
  many: string;
  /** Replaces messages that are written for programmers. */
  sentence?: string;
}

export const KINDS: Record<Kind, Words> = {
  email: {
    one: "looks like an e-mail address",
    many: "look like e-mail addresses",
    sentence: "This is an e-mail address, not a code.",
  },
  telephone: {
    one: "looks like a telephone number",
    many: "look like telephone numbers",
    sentence: "This is a telephone number, not a code.",
  },
  "code-text": {
    one: "looks like a code_text",
    many: "look like code_text",
    sentence: "This looks like a code_text, which riders type, and not like a code’s id.",
  },
  form: { one: "is truncated or misspelt", many: "are truncated or misspelt" },
  nil: { one: "is only zeros", many: "are only zeros" },
  empty: { one: "lacks its code", many: "lack their code" },
  shape: { one: "has malformed cells", many: "have malformed cells" },
  program: { one: "names no program", many: "name no program" },
  encoding: { one: "can’t be read as text", many: "can’t be read as text" },
  other: { one: "is not a code", many: "are not codes" },
};

/** `null`: the value decides. A new reason compiles only with a line here. */
const BY_REASON: Record<RejectedEntry["reason"], Kind | null> = {
  not_a_uuid: null,
  not_a_string: null,
  unsupported_format: null,
  nil_uuid: "nil",
  missing_column: "empty",
  ambiguous_column: "shape",
  malformed_csv: "shape",
  not_utf8: "encoding",
  invalid_program_id: "program",
};

/** What riders type, and not a column's name. Quotes around it don't count. */
const CODE_TEXT = /^(?!(?:uuid|code|codeid|codeuuid)$)[\da-z]{4,16}$/i;
const QUOTES = /^=?["'`´«»‘-‟‹›\s]+|["'`´«»‘-‟‹›\s]+$/g;

export function kindOf({ reason, value }: RejectedEntry): Kind {
  const known = BY_REASON[reason];
  if (known) return known;
  if (value.trim() === "") return "empty";
  if (isAddress(value)) return "email";
  if (CODE_TEXT.test(value.replaceAll(QUOTES, ""))) return "code-text";
  if (isNumber(value)) return "telephone";
  const digits = value.replaceAll(/[^0-9a-f]/gi, "").length;
  return digits >= 16 && /^[\da-z{}\s-]+$/i.test(value) ? "form" : "other";
}

/** Why a row is rejected, without words for programmers. */
export function whyRejected(entry: RejectedEntry): string {
  const { sentence } = KINDS[kindOf(entry)];
  return sentence ?? entry.message;
}

export type KindCounts = readonly (readonly [kind: Kind, count: number])[];

/** The most frequent first. */
export function countKinds(entries: readonly RejectedEntry[]): KindCounts {
  const counts = new Map<Kind, number>();
  for (const entry of entries) {
    const kind = kindOf(entry);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** `120 look like code_text`. */
export const inKind = (kind: Kind, count: number): string =>
  `${number(count)} ${count === 1 ? KINDS[kind].one : KINDS[kind].many}`;
