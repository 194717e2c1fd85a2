/** The states of a job in which each of its routes may be used. */
import { type Refusal, refuse } from "../problem.js";
import type { JobStatus, JobSummary } from "../types.js";

/** All statuses, for the filter of history. */
export const STATUSES: readonly JobStatus[] = [
  ...(["creating", "held", "unapproved", "scheduled", "running", "paused", "halted"] as const),
  ...(["undecided", "finished", "cancelled", "expired", "unreadable", "dropped"] as const),
];

interface JobRoute {
  method: "GET" | "POST";
  allowed: readonly JobStatus[];
}

type JobState = Pick<JobSummary, "status" | "error">;

/** The statuses in which the list exists. */
const LISTED: readonly JobStatus[] = [
  "held",
  "unapproved",
  "scheduled",
  "running",
  "paused",
  "halted",
  "undecided",
  "finished",
];
const SHOWN: readonly JobStatus[] = [...LISTED, "cancelled", "unreadable", "dropped", "expired"];
/** Cancelling may still find that something was sent. */
const CANCELLABLE: readonly JobStatus[] = [
  ...(["unapproved", "scheduled", "running", "paused", "halted"] as const),
  "cancelled",
];

/** By the last segment of the path. A job that is `creating` is not visible. */
export const JOB_ROUTES = {
  "": { method: "GET", allowed: SHOWN },
  live: { method: "GET", allowed: SHOWN },
  results: { method: "GET", allowed: LISTED },
  "results.csv": { method: "GET", allowed: LISTED },
  journal: { method: "GET", allowed: [...LISTED, "unreadable"] },
  pause: { method: "POST", allowed: ["scheduled", "running", "paused"] },
  resume: { method: "POST", allowed: ["scheduled", "running", "paused", "halted", "undecided"] },
  cancel: { method: "POST", allowed: CANCELLABLE },
  approve: { method: "POST", allowed: ["unapproved"] },
  // For a finished job the core refuses, because nothing is unknown.
  resolve: { method: "POST", allowed: ["running", "paused", "halted", "undecided", "finished"] },
  drop: { method: "POST", allowed: ["unreadable"] },
  reconcile: { method: "POST", allowed: ["running", "paused", "halted", "undecided", "finished"] },
} as const satisfies Record<string, JobRoute>;

export type JobAction = keyof typeof JOB_ROUTES;

export const isAction = (segment: string): segment is JobAction =>
  Object.hasOwn(JOB_ROUTES, segment);

export const noJob = (): Refusal =>
  refuse(404, "not_found", "There is nothing here", "Look for the job in the list of jobs.");

/** Refuses an action that the job's current state does not allow. Called again after each wait. */
export function requireState(action: JobAction, summary: JobState): void {
  const { allowed }: JobRoute = JOB_ROUTES[action];
  if (!allowed.includes(summary.status)) throw wrongState(action, summary, allowed);
}

function wrongState(
  action: string,
  { status, error }: JobState,
  allowed: readonly JobStatus[],
): Refusal {
  if (status === "unreadable") {
    return refuse(
      409,
      "job_unreadable",
      `The job was set aside, as its journal can't be read: ${error?.message ?? ""}`,
      "Mend the cause and look at the job again; or export its journal, and drop it.",
    );
  }
  if (status === "dropped") {
    return refuse(
      410,
      "job_dropped",
      "An operator has deleted the journal of this job, which could not be read",
      "What is known of each code is with the program's codes.",
    );
  }
  if (status === "cancelled") {
    return refuse(
      410,
      "job_cancelled",
      "The job was cancelled before anything of it had left",
      "Its codes are free: create another job of them.",
    );
  }
  if (status === "expired") {
    return refuse(
      410,
      "job_expired",
      "The list of this job was deleted after its retention",
      "What became of each code is with the program's codes.",
    );
  }
  return refuse(
    409,
    "wrong_job_state",
    `\`${action}\` is not possible while the job is ${status}`,
    status === "held"
      ? "Wait for the upload, or the call, that the job belongs to: it starts or goes by itself."
      : `It is possible while a job is ${allowed.join(", ")}.`,
    { more: { status, allowed } },
  );
}
