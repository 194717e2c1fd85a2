/** Reads a workbook: runs in a worker of the page, which is loaded when the first workbook comes. */
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

/** Row for row: an empty one stays an empty line, so that a line is a row of the sheet. */
const csvOf = (rows: readonly Cell[][]): string =>
  rows.map((row) => row.map(textOf).join(",")).join("\n");

function textOf(cell: Cell): string {
  const text = cell instanceof Date ? cell.toISOString() : String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
