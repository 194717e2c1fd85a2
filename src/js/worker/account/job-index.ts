/** The index of the jobs of all programs: one row for each, as its program last reported it. */
import type { Sql, SqlValue } from "../platform-types.js";
import { type StoredSummary, readSummary } from "../program/jobs/records.js";
import type { JsonText } from "../stored-json.js";
import type { JobStatus, JobSummary } from "../types.js";

export const JOB_INDEX_TABLES = `
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY, program TEXT NOT NULL, created_at INTEGER NOT NULL,
    status TEXT NOT NULL, summary TEXT NOT NULL);
  CREATE INDEX jobs_by_time ON jobs (created_at);
  CREATE INDEX jobs_by_program ON jobs (program, created_at);`;

interface Row {
  summary: JsonText<StoredSummary>;
}

export class JobIndex {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Stores the report of a job. Returns its previous status. */
  keep(summary: JobSummary): JobStatus | undefined {
    const { id, programId, createdAt, status } = summary;
    const [before] = this.#sql.exec<{ status: JobStatus }>(
      "SELECT status FROM jobs WHERE id = ?",
      id,
    );
    if (before === undefined) {
      const values = [id, programId, createdAt, status, JSON.stringify(summary)];
      this.#sql.exec("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", ...values);
    } else this.update(summary);
    return before?.status;
  }

  /** Writes one row. Replacing it would write four, with its indexes. */
  update(summary: JobSummary): void {
    const { id, status } = summary;
    const query = "UPDATE jobs SET status = ?, summary = ? WHERE id = ?";
    this.#sql.exec(query, status, JSON.stringify(summary), id);
  }

  running(): JobSummary[] {
    return this.#summaries("status = 'running'");
  }

  /** The newest job of a program. */
  last(program: string): JobSummary | undefined {
    return this.#summaries("program = ? ORDER BY created_at DESC LIMIT 1", program)[0];
  }

  /** Programs that have jobs, in the order of their newest job. */
  programs(most: number): string[] {
    const rows = this.#sql.exec<{ program: string }>(
      "SELECT program FROM jobs GROUP BY program ORDER BY max(created_at) DESC LIMIT ?",
      most,
    );
    return Array.from(rows, ({ program }) => program);
  }

  /** How many jobs of each program have one of these statuses. */
  countByProgram(statuses: readonly JobStatus[]): { program: string; jobs: number }[] {
    const marks = statuses.map(() => "?").join();
    return [
      ...this.#sql.exec<{ program: string; jobs: number }>(
        `SELECT program, count(*) AS jobs FROM jobs WHERE status IN (${marks}) GROUP BY program`,
        ...statuses,
      ),
    ];
  }

  #summaries(where: string, ...values: SqlValue[]): JobSummary[] {
    const rows = this.#sql.exec<Row>(`SELECT summary FROM jobs WHERE ${where}`, ...values);
    return Array.from(rows, ({ summary }) => readSummary(summary));
  }
}
