/** Reads the index of jobs of all programs, for history and for the first screen. */
import { contains } from "./audit.js";
import type { Sql } from "../platform-types.js";
import { type StoredSummary, readSummary } from "../program/records.js";
import type { JsonText } from "../stored-json.js";
import type { JobStatus, JobSummary, Overview } from "../types.js";

const MOST_LISTED = 100;

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
    if (isFound(job, filter.find)) jobs.push(job);
  }
  return jobs;
}

function isFound({ name, note, source, programId, id }: JobSummary, find: string | undefined) {
  return find === undefined || contains([name, note, source, programId, id], find);
}

/** The jobs that are under way, and those that need an operator. */
export function overviewOf(sql: Sql): Omit<Overview, "unreadEvents"> {
  const inStatus = (...statuses: JobStatus[]) => {
    const rows = sql.exec<Row>(
      `SELECT summary FROM jobs WHERE status IN (${statuses.map(() => "?").join()})
       ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...statuses,
      MOST_LISTED,
    );
    return Array.from(rows, ({ summary }) => readSummary(summary));
  };
  return {
    running: inStatus("running", "scheduled"),
    deciding: inStatus("undecided", "halted", "unreadable"),
    unapproved: inStatus("unapproved"),
  };
}
