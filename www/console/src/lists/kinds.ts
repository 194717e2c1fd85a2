/** What rejected rows are, in kinds, and in an admin's words. */
import type { RejectedEntry } from "uber-vouchers";

import { number } from "../format.js";

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
  /** Behind a number: of one, of several. */
  one: string;
  many: string;
  /** In the place of what speaks to a programmer. */
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
  "code-text": { one: "looks like a code_text", many: "look like code_text" },
  form: { one: "is cut off or misspelt", many: "are cut off or misspelt" },
  nil: { one: "is only zeros", many: "are only zeros" },
  empty: { one: "lacks its code", many: "lack their code" },
  shape: { one: "has a fault in its cells", many: "have a fault in their cells" },
  program: { one: "names no program", many: "name no program" },
  encoding: { one: "can’t be read as text", many: "can’t be read as text" },
  other: { one: "is no code", many: "are no code" },
};

const BY_REASON: Partial<Record<RejectedEntry["reason"], Kind>> = {
  nil_uuid: "nil",
  missing_column: "empty",
  ambiguous_column: "shape",
  malformed_csv: "shape",
  not_utf8: "encoding",
  invalid_program_id: "program",
};

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const TELEPHONE = /^(?=(?:\D*\d){7,15}\D*$)\+?[\d\s()./-]+$/;

export const isEmail = (value: string): boolean => EMAIL.test(value.trim());
export const isTelephone = (value: string): boolean => TELEPHONE.test(value.trim());

export function kindOf({ reason, value, message }: RejectedEntry): Kind {
  const known = BY_REASON[reason];
  if (known) return known;
  if (value.trim() === "") return "empty";
  if (isEmail(value)) return "email";
  if (message.includes("code_text")) return "code-text";
  if (isTelephone(value)) return "telephone";
  const digits = value.replaceAll(/[^0-9a-f]/gi, "").length;
  return digits >= 16 && /^[\da-z{}\s-]+$/i.test(value) ? "form" : "other";
}

/** Why a row is rejected, without the words that its reader has for programmers. */
export function whyRejected(entry: RejectedEntry): string {
  const { sentence } = KINDS[kindOf(entry)];
  return sentence ?? forAdmins(entry.message);
}

/** A sentence about options is for whoever writes a program. */
export const forAdmins = (text: string): string =>
  text
    .split(/(?<=\.)\s+/)
    .filter((sentence) => !/\boption\b|headerRow|programColumn/.test(sentence))
    .join(" ")
    .replace(/; the header seems to be in line (\d+)\.?$/, "; the header may be in line $1.");

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
