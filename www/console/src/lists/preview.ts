/** The first rows of a file, cell by cell, in which the admin chooses the columns. */
import { type Look, lookOf } from "./looks.js";

export type { Look } from "./looks.js";

const LONGEST = 1 << 16;
const FIRST_ROWS = 6;
const MAX_COLUMNS = 40;
const DELIMITERS = [",", ";", "\t", "|"];
/** Rows by which a column is judged: its first cells may be empty. */
const JUDGED_ROWS = 100;

export interface Preview {
  rows: readonly (readonly string[])[];
  columns: number;
  /** What each column seems to contain. */
  looks: readonly (Look | null)[];
}

export async function previewOf(input: Blob): Promise<Preview> {
  const text = decode(new Uint8Array(await input.slice(0, LONGEST).arrayBuffer()));
  const said = /^"?sep=(.)"?\r?\n/i.exec(text);
  const body = said ? text.slice(said[0].length) : text;
  const judged = cellsOf(body, said?.[1] ?? delimiterOf(body));
  const rows = judged.slice(0, FIRST_ROWS);
  const columns = Math.min(MAX_COLUMNS, Math.max(0, ...rows.map((row) => row.length)));
  const looks = Array.from({ length: columns }, (_, column) =>
    lookOf(judged.map((row) => row[column] ?? "")),
  );
  return { rows, columns, looks };
}

/** Decodes the encodings that the package reads, without the byte order mark. */
export function decode(bytes: Uint8Array): string {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  const encoding = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[mark] ?? "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function delimiterOf(text: string): string {
  const line = text.split(/[\r\n]+/).find((one) => one.trim() !== "") ?? "";
  const bare = line.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length - 1);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** The rows that are not blank. The last one may be truncated if the file is longer. */
function cellsOf(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.some((one) => one.trim() !== "")) rows.push(row.map((one) => one.trim()));
    row = [];
    cell = "";
  };
  for (let at = 0; at < text.length && rows.length < JUDGED_ROWS; at += 1) {
    const character = text[at] ?? "";
    if (character === '"') {
      if (isQuoted && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = !isQuoted;
    } else if (!isQuoted && character === delimiter) {
      row.push(cell);
      cell = "";
    } else if (!isQuoted && (character === "\n" || character === "\r")) endRow();
    else cell += character;
  }
  if (rows.length < JUDGED_ROWS) endRow();
  return rows;
}
