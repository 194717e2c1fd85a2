/** The search results of ⌘K. */
import { codes, count, shortId } from "../format.js";
import { matches } from "../parts/matches.js";
import { sourceOf } from "../parts/job-list.js";
import { paths } from "../router.js";
import { getJson } from "../server/request.js";
import type { JobSummary, LocatedCodes, Program } from "../server/types.js";

export interface FoundItem {
  kind: "Program" | "Job" | "Code";
  name: string;
  about: string;
  path: string;
}

interface About {
  nameOf: (programId: string) => string;
  signal: AbortSignal;
}

const MAX_OF_A_KIND = 8;
/** How a code's id begins: what is shorter would find too many. */
const LEAST = 8;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NIL = "00000000-0000-0000-0000-000000000000";

const beginsCode = (query: string): boolean =>
  query.length >= LEAST && UUID.test(query + NIL.slice(query.length));

export function findPrograms(query: string, programs: readonly Program[]): FoundItem[] {
  return programs
    .filter(({ id, name, status }) => matches(query, [name, status, id]))
    .slice(0, MAX_OF_A_KIND)
    .map(({ id, name }) => ({
      kind: "Program",
      name: name ?? "No name",
      about: shortId(id),
      path: paths.program(id),
    }));
}

/** The results of the worker, and the names of failed searches. */
export interface Found {
  items: readonly FoundItem[];
  missing: readonly string[];
}

export async function findAtWorker(query: string, about: About): Promise<Found> {
  const parts = await Promise.allSettled([
    findJobs(query, about),
    beginsCode(query) ? findCodes(query, about) : NOTHING_FOUND,
  ]);
  const names = ["jobs", "codes"];
  const found = parts.map((part, at): Found =>
    part.status === "fulfilled" ? part.value : { items: [], missing: [names[at] ?? ""] },
  );
  return {
    items: found.flatMap(({ items }) => items),
    missing: found.flatMap(({ missing }) => missing),
  };
}

const NOTHING_FOUND: Found = { items: [], missing: [] };

async function findJobs(query: string, { nameOf, signal }: About): Promise<Found> {
  const path = `/api/jobs?limit=${MAX_OF_A_KIND}&find=${encodeURIComponent(query)}`;
  const { jobs } = await getJson<{ jobs: JobSummary[] }>(path, signal);
  const items = jobs.map((job): FoundItem => ({
    kind: "Job",
    name: sourceOf(job),
    about: `${codes(job.progress.total)} in ${nameOf(job.programId)}`,
    path: paths.job(job.programId, job.id),
  }));
  return { items, missing: [] };
}

/** In all jobs of all programs. */
async function findCodes(query: string, { nameOf, signal }: About): Promise<Found> {
  const path = `/api/codes?find=${query.toLowerCase()}`;
  const located = await getJson<LocatedCodes>(path, signal);
  const items = located.codes
    .slice(0, MAX_OF_A_KIND)
    .map(({ code, programId, job, state }): FoundItem => ({
      kind: "Code",
      name: code,
      about: `${state ?? "known"} in ${nameOf(programId)}${job === null ? ", in no job that is kept" : ""}`,
      path: job === null ? paths.program(programId) : paths.job(programId, job),
    }));
  const { missed } = located;
  return { items, missing: missed === 0 ? [] : [`codes of ${count(missed, "program")}`] };
}
