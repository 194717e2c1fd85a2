/** The programs, and one of them. */
import { shortId } from "../format.js";
import { canonicalId } from "../router.js";
import { getJson } from "./request.js";
import { useResource } from "./resource.js";
import type { CodeSummary, Program } from "./types.js";

const PATH = "/api/programs";
const EVERY_MS = 10_000;

export const apiOf = (programId: string): string => `${PATH}/${encodeURIComponent(programId)}`;

/** Each page is a call of Uber's, so that many of them are read less often. */
let pages = 1;

export const usePrograms = () =>
  useResource<{ programs: Program[] }>(PATH, { everyMs: EVERY_MS * pages, read: readAll });

/** All programs, a page after another. */
async function readAll(): Promise<{ programs: Program[] }> {
  // One that is created meanwhile moves the others to where they are read again.
  const found = new Map<string, Program>();
  let count = 0;
  for (let next: number | null = 0; next !== null; count += 1) {
    const page: ProgramPage = await getJson(next === 0 ? PATH : `${PATH}?offset=${next}`);
    for (const program of page.programs) found.set(program.id, program);
    ({ next } = page);
  }
  pages = count;
  return { programs: [...found.values()] };
}

interface ProgramPage {
  programs: Program[];
  /** Where the next page begins. */
  next: number | null;
}

/** How many codes it has, and what is known of them. */
export const useCodeSummary = (programId: string) =>
  useResource<CodeSummary>(`${apiOf(programId)}/codes?summary=true`, { isCostly: true });

export const nameOf = (program: Pick<Program, "name"> | null, programId: string): string =>
  program?.name ?? `Program ${shortId(programId)}`;

export interface KnownProgram {
  program: Program | null;
  name: string;
  /** The programs are being read for the first time. */
  isLoading: boolean;
  /** The programs have been read, and it is not among them. */
  isMissing: boolean;
}

export function useProgram(programId: string): KnownProgram {
  const { value, problem } = usePrograms();
  const id = canonicalId(programId);
  const program = value?.programs.find((known) => canonicalId(known.id) === id) ?? null;
  return {
    program,
    name: nameOf(program, programId),
    isLoading: value === null && problem === null,
    isMissing: value !== null && program === null,
  };
}

/** The name of any program. */
export function useNames(): (programId: string) => string {
  const { value } = usePrograms();
  const names = new Map(value?.programs.map((program) => [canonicalId(program.id), program]));
  return (programId) => nameOf(names.get(canonicalId(programId)) ?? null, programId);
}
