/**
 * Every rejected row of a file. A list holds the first 1,000, so a file with more is
 * read again, in parts with at most that many rows.
 */
import { type RejectedEntry, parseCodes, parseCodesByProgram } from "uber-vouchers";

import type { Draft } from "./draft.js";
import { decode } from "./preview.js";

const MAX_ROWS = 1_000;

export async function allRejected({
  file,
  header,
  rejected,
  rejectedCount,
  programs,
}: Draft): Promise<readonly RejectedEntry[]> {
  if (rejected.length === rejectedCount) return rejected;
  const parse = programs === null ? parseCodes : parseCodesByProgram;
  const text = decode(new Uint8Array(await file.input.arrayBuffer()));
  const lines = text.split(/\r\n|\n|\r/, 2);
  // A first line that sets the delimiter belongs to the header.
  const first = lines.slice(0, /^"?sep=/i.test(lines[0] ?? "") ? 2 : 1);
  const isHeaded = file.places !== null || (await isHead(first.join("\n")));
  const head = isHeaded ? `${first.join("\n")}\n` : "";
  const found: RejectedEntry[] = [];
  for (const { part, line } of parts(text)) {
    const isFirst = line === 0;
    const list = await parse(isFirst ? part : head + part, placesOf(file.places));
    // The header that was added in front has lines of its own.
    const before = isFirst || head === "" ? line : line - first.length;
    for (const entry of list.rejected) {
      const at = entry.line + before;
      // The header is judged once.
      if (at > line && !(header !== null && at === 1)) found.push({ ...entry, line: at });
    }
  }
  return found;
}

const placesOf = (indices: Draft["file"]["places"]) => {
  if (indices === null) return {};
  const { column, programColumn } = indices;
  return { column, ...(programColumn !== undefined && { programColumn }) };
};

/** Whether the first line names columns: then it is neither a code nor rejected. */
async function isHead(line: string): Promise<boolean> {
  try {
    const { size, rejectedCount } = await parseCodes(line);
    return size === 0 && rejectedCount === 0;
  } catch {
    return true;
  }
}

/** Splits the text at line ends outside quotes; each part with the number of lines before it. */
function* parts(text: string): Generator<{ part: string; line: number }> {
  let start = 0;
  let startLine = 0;
  let line = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    const isEnd = character === "\n" || (character === "\r" && text[at + 1] !== "\n");
    if (!isEnd) continue;
    line += 1;
    if (isQuoted || line - startLine < MAX_ROWS) continue;
    yield { part: text.slice(start, at + 1), line: startLine };
    start = at + 1;
    startLine = line;
  }
  if (start < text.length) yield { part: text.slice(start), line: startLine };
}
