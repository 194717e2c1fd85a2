/** Finds codes of a list by what an operator types: how the id begins, or a part of the code_text. */
import { ID_LENGTH } from "../../../codes/code-list.js";
import { beginningOf, begins, idsOfCodes } from "../../code-ids.js";
import { CodeIndex } from "./code-index.js";
import type { CodeQuery } from "../../types.js";
import type { Listed } from "./listing.js";

/** For each code of the list, not 0 if it is found; undefined if the query finds every code. */
export function matchesOf(
  listed: Listed,
  { find, codes }: Pick<CodeQuery, "find" | "codes">,
): Uint8Array | undefined {
  const text = find.trim().toLowerCase();
  if (text === "" && codes.length === 0) return undefined;
  const found = new Uint8Array(listed.size);
  if (text !== "") {
    findTexts(listed, text, found);
    findIds(listed.ids, text, found);
  }
  if (codes.length > 0) findCodes(listed.ids, codes, found);
  return found;
}

function findTexts({ details = [] }: Listed, text: string, found: Uint8Array): void {
  // As it is written in JSON: what has no such text at all need not be parsed.
  const written = JSON.stringify(text).slice(1, -1);
  let from = 0;
  for (const { length, details: json } of details) {
    if (json.toLowerCase().includes(written)) {
      const rows: unknown = JSON.parse(json);
      (Array.isArray(rows) ? rows : []).forEach((row: unknown, at) => {
        const codeText: unknown = Array.isArray(row) ? row[0] : undefined;
        if (typeof codeText === "string" && codeText.toLowerCase().includes(text)) {
          found[from + at] = 1;
        }
      });
    }
    from += length;
  }
}

function findIds(ids: Uint8Array, text: string, found: Uint8Array): void {
  const beginning = beginningOf(text);
  if (beginning === undefined) return;
  const { wanted, digits } = beginning;
  for (let index = 0; index < found.length; index += 1) {
    if (begins(ids, index * ID_LENGTH, wanted, digits)) found[index] = 1;
  }
}

function findCodes(ids: Uint8Array, codes: readonly string[], found: Uint8Array): void {
  let position = 0;
  for (const index of new CodeIndex(idsOfCodes(codes)).indicesOf(ids)) {
    if (index !== -1) found[position] = 1;
    position += 1;
  }
}
