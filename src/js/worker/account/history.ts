/** Reads the index of jobs of all programs, for history and for the first screen. */
import { contains } from "./audit.js";
import type { Sql } from "../platform-types.js";
import { type StoredSummary, readSummary } from "../program/jobs/records.js";
import { type Trait, statusesWith } from "../program/jobs/statuses.js";
import type { JsonText } from "../stored-json.js";
import type { JobStatus, JobSummary, Overview } from "../types.js";

const MAX_LISTED = 100;

/** Which jobs are wanted. */
export interface HistoryFilter {
  /** Created before this time; or at this time, with an id below `beforeId`. */
  before: number;
  beforeId: string;
  limit: number;
  program?: string | undefined;
  status?: JobStatus | undefined;
  /** Contained in its name, note, source or ids, in any case. */
  find?: string | undefined;
  /** Programs whose jobs are found too. */
  programs?: readonly string[] | undefined;
}

interface Row {
  summary: JsonText<StoredSummary>;
}

/** Finds jobs, the newest first. Rows are read one by one until there are enough. */
export function findJobs(sql: Sql, filter: HistoryFilter): JobSummary[] {
  const { before, beforeId, limit, program, status } = filter;
  const rows = sql.exec<Row>(
    `SELECT summary FROM jobs WHERE (created_at, id) < (?, ?)
     ${program === undefined ? "" : "AND program = ?"} ${status === undefined ? "" : "AND status = ?"}
     ORDER BY created_at DESC, id DESC`,
    ...[before, beforeId, program, status].filter((value) => value !== undefined),
  );
  const jobs: JobSummary[] = [];
  for (const row of rows) {
    if (jobs.length === limit) break;
    const job = readSummary(row.summary);
    if (isFound(job, filter)) jobs.push(job);
  }
  return jobs;
}

function isFound(
  { name, note, source, programId, id }: JobSummary,
  { find, programs }: Pick<HistoryFilter, "find" | "programs">,
): boolean {
  if (find === undefined || programs?.includes(programId)) return true;
  return contains([name, note, source, programId, id], find);
}

/**
 * The jobs that are under way, and those that need an operator. Of those that are paused, only the ones that
 * have sent something: any other waits where it was created, and can be cancelled.
 */
export function overviewOf(sql: Sql): Omit<Overview, "unreadEvents"> {
  const inGroup = (group: Trait) => {
    const statuses = statusesWith(group);
    const rows = sql.exec<Row>(
      `SELECT summary FROM jobs WHERE status IN (${statuses.map(() => "?").join()})
       AND (status <> 'paused' OR summary ->> '$.progress.requests' > 0)
       ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...statuses,
      MAX_LISTED,
    );
    return Array.from(rows, ({ summary }) => readSummary(summary));
  };
  return {
    running: inGroup("active"),
    deciding: inGroup("deciding"),
    unapproved: inGroup("unapproved"),
  };
}
