/**
 * Finds the codes of a list that are not in its program, with their lines. It runs in a web worker:
 * a file may have a million rows.
 */
import { toCsv } from "../spreadsheet.js";
import type { Asked, ForeignCodes, ForeignLine, OfProgram, Told } from "./foreign.js";
import { decode } from "./preview.js";

const FIRST = 8;
const CODE = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** The lines that were found, for the file that is saved later. */
let lines: readonly ForeignLine[] = [];

onmessage = async ({ data, ports: [port] }: MessageEvent<Asked>) => {
  try {
    port?.postMessage({ answer: await answerTo(data) } satisfies Told);
  } catch {
    port?.postMessage({ answer: null } satisfies Told);
  }
};

async function answerTo(asked: Asked): Promise<ForeignCodes | Blob> {
  switch (asked.kind) {
    case "lines":
      lines = await linesOf(asked);
      return { first: lines.slice(0, FIRST), count: lines.length };
    case "csv":
      return csvOf(asked);
    case "rest":
      return restOf(asked);
  }
}

/** Of a program with more of them than the worker has named, they follow from the program's own codes. */
async function foreignOf({ named, codes, known }: OfProgram): Promise<Set<string>> {
  if (named !== null) return new Set(named);
  const found = new Set(await codesIn(codes));
  for (const code of await codesIn(known)) found.delete(code);
  return found;
}

const codesIn = async (lines: Blob | null): Promise<string[]> =>
  ((await lines?.text()) ?? "").split("\n").filter((line) => line !== "");

/**
 * In the order of the file. If the file names the programs, each line has the code and its program.
 */
async function linesOf({
  file,
  programs,
  isNamed,
  owners,
}: Extract<Asked, { kind: "lines" }>): Promise<ForeignLine[]> {
  /** The programs for which each code is listed. */
  const left = new Map<string, string[]>();
  for (const program of programs) {
    for (const code of await foreignOf(program)) {
      const others = left.get(code);
      if (others) others.push(program.of);
      else left.set(code, [program.of]);
    }
  }
  const ownerOf = new Map(owners.map(({ of, code, program }) => [`${of} ${code}`, program]));
  const found: ForeignLine[] = [];
  const add = (line: number | null, code: string, of: string) =>
    found.push({ line, code, of, owner: ownerOf.get(`${of} ${code}`) ?? null });
  const text = decode(new Uint8Array(await file.arrayBuffer())).toLowerCase();
  let line = 0;
  for (const row of text.split(/\r\n|\n|\r/)) {
    line += 1;
    for (const [code] of row.matchAll(CODE)) {
      const listed = left.get(code);
      if (listed === undefined) continue;
      const here = isNamed ? listed.filter((of) => row.includes(of.toLowerCase())) : listed;
      for (const of of here) add(line, code, of);
      const others = listed.filter((of) => !here.includes(of));
      if (others.length === 0) left.delete(code);
      else left.set(code, others);
    }
  }
  for (const [code, listed] of left) for (const of of listed) add(null, code, of);
  return found;
}

function csvOf({ names, isNamed }: Extract<Asked, { kind: "csv" }>): Blob {
  const named = (id: string | null) => (id === null ? ["", ""] : [id, names.get(id) ?? ""]);
  const programs = isNamed ? ["program_id", "program"] : [];
  const rows = lines.map(({ line, code, of, owner }) => [
    line ?? "",
    code,
    ...(isNamed ? named(of) : []),
    ...named(owner),
  ]);
  return toCsv(["line", "code", ...programs, "in_program_id", "in_program"], rows);
}

/** The list without them, to be read as another one. */
async function restOf({ programs, isNamed }: Extract<Asked, { kind: "rest" }>): Promise<Blob> {
  const parts: string[] = isNamed ? ["program_id,code_id\n"] : [];
  for (const program of programs) {
    const before = isNamed ? `"${program.of.replaceAll('"', '""')}",` : "";
    const out = await foreignOf(program);
    for (const code of await codesIn(program.codes)) {
      if (!out.has(code)) parts.push(`${before}${code}\n`);
    }
  }
  return new Blob([parts.join("")]);
}
