/** Which of a program's codes are shown. */
import type { Guest } from "uber-vouchers";

import type { ProgramCode } from "../server/types.js";
import { STATES, type State } from "../words.js";

export type Filter = "all" | "not-yet" | "canceled" | State;

/** No job here has sent it. */
export const isNotYet = ({ state, canceledAt }: ProgramCode): boolean =>
  canceledAt === null && (state === null || state === "rejected");

function passes(code: ProgramCode, filter: Filter): boolean {
  if (filter === "all") return true;
  if (filter === "not-yet") return isNotYet(code);
  if (filter === "canceled") return code.canceledAt !== null;
  return code.state === filter;
}

/** One field for all: how the id begins, the code_text, or what is known of the recipient. */
export function filtered(
  codes: readonly ProgramCode[],
  filter: Filter,
  wanted: string,
  recipients: ReadonlyMap<string, Guest> | null,
): readonly ProgramCode[] {
  const text = wanted.trim().toLowerCase();
  if (filter === "all" && text === "") return codes;
  return codes.filter(
    (code) =>
      passes(code, filter) &&
      (text === "" ||
        code.code.startsWith(text) ||
        code.codeText?.toLowerCase().includes(text) ||
        isOf(recipients?.get(code.code), text)),
  );
}

function isOf(recipient: Guest | undefined, text: string): boolean {
  if (recipient === undefined) return false;
  const { name, email, phone } = recipient;
  const digits = text.replaceAll(/[\s()./-]/g, "");
  return (
    [name, email].some((one) => one?.toLowerCase().includes(text)) ||
    (/^\+?\d{3,}$/.test(digits) && (phone?.replaceAll(/[\s()./-]/g, "").includes(digits) ?? false))
  );
}

/** The filters that find something, each with how much. */
export function filtersOf(codes: readonly ProgramCode[]): [filter: Filter, count: number][] {
  const filters: Filter[] = ["all", "not-yet", ...STATES, "canceled"];
  const counts = new Map<Filter, number>(filters.map((filter) => [filter, 0]));
  const add = (filter: Filter) => counts.set(filter, (counts.get(filter) ?? 0) + 1);
  for (const code of codes) {
    add("all");
    if (isNotYet(code)) add("not-yet");
    if (code.state !== null) add(code.state);
    if (code.canceledAt !== null) add("canceled");
  }
  return filters
    .map((filter): [Filter, number] => [filter, counts.get(filter) ?? 0])
    .filter(([filter, count]) => count > 0 || filter === "all" || filter === "not-yet");
}

export const FILTER_NAMES: Partial<Record<Filter, string>> = {
  all: "All",
  "not-yet": "Not yet distributed",
  canceled: "Cancelled",
};
