/** What ⌘K finds, and where. */
import { codes, shortId } from "../format.js";
import { matches } from "../parts/matches.js";
import { sourceOf } from "../parts/job-list.js";
import { paths } from "../router.js";
import { apiOfJob } from "../server/jobs.js";
import { getJson } from "../server/request.js";
import type { JobSummary, Program, ResultRow } from "../server/types.js";
import { hasList } from "../words.js";

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
export const JOBS_LOOKED_INTO = 50;
/** How a code's id begins: what is shorter would find too many. */
export const OF_CODE = /^[0-9a-f]{8}[0-9a-f-]*$/i;

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

/** What the worker has found, and what of it could not be looked up. */
export interface Found {
  items: readonly FoundItem[];
  missing: readonly ("jobs" | "codes")[];
}

export async function findAtWorker(query: string, about: About): Promise<Found> {
  const [jobs, found] = await Promise.allSettled([
    findJobs(query, about),
    OF_CODE.test(query) ? findCodes(query, about) : NO_CODES,
  ]);
  const codes = found.status === "fulfilled" ? found.value : { items: [], isWhole: false };
  return {
    items: [...(jobs.status === "fulfilled" ? jobs.value : []), ...codes.items],
    missing: [
      ...(jobs.status === "fulfilled" ? [] : (["jobs"] as const)),
      ...(codes.isWhole ? [] : (["codes"] as const)),
    ],
  };
}

async function jobsBy(query: string, signal: AbortSignal): Promise<JobSummary[]> {
  return (await getJson<{ jobs: JobSummary[] }>(`/api/jobs?${query}`, signal)).jobs;
}

async function findJobs(query: string, { nameOf, signal }: About): Promise<FoundItem[]> {
  const jobs = await jobsBy(`limit=${MOST_OF_A_KIND}&find=${encodeURIComponent(query)}`, signal);
  return jobs.map((job) => ({
    kind: "Job",
    name: sourceOf(job),
    about: `${codes(job.progress.total)} in ${nameOf(job.programId)}`,
    path: paths.job(job.programId, job.id),
  }));
}

const NO_CODES = { items: [], isWhole: true };

async function findCodes(query: string, { nameOf, signal }: About) {
  const jobs = await jobsBy(`limit=${JOBS_LOOKED_INTO}`, signal);
  const answers = await Promise.allSettled(
    jobs
      .filter(({ status }) => hasList(status))
      .map(async ({ programId, id }) => {
        const path = `${apiOfJob(programId, id)}/results?limit=1&find=${query.toLowerCase()}`;
        const { rows } = await getJson<{ rows: ResultRow[] }>(path, signal);
        return rows.map(({ code, state }): FoundItem => ({
          kind: "Code",
          name: code,
          about: `${state} in ${nameOf(programId)}`,
          path: paths.job(programId, id),
        }));
      }),
  );
  return {
    items: answers
      .flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))
      .slice(0, MOST_OF_A_KIND),
    isWhole: answers.every(({ status }) => status === "fulfilled"),
  };
}
