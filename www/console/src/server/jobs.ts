/** What can be done with jobs. */
import { forgetKey, keyOf, nameOfList } from "./once.js";
import { Problem } from "./problem.js";
import { apiOf } from "./programs.js";
import { request, sendJson } from "./request.js";
import { outdate } from "./resource.js";
import type { DryRun, JobDecision, JobSummary } from "./types.js";

export const apiOfJob = (programId: string, jobId: string): string =>
  `${apiOf(programId)}/jobs/${encodeURIComponent(jobId)}`;

/** What is to become of codes that were sent before. */
export type Again = "skip" | "resend" | null;

const CSV = { "Content-Type": "text/csv; charset=utf-8" };
/** After these, the same key would only be refused again. */
const SPENT = new Set(["idempotency_key_reused", "creation_took_too_long"]);

/** What a job of this list would come to. Nothing is created. */
export async function tryOut(
  programId: string,
  list: Blob | "everybody",
  signal: AbortSignal,
): Promise<DryRun> {
  const all = list === "everybody" ? { all: "true", confirm: programId } : {};
  const query = new URLSearchParams({ dryRun: "true", ...all });
  const body = list === "everybody" ? null : list;
  const init: RequestInit = { method: "POST", headers: CSV, body, signal };
  const answer = await request(`${apiOf(programId)}/jobs?${query}`, init);
  return (await answer.json()) as DryRun;
}

export interface NewJob {
  list: Blob | "everybody";
  source: string;
  again: Again;
}

/** Creates a job, once: the same one if it exists already. */
export async function createJob(
  programId: string,
  { list, source, again }: NewJob,
): Promise<JobSummary> {
  const isAll = list === "everybody";
  const query = queryOf(source, again);
  if (isAll) {
    query.set("all", "true");
    query.set("confirm", programId);
  }
  const name = await nameOfList(isAll ? `all:${programId}` : programId, isAll ? null : list);
  const job = await create<JobSummary>(
    `${apiOf(programId)}/jobs?${query}`,
    isAll ? null : list,
    name,
  );
  outdate(apiOf(programId));
  return job;
}

/** Creates a job for each program in the file: all of them, or none. */
export async function createJobs({
  list,
  source,
  again,
}: NewJob & { list: Blob }): Promise<{ group: string; jobs: JobSummary[] }> {
  const name = await nameOfList("several", list);
  const path = `/api/jobs?${queryOf(source, again)}`;
  const created = await create<{ group: string; jobs: JobSummary[] }>(path, list, name);
  outdate("/api/programs");
  return created;
}

function queryOf(source: string, again: Again): URLSearchParams {
  // What was rejected has been seen, and decided about, before the button can be pressed.
  const query = new URLSearchParams({ valid: "true", source });
  if (again !== null) query.set(again, "true");
  return query;
}

async function create<T>(path: string, body: Blob | null, name: string): Promise<T> {
  const headers = { ...CSV, "Idempotency-Key": keyOf(name) };
  try {
    const answer = await request(path, { method: "POST", headers, body });
    const created = (await answer.json()) as T;
    forgetKey(name);
    return created;
  } catch (error) {
    if (error instanceof Problem && SPENT.has(error.code)) forgetKey(name);
    throw error;
  }
}

export const pauseJob = (programId: string, jobId: string) => act(programId, jobId, "pause", {});
export const resumeJob = (programId: string, jobId: string) => act(programId, jobId, "resume", {});

export const dropJob = (programId: string, jobId: string) => act(programId, jobId, "drop", {});

export function decide(
  programId: string,
  jobId: string,
  batch: number | "all",
  decision: JobDecision,
): Promise<JobSummary> {
  return act(programId, jobId, "resolve", { batch, decision });
}

async function act(
  programId: string,
  jobId: string,
  action: string,
  body: object,
): Promise<JobSummary> {
  const path = `${apiOfJob(programId, jobId)}/${action}`;
  const job = await sendJson<JobSummary>("POST", path, body);
  outdate(apiOf(programId));
  return job;
}
