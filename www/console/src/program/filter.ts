/** Filters a program's codes. */
import type { Recipient } from "../server/guests.js";
import type { CodeFilter, CodePage } from "../server/types.js";
import { STATES } from "../words.js";

/** The worker accepts at most this many additional codes. */
const MAX_RECIPIENTS = 1_000;
const AT_ONCE = 10_000;

/** The filters with at least one code, each with its count. */
export function filtersOf({ counts }: CodePage): [filter: CodeFilter, count: number][] {
  const filters: CodeFilter[] = ["all", "not-yet", ...STATES, "canceled"];
  return filters
    .map((filter): [CodeFilter, number] => [filter, counts[filter]])
    .filter(([filter, count]) => count > 0 || filter === "all" || filter === "not-yet");
}

export const FILTER_NAMES: Partial<Record<CodeFilter, string>> = {
  all: "All",
  "not-yet": "Not yet distributed",
  canceled: "Cancelled",
};

export interface OfRecipients {
  codes: string[];
  /** There are more, which are not among them. */
  isCut: boolean;
}

export const OF_NOBODY: OfRecipients = { codes: [], isCut: false };

/** The codes of those whose name, e-mail or telephone number has this text. The page gets its turns. */
export async function codesOfRecipients(
  recipients: ReadonlyMap<string, Recipient>,
  text: string,
  signal: AbortSignal,
): Promise<OfRecipients> {
  const codes: string[] = [];
  const wanted = text.toLowerCase();
  let looked = 0;
  for (const [code, recipient] of recipients) {
    if (isOf(recipient, wanted)) {
      if (codes.length === MAX_RECIPIENTS) return { codes, isCut: true };
      codes.push(code);
    }
    looked += 1;
    if (looked % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
  return { codes, isCut: false };
}

function isOf({ name, email, phone }: Recipient, text: string): boolean {
  const digits = text.replaceAll(/[\s()./-]/g, "");
  return (
    [name, email].some((one) => one?.toLowerCase().includes(text)) ||
    (/^\+?\d{3,}$/.test(digits) && (phone?.replaceAll(/[\s()./-]/g, "").includes(digits) ?? false))
  );
}
