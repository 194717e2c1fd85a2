/** The programs, and one of them. */
import { shortId } from "../format.js";
import { useResource } from "./resource.js";
import type { CodeSummary, Program } from "./types.js";

const PATH = "/api/programs";
const EVERY_MS = 10_000;

export const apiOf = (programId: string): string => `${PATH}/${encodeURIComponent(programId)}`;

export const usePrograms = () => useResource<{ programs: Program[] }>(PATH, { everyMs: EVERY_MS });

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
  const program = value?.programs.find(({ id }) => id === programId) ?? null;
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
  const names = new Map(value?.programs.map((program) => [program.id, program]));
  return (programId) => nameOf(names.get(programId) ?? null, programId);
}
