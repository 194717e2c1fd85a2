/** CSV that is safe to open in a spreadsheet. */
import { csvCell } from "uber-vouchers/worker-client";

export function toCsv(header: string[], rows: (string | number)[][]): Blob {
  const lines = [header, ...rows].map((row) => row.map(csvCell).join(","));
  // With the byte order mark by which Excel recognizes UTF-8.
  return new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
