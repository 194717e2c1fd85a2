/** The codes of a program, a page at a time: the worker keeps Uber's list for some minutes. */
import { forEachInSlices } from "../slices.js";
import { apiOf } from "./programs.js";
import { sendJson } from "./request.js";
import { useResource } from "./resource.js";
import type {
  CodePage,
  CodeQuery,
  CodeSearch,
  CodeSelection,
  ProgramCode,
  UsedCodes,
} from "./types.js";

const api = (programId: string): string => `${apiOf(programId)}/codes`;

export const searchCodes = (
  programId: string,
  search: Partial<CodeSearch>,
  signal: AbortSignal,
): Promise<CodePage> => sendJson("POST", `${api(programId)}/search`, search, signal);

interface Range {
  /** Places in Uber's list. */
  from?: number;
  until?: number;
  signal: AbortSignal;
  onProgress?: (codes: number) => void;
}

/** The ids of all codes that a query finds: pieces of lines, which make one `Blob` at no cost. */
export async function selectCodes(
  programId: string,
  query: Partial<CodeQuery>,
  range: Range,
): Promise<Blob[]> {
  const { pieces } = await select(programId, query, range);
  return pieces;
}

/** An end of a range of codes. */
export interface RangeEnd {
  row: ProgramCode;
  /** When the worker read the list in which the code has its place. */
  readAt: number;
}

/**
 * The ids of what a query finds between two codes, both included; nothing if one of them is not
 * in Uber's list any more.
 */
export async function selectBetween(
  programId: string,
  query: Partial<CodeQuery>,
  [first, last]: readonly [RangeEnd, RangeEnd],
  { signal, onProgress }: Pick<Range, "signal" | "onProgress">,
): Promise<Blob[]> {
  const codes = [...new Set([first.row.code, last.row.code])];
  let { readAt } = last;
  let rows = first.readAt === readAt ? [first.row, last.row] : null;
  for (;;) {
    // If the list was read again meanwhile, the codes may have other places.
    if (rows === null) {
      ({ readAt, rows } = await searchCodes(programId, { codes, limit: 2 }, signal));
      if (rows.length < codes.length) return [];
    }
    const places = rows.map(({ place }) => place);
    const [from, until] = [Math.min(...places), Math.max(...places) + 1];
    const range = { from, until, signal, ...(onProgress && { onProgress }) };
    const selected = await select(programId, query, range);
    if (selected.readAt === readAt) return selected.pieces;
    rows = null;
  }
}

/** All of one reading of Uber's list. */
async function select(
  programId: string,
  query: Partial<CodeQuery>,
  { from = 0, until, signal, onProgress }: Range,
): Promise<{ readAt: number; pieces: Blob[] }> {
  const pieces: Blob[] = [];
  let [readAt, count] = [0, 0];
  for (let next: number | null = from; next !== null;) {
    const range = { ...query, from: next, ...(until !== undefined && { until }) };
    const path = `${api(programId)}/select`;
    const part: CodeSelection = await sendJson("POST", path, range, signal);
    if (readAt !== 0 && part.readAt !== readAt) {
      // Read again meanwhile: what has another place now could be missed.
      [readAt, count, next] = [0, 0, from];
      pieces.length = 0;
      continue;
    }
    ({ readAt, next } = part);
    if (part.codes.length > 0) pieces.push(new Blob([`${part.codes.join("\n")}\n`]));
    count += part.codes.length;
    onProgress?.(count);
  }
  return { readAt, pieces };
}

/** Of such pieces; the page gets its turns. */
export async function forEachCode(
  pieces: readonly Blob[],
  act: (code: string) => unknown,
  signal: AbortSignal,
): Promise<void> {
  for (const piece of pieces) {
    const codes = (await piece.text()).split("\n");
    await forEachInSlices(codes, (code) => code !== "" && act(code), signal);
  }
}

/** What the codes of a job were used for. */
export const useUsedCodes = (programId: string, jobId: string) =>
  useResource<UsedCodes>(`${api(programId)}/used?job=${encodeURIComponent(jobId)}`, {
    isThrottled: true,
  });
