/** What can be done with jobs. */
import { forgetKey, keyOf, nameOfList } from "./once.js";
import { WorkerError } from "./error.js";
import { apiOf } from "./programs.js";
import { outdate } from "./resource.js";
import type { DryRun, JobDecision, JobSummary, Reconciled } from "./types.js";
import { worker } from "./worker.js";

/** Where a job's files are. */
export const apiOfJob = (programId: string, jobId: string): string =>
  `${apiOf(programId)}/jobs/${encodeURIComponent(jobId)}`;

/** What is to become of codes that were sent before. */
export type Again = "skip" | "resend" | null;

/** After these, the same key would only be refused again. */
const SPENT = new Set(["idempotency_key_reused", "creation_took_too_long"]);

/** What a job of this list would come to. Nothing is created. */
export function tryOut(
  programId: string,
  list: Blob | "everybody",
  signal: AbortSignal,
): Promise<DryRun> {
  return list === "everybody"
    ? worker.checkAll(programId, { signal })
    : worker.check(programId, list, { signal });
}

export interface NewJob {
  list: Blob | "everybody";
  source: string;
  again: Again;
  /** Uber's list of the program's codes can't be read: the codes are sent all the same. */
  isUnchecked: boolean;
  start: Start;
  /** It pauses by itself once so many codes were answered. */
  pauseAfter: number | null;
}

/**
 * At once; by itself after so many seconds, whether this page is open or not; or created paused,
 * because somebody else starts it.
 */
export type Start = "now" | "paused" | number;

/** Creates a job, once: the same one if it exists already. */
export async function createJob(
  programId: string,
  { list, ...order }: NewJob,
): Promise<JobSummary> {
  const options = optionsOf(order);
  // What decides what is sent, and when, makes another job; where the list came from does not.
  const scope = JSON.stringify({ ...options, source: undefined });
  const job =
    list === "everybody"
      ? await once(await nameOfList(`all:${programId}:${scope}`, null), (key) =>
          worker.createJobForAll(programId, { ...options, key }),
        )
      : await once(await nameOfList(`${programId}:${scope}`, list), (key) =>
          worker.createJob(programId, list, { ...options, valid: true, key }),
        );
  outdate(apiOf(programId));
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
  outdate("/api/programs");
  return created;
}

// What was rejected has been seen, and decided about, before the button can be pressed: `valid`.
function optionsOf({ source, again, isUnchecked, start, pauseAfter }: Omit<NewJob, "list">) {
  return {
    source,
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

/** What an operator may do with a whole job; `reason` is written into the audit trail. */
const act =
  (action: "pause" | "resume" | "drop" | "cancel" | "approve") =>
  (programId: string, jobId: string, reason = "") =>
    changing(programId, worker[action](programId, jobId, why(reason)));

export const pauseJob = act("pause");
export const resumeJob = act("resume");
export const dropJob = act("drop");
/** Nothing of it has left, nor ever will. */
export const cancelJob = act("cancel");
/** As the second operator. */
export const approveJob = act("approve");

export const decide = (
  programId: string,
  jobId: string,
  batch: number | "all",
  decision: JobDecision,
  reason = "",
) => changing(programId, worker.resolve(programId, jobId, batch, decision, why(reason)));

/** What it is called, and what is to be remembered of it. */
export const describeJob = (
  programId: string,
  jobId: string,
  described: { name: string; note: string },
) => changing(programId, worker.rename(programId, jobId, described));

const why = (reason: string) => (reason.trim() === "" ? {} : { reason: reason.trim() });

/** After a decision, what is known of the program is read again. */
async function changing(programId: string, deciding: Promise<JobSummary>): Promise<JobSummary> {
  const job = await deciding;
  outdate(apiOf(programId));
  return job;
}

/** Asks Uber which codes are in use. What that settles comes with the job itself. */
export async function readUsage(programId: string, jobId: string): Promise<Reconciled> {
  const reconciled = await worker.reconcile(programId, jobId);
  outdate(apiOf(programId));
  return reconciled;
}
