/** Cells of CSV files that are safe to open in a spreadsheet. */

/** Where a formula begins, in full width too: some spreadsheets split cells even within quotes. */
const FORMULA = /(^|[;\t\r\n])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/** A cell of a CSV file. Text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = value.replace(/^\s*[\t\r]/, "'$&").replaceAll(FORMULA, "$1$2'$3");
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
