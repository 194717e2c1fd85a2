/** The programs, and one of them. */
import { shortId } from "../format.js";
import { canonicalId } from "../router.js";
import { getJson } from "./request.js";
import { useResource } from "./resource.js";
import type { CodeSummary, Program, ProgramPage } from "./types.js";

const PATH = "/api/programs";
const EVERY_MS = 10_000;

/** The same in every spelling of the id, so that nothing is read and kept twice. */
export const apiOf = (programId: string): string =>
  `${PATH}/${encodeURIComponent(canonicalId(programId))}`;

/** Each page is a request to Uber, so long lists are read less often. */
let pages = 1;

export const usePrograms = () =>
  useResource<{ programs: Program[] }>(PATH, { everyMs: EVERY_MS * pages, read: readAll });

/** All programs, page by page. */
async function readAll(): Promise<{ programs: Program[] }> {
  // A program that is created meanwhile shifts the others, so pages overlap.
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

/** The number of its codes, and their states. */
export const useCodeSummary = (programId: string) =>
  useResource<CodeSummary>(`${apiOf(programId)}/codes?summary=true`, { isThrottled: true });

export const nameOf = (program: Pick<Program, "name"> | null, programId: string): string =>
  program?.name ?? `Program ${shortId(programId)}`;

export interface KnownProgram {
  program: Program | null;
  name: string;
  /** The programs are being read for the first time. */
  isLoading: boolean;
  /** The programs were read, and it is not among them. */
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

/** As many as the worker looks for at once. */
const MAX_NAMED = 100;

/** The ids of programs whose name has this text, as a parameter: the worker knows no names. */
export function useNamed(find: string): { programs?: string } {
  const { value } = usePrograms();
  const text = find.toLowerCase();
  if (text === "") return {};
  const ids = (value?.programs ?? [])
    .filter(({ name }) => name?.toLowerCase().includes(text))
    .slice(0, MAX_NAMED)
    .map(({ id }) => id);
  return ids.length === 0 ? {} : { programs: ids.join() };
}

/** The name of any program. */
export function useNames(): (programId: string) => string {
  const { value } = usePrograms();
  const names = new Map(value?.programs.map((program) => [canonicalId(program.id), program]));
  return (programId) => nameOf(names.get(canonicalId(programId)) ?? null, programId);
}
