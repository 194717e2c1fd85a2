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
  /** The program that it was to be sent of. */
  of: string;
  /** Another program that has it, where one is known. */
  owner: string | null;
}

/** The worker gives the first 1,000: all of them follow from the program's own codes. */
async function foreignOf({ list, programs }: Draft, programId: string): Promise<Set<string>> {
  const { codes } = await getJson<{ codes: ProgramCode[] }>(`${apiOf(programId)}/codes`);
  const known = new Set(codes.map(({ code }) => code));
  const found = new Set<string>();
  for (const code of list ?? programs?.get(programId) ?? []) if (!known.has(code)) found.add(code);
  return found;
}

/** `programId` is that of all lines, where the file names none. */
export async function allForeign(
  draft: Draft,
  programId: string,
  { foreign, firstForeign }: Listed,
): Promise<ForeignLine[]> {
  const owners = new Map(firstForeign.map(({ of, code, program }) => [`${of} ${code}`, program]));
  const wanted = new Map<string, ReadonlySet<string>>();
  for (const of of draft.programs?.keys() ?? [programId]) {
    const first = firstForeign.filter((one) => one.of === of).map(({ code }) => code);
    const isWhole = foreign === firstForeign.length;
    const found = isWhole ? new Set(first) : await foreignOf(draft, of);
    if (found.size > 0) wanted.set(of, found);
  }
  const found = await withLines(draft, wanted);
  return found.map((one) => ({ ...one, owner: owners.get(`${one.of} ${one.code}`) ?? null }));
}

const CODE = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** In the order of the file. Where it names the programs, a code stands on a line with its own. */
async function withLines(
  { file, programs }: Draft,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Omit<ForeignLine, "owner">[]> {
  const left = new Map([...wanted].map(([of, codes]) => [of, new Set(codes)]));
  const found: Omit<ForeignLine, "owner">[] = [];
  const text = decode(new Uint8Array(await file.input.arrayBuffer()));
  let line = 0;
  for (const row of text.toLowerCase().split(/\r\n|\n|\r/)) {
    line += 1;
    for (const [code] of row.matchAll(CODE)) {
      for (const [of, codes] of left) {
        const isNamed = programs === null || row.includes(of.toLowerCase());
        if (isNamed && codes.delete(code)) found.push({ line, code, of });
      }
    }
  }
  const rest = [...left].flatMap(([of, codes]) =>
    [...codes].map((code) => ({ line: null, code, of })),
  );
  return [...found, ...rest];
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
