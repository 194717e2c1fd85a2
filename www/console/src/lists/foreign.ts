/** The codes of a list that are not in its program, each with its line in the file. */
import { apiOf } from "../server/programs.js";
import { getJson } from "../server/request.js";
import type { ProgramCode } from "../server/types.js";
import type { Listed } from "./check.js";
import type { Draft } from "./draft.js";
import { decode } from "./preview.js";

export interface ForeignLine {
  /** Where it stands first; `null` if the file has it in another spelling. */
  line: number | null;
  code: string;
}

/** The worker gives the first 1,000: all of them follow from the program's own codes. */
async function foreignOf({ list, programs }: Draft, programId: string): Promise<Set<string>> {
  const { codes } = await getJson<{ codes: ProgramCode[] }>(`${apiOf(programId)}/codes`);
  const known = new Set(codes.map(({ code }) => code));
  const found = new Set<string>();
  for (const code of list ?? programs?.get(programId) ?? []) if (!known.has(code)) found.add(code);
  return found;
}

export async function allForeign(draft: Draft, programId: string): Promise<ForeignLine[]> {
  return withLines(draft, await foreignOf(draft, programId));
}

const CODE = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** In the order of the file. */
export async function withLines(
  { file }: Draft,
  codes: ReadonlySet<string>,
): Promise<ForeignLine[]> {
  const left = new Set(codes);
  const found: ForeignLine[] = [];
  const text = decode(new Uint8Array(await file.input.arrayBuffer()));
  let line = 0;
  for (const row of text.split(/\r\n|\n|\r/)) {
    line += 1;
    for (const [spelled] of row.matchAll(CODE)) {
      const code = spelled.toLowerCase();
      if (left.delete(code)) found.push({ line, code });
    }
    if (left.size === 0) break;
  }
  return [...found, ...[...left].map((code) => ({ line: null, code }))];
}

/** The list without them, to be read as another one. */
export async function withoutForeign(
  draft: Draft,
  { foreign, firstForeign }: Listed,
): Promise<Blob> {
  const out = new Map<string, Set<string>>();
  const owners = draft.programs
    ? [...draft.programs.keys()]
    : firstForeign.slice(0, 1).map(({ of }) => of);
  for (const of of owners) {
    const some = firstForeign.filter((one) => one.of === of).map(({ code }) => code);
    out.set(of, foreign > firstForeign.length ? await foreignOf(draft, of) : new Set(some));
  }
  const parts: string[] = [];
  const keep = (codes: Iterable<string>, of: string, before: string) => {
    for (const code of codes) if (!out.get(of)?.has(code)) parts.push(`${before}${code}\n`);
  };
  if (draft.list) keep(draft.list, owners[0] ?? "", "");
  if (draft.programs) {
    parts.push("program_id,code_id\n");
    for (const [of, list] of draft.programs) keep(list, of, `"${of.replaceAll('"', '""')}",`);
  }
  return new Blob(parts);
}
