/** Reads a workbook. It runs in a web worker, which is loaded for the first workbook. */
import readWorkbook from "read-excel-file/universal";

import type { Sheet } from "./workbook.js";

type Cell = string | number | boolean | Date | null;

onmessage = async ({ data }: MessageEvent<Blob>) => {
  try {
    const sheets = await readWorkbook(data);
    postMessage(
      sheets.map(({ sheet, data: rows }): Sheet => ({ name: sheet, csv: csvOf(rows as Cell[][]) })),
    );
  } catch {
    postMessage(null);
  }
};

/** Row by row: an empty row stays an empty line, so that line numbers are those of the sheet. */
const csvOf = (rows: readonly Cell[][]): string =>
  rows.map((row) => row.map(textOf).join(",")).join("\n");

function textOf(cell: Cell): string {
  const text = cell instanceof Date ? cell.toISOString() : String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
