/** What ⌘K finds, and where. */
import { codes, shortId } from "../format.js";
import { matches } from "../parts/matches.js";
import { sourceOf } from "../parts/job-list.js";
import { paths } from "../router.js";
import { apiOfJob } from "../server/jobs.js";
import { getJson } from "../server/request.js";
import type { JobSummary, Program, ResultRow } from "../server/types.js";

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

const MOST_OF_A_KIND = 8;
/** The newest jobs, in which a code is looked for. */
const JOBS_LOOKED_INTO = 50;
/** How a code's id begins: what is shorter would find too many. */
const OF_CODE = /^[0-9a-f]{8}[0-9a-f-]*$/i;

export function findPrograms(query: string, programs: readonly Program[]): FoundItem[] {
  return programs
    .filter(({ id, name, status }) => matches(query, [name, status, id]))
    .slice(0, MOST_OF_A_KIND)
    .map(({ id, name }) => ({
      kind: "Program",
      name: name ?? "No name",
      about: shortId(id),
      path: paths.program(id),
    }));
}

const newestJobs = async (signal: AbortSignal): Promise<JobSummary[]> =>
  (await getJson<{ jobs: JobSummary[] }>(`/api/jobs?limit=${JOBS_LOOKED_INTO}`, signal)).jobs;

export async function findJobs(query: string, { nameOf, signal }: About): Promise<FoundItem[]> {
  const jobs = await newestJobs(signal);
  return jobs
    .filter((job) => matches(query, [sourceOf(job), job.id, nameOf(job.programId)]))
    .slice(0, MOST_OF_A_KIND)
    .map((job) => ({
      kind: "Job",
      name: sourceOf(job),
      about: `${codes(job.progress.total)} in ${nameOf(job.programId)}`,
      path: paths.job(job.programId, job.id),
    }));
}

export async function findCodes(query: string, { nameOf, signal }: About): Promise<FoundItem[]> {
  if (!OF_CODE.test(query)) return [];
  const found = await Promise.all(
    (await newestJobs(signal)).map(async ({ programId, id }) => {
      const path = `${apiOfJob(programId, id)}/results?limit=1&find=${query.toLowerCase()}`;
      const { rows } = await getJson<{ rows: ResultRow[] }>(path, signal).catch(() => ({
        rows: [],
      }));
      return rows.map(({ code, state }): FoundItem => ({
        kind: "Code",
        name: code,
        about: `${state} in ${nameOf(programId)}`,
        path: paths.job(programId, id),
      }));
    }),
  );
  return found.flat().slice(0, MOST_OF_A_KIND);
}
