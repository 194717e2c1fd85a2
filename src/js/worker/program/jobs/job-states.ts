/** The states of a job in which each of its routes may be used. */
import { type Refusal, refuse } from "../../problem.js";
import type { JobStatus, JobSummary } from "../../types.js";
import type { JobRecord } from "./records.js";
import { hasSent } from "./start-plan.js";
import { STATUSES, statusesWith } from "./statuses.js";

interface JobRoute {
  method: "GET" | "POST";
  allowed: readonly JobStatus[];
}

type JobState = Pick<JobSummary, "status" | "error">;

const SHOWN = STATUSES.filter((status) => status !== "creating");
const LISTED = statusesWith("listed");

/** By the last segment of the path. A job that is `creating` is not visible. */
export const JOB_ROUTES = {
  "": { method: "GET", allowed: SHOWN },
  live: { method: "GET", allowed: SHOWN },
  results: { method: "GET", allowed: LISTED },
  "results.csv": { method: "GET", allowed: LISTED },
  journal: { method: "GET", allowed: [...LISTED, "unreadable"] },
  pause: { method: "POST", allowed: statusesWith("pause") },
  start: { method: "POST", allowed: statusesWith("start") },
  resume: { method: "POST", allowed: statusesWith("resume") },
  abandon: { method: "POST", allowed: statusesWith("abandon") },
  cancel: { method: "POST", allowed: statusesWith("cancel") },
  approve: { method: "POST", allowed: statusesWith("approve") },
  resolve: { method: "POST", allowed: statusesWith("resolve") },
  drop: { method: "POST", allowed: statusesWith("drop") },
  reconcile: { method: "POST", allowed: statusesWith("reconcile") },
} satisfies Record<string, JobRoute>;

export type JobAction = keyof typeof JOB_ROUTES;

export const isAction = (segment: string): segment is JobAction =>
  Object.hasOwn(JOB_ROUTES, segment);

export const noJob = (): Refusal =>
  refuse(
    404,
    "not_found",
    "There is nothing at this address",
    "Look for the job in the list of jobs.",
  );

/** Refuses an action that the job's current state does not allow. Called again after each wait. */
export function requireState(action: JobAction, summary: JobState): void {
  const { allowed }: JobRoute = JOB_ROUTES[action];
  if (!allowed.includes(summary.status)) throw wrongState(action, summary, allowed);
}

/** Refuses to start a job that was started before. */
export function requireUnstarted({ summary, plan }: Pick<JobRecord, "summary" | "plan">): void {
  requireState("start", summary);
  if (!plan.isStarted && !hasSent(summary.progress)) return;
  throw refuse(
    409,
    "already_started",
    `The job was started before, and is ${summary.status} now`,
    "Look at the job: `resume` sends what is left of it.",
    { more: { status: summary.status } },
  );
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
      "Fix the cause and open the job again, or export its journal and drop the job.",
    );
  }
  if (status === "dropped") {
    return refuse(
      410,
      "job_dropped",
      "An operator has deleted the journal of this job, which could not be read",
      "The state of each code is in the program's codes.",
    );
  }
  if (status === "cancelled") {
    return refuse(
      410,
      "job_cancelled",
      "The job was cancelled before it sent anything",
      "Its codes are free: create another job with them.",
    );
  }
  if (status === "expired") {
    return refuse(
      410,
      "job_expired",
      "The list of this job was deleted after its retention",
      "The outcome of each code is in the program's codes.",
    );
  }
  return refuse(
    409,
    "wrong_job_state",
    `\`${action}\` is not possible while the job is ${status}`,
    status === "held"
      ? "Wait for the job's upload or call to end: the job then starts or is removed automatically."
      : `It is possible while a job is ${allowed.join(", ")}.`,
    { more: { status, allowed } },
  );
}
