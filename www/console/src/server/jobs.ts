/** The operations on jobs. */
import { forgetKey, keyOf, nameOfList } from "./idempotency-key.js";
import { WorkerError } from "./error.js";
import { apiOf } from "./programs.js";
import { invalidate } from "./resource.js";
import type { DryRun, JobDecision, JobSummary, Reconciled } from "./types.js";
import { worker } from "./worker.js";

/** The addresses of a job's files. */
export const apiOfJob = (programId: string, jobId: string): string =>
  `${apiOf(programId)}/jobs/${encodeURIComponent(jobId)}`;

/** What to do with codes that were sent before. */
export type Again = "skip" | "resend" | null;

/** After these errors, the same key would only be refused again. */
const SPENT = new Set(["idempotency_key_reused", "creation_took_too_long"]);

/** Checks what a job of this list would send. Creates nothing. */
export function tryOut(
  programId: string,
  list: Blob | "everybody",
  signal: AbortSignal,
): Promise<DryRun> {
  return list === "everybody"
    ? worker.checkAll(programId, { signal })
    : worker.check(programId, list, { signal });
}

/** The same for a file that says for each code which program it is of: what each job would come to. */
export async function tryOutSeveral(list: Blob, signal: AbortSignal): Promise<TriedOut[]> {
  const headers = { "Content-Type": "text/csv" };
  const init: RequestInit = { method: "POST", body: list, headers, signal };
  const response = (await worker.request("/api/jobs?dryRun=true", init)) as Response;
  return ((await response.json()) as { programs: TriedOut[] }).programs;
}

type TriedOut = Omit<DryRun, "rejected"> & { programId: string };

export interface NewJob {
  list: Blob | "everybody";
  source: string;
  again: Again;
  /** The digest of the dry run that was decided on. */
  reviewed: string;
  /** Uber's list of the program's codes can't be read, and the codes are sent anyway. */
  isUnchecked: boolean;
  start: Start;
  /** It pauses after this many codes have a response. */
  pauseAfter: number | null;
}

/**
 * At once; after this many seconds, even if this page is closed; or created paused, to be
 * started by another caller.
 */
export type Start = "now" | "paused" | number;

/** Creates a job only once: an existing one is returned. */
export async function createJob(
  programId: string,
  { list, ...order }: NewJob,
): Promise<JobSummary> {
  const options = optionsOf(order);
  // Whatever decides what is sent, and when, makes it another job. The source of the list does not, nor does
  // the reviewed state: after a lost response, the job itself has changed it.
  const scope = JSON.stringify({ ...options, source: undefined, reviewed: undefined });
  const job =
    list === "everybody"
      ? await once(await nameOfList(`all:${programId}:${scope}`, null), (key) =>
          worker.createJobForAll(programId, { ...options, key }),
        )
      : await once(await nameOfList(`${programId}:${scope}`, list), (key) =>
          worker.createJob(programId, list, { ...options, valid: true, key }),
        );
  invalidate(apiOf(programId));
  return job;
}

/** Creates a job for each program in the file: all of them, or none. */
export async function createJobs({
  list,
  ...order
}: NewJob & { list: Blob }): Promise<{ group: string; jobs: JobSummary[] }> {
  const options = { valid: true, ...optionsOf(order) };
  const created = await once(await nameOfList("several", list), (key) =>
    worker.createJobs(list, { ...options, key }),
  );
  invalidate("/api/programs");
  return created;
}

// The admin has seen the rejected rows, and decided about them, before the button is enabled:
// `valid`.
function optionsOf(order: Omit<NewJob, "list">) {
  const { source, again, reviewed, isUnchecked, start, pauseAfter } = order;
  return {
    source,
    // Without `resend`, codes that were sent meanwhile are left out or refused anyway.
    ...(again === "resend" && { reviewed }),
    ...(again !== null && { [again]: true }),
    ...(isUnchecked && { unchecked: true }),
    ...(start === "paused" && { start: false }),
    ...(typeof start === "number" && start > 0 && { startIn: start }),
    ...(pauseAfter !== null && { pauseAfter }),
  };
}

async function once<T>(name: string, create: (key: string) => Promise<T>): Promise<T> {
  try {
    const created = await create(keyOf(name));
    forgetKey(name);
    return created;
  } catch (error) {
    if (error instanceof WorkerError && SPENT.has(error.code)) forgetKey(name);
    throw error;
  }
}

/** The actions for a whole job; `reason` is recorded in the audit trail. */
const act =
  (action: "pause" | "start" | "resume" | "drop" | "cancel" | "abandon" | "approve") =>
  (programId: string, jobId: string, reason = "") =>
    changing(programId, worker[action](programId, jobId, why(reason)));

export const pauseJob = act("pause");
/** One that was never started; any other is left as it is. */
export const startJob = act("start");
export const resumeJob = act("resume");
export const dropJob = act("drop");
/** Cancels a job that has sent nothing. */
export const cancelJob = act("cancel");
/** Ends a job: its pending codes are never sent, and are free for another job. */
export const abandonJob = act("abandon");
/** As the second operator. */
export const approveJob = act("approve");

export const decide = (
  programId: string,
  jobId: string,
  batch: number | "all",
  decision: JobDecision,
  reason = "",
) => changing(programId, worker.resolve(programId, jobId, batch, decision, why(reason)));

/** Sets the name and the note. */
export const describeJob = (
  programId: string,
  jobId: string,
  described: { name: string; note: string },
) => changing(programId, worker.rename(programId, jobId, described));

const why = (reason: string) => (reason.trim() === "" ? {} : { reason: reason.trim() });

/** After a decision, the state of the program is read again. */
async function changing(programId: string, deciding: Promise<JobSummary>): Promise<JobSummary> {
  const job = await deciding;
  invalidate(apiOf(programId));
  return job;
}

/** Reads usage from Uber. The settled codes arrive with the job itself. */
export async function readUsage(programId: string, jobId: string): Promise<Reconciled> {
  const reconciled = await worker.reconcile(programId, jobId);
  invalidate(apiOf(programId));
  return reconciled;
}
