/** CSV that is safe to open in a spreadsheet. */

/** A cell that begins like a formula, in the full-width form too, is text after an apostrophe. */
function cell(value: string | number): string {
  const text = String(value);
  const isFormula = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text);
  const safe = typeof value === "string" && isFormula ? `'${text}` : text;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(header: string[], rows: (string | number)[][]): Blob {
  const lines = [header, ...rows].map((row) => row.map(cell).join(","));
  // With the mark by which Excel knows UTF-8.
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
