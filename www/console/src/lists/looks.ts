/** What a cell, or a column of them, seems to contain. */
import { isEmail, isPhone } from "uber-vouchers/worker-client";

export type Look = "codes" | "emails" | "phones" | "texts";

const CODE = /^[{"'\s]*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[}"'\s]*$/i;
/** What riders type, with a digit: otherwise it may be any word. */
const CODE_TEXT = /^(?=.*\d)[\da-z]{4,16}$/i;
/** `Ada Okafor <ada@example.com>` */
const IN_BRACKETS = /<\s*([^\s<>@]+@[^\s<>@]+)\s*>\s*[,;]?$/;
/** What a spreadsheet makes of a long number. */
const SHORTENED = /^[\d.,]+e\+?\d+$/i;

export const isAddress = (cell: string): boolean =>
  isEmail(cell.trim()) || IN_BRACKETS.test(cell.trim());

export const isNumber = (cell: string): boolean => isPhone(cell) || isShortened(cell);

export const isShortened = (cell: string): boolean =>
  /[.,+]/.test(cell) && SHORTENED.test(cell.trim());

/** The best first: some texts of codes are numbers. */
const LOOKS: readonly (readonly [Look, (cell: string) => boolean])[] = [
  ["codes", (cell) => CODE.test(cell)],
  ["emails", isAddress],
  ["phones", isNumber],
  ["texts", (cell) => CODE_TEXT.test(cell)],
];

/** What most cells of a column look like. The first one may be its name, and some may be empty. */
export function lookOf(cells: readonly string[]): Look | null {
  const filled = cells.filter((cell) => cell.trim() !== "");
  const found = LOOKS.find(([, looks]) => {
    const count = filled.filter(looks).length;
    return count > 0 && count * 2 >= filled.length - 1;
  });
  return found?.[0] ?? null;
}

/** Whether recipients are read from such a column. */
export const isOfPeople = (look: Look | null): boolean => look !== null && look !== "codes";
