/** The first rows of a file, cell by cell: to be looked at, so that somebody says which column is which. */

const LONGEST = 1 << 16;
const FIRST_ROWS = 6;
const MOST_COLUMNS = 40;
const DELIMITERS = [",", ";", "\t", "|"];
const CODE = /^[{"'\s]*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[}"'\s]*$/i;

export interface Preview {
  rows: readonly (readonly string[])[];
  columns: number;
  /** The column, from 0, whose cells are codes; `null` if none or several are. */
  likely: number | null;
}

export async function previewOf(input: Blob): Promise<Preview> {
  const text = decode(new Uint8Array(await input.slice(0, LONGEST).arrayBuffer()));
  const said = /^"?sep=(.)"?\r?\n/i.exec(text);
  const body = said ? text.slice(said[0].length) : text;
  const rows = cellsOf(body, said?.[1] ?? delimiterOf(body)).slice(0, FIRST_ROWS);
  const columns = Math.min(MOST_COLUMNS, Math.max(0, ...rows.map((row) => row.length)));
  const withCodes = Array.from({ length: columns }, (_, column) => column).filter((column) =>
    rows.some((row) => CODE.test(row[column] ?? "")),
  );
  return { rows, columns, likely: withCodes.length === 1 ? (withCodes[0] ?? null) : null };
}

/** In the encodings that the package reads. Takes off the byte order mark. */
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

/** Rows that are not blank. The last one may be cut off, where the file goes on. */
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
  for (let at = 0; at < text.length && rows.length < FIRST_ROWS; at += 1) {
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
  if (rows.length < FIRST_ROWS) endRow();
  return rows;
}
