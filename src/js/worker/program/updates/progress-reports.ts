/**
 * Reports the progress of a program's jobs to the app's object: a change of status at
 * once, everything else every five seconds at most, because each report costs a row and
 * a request.
 */
import { logError } from "../../log.js";
import type { JobRecord } from "../jobs/records.js";
import type { Stubs } from "../../stubs.js";
import type { JobStatus } from "../../types.js";

const REPORT_MS = 5_000;

export class ProgressReports {
  readonly #due = new Map<number, JobRecord>();
  /** The status that was last reported, by job. */
  readonly #reported = new Map<number, JobStatus>();
  #reportedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly stubs: Stubs) {}

  /** Reports what an operator did with a single call, which no list of jobs shows. Never rejects. */
  async note(record: JobRecord): Promise<void> {
    const entries = record.untold;
    if (entries.length === 0) return;
    try {
      await this.stubs.app().note(entries);
      record.untold = [];
    } catch (error) {
      logError("audit", error);
    }
  }

  /** Resolves when the report is sent or scheduled. Never rejects. */
  async report(...records: readonly JobRecord[]): Promise<void> {
    const listed = records.filter(isListed);
    if (listed.length === 0) return;
    for (const record of listed) this.#due.set(record.number, record);
    const isNews = listed.some(
      ({ number, summary, untold }) =>
        untold.length > 0 || this.#reported.get(number) !== summary.status,
    );
    const wait = this.#reportedAt + REPORT_MS - Date.now();
    // If the clock was set back, reports must not wait.
    if (isNews || wait <= 0 || wait > REPORT_MS) return this.#flush();
    this.#timer ??= setTimeout(() => void this.#flush(), wait);
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = [...this.#due.values()];
    this.#due.clear();
    if (records.length === 0) return;
    this.#reportedAt = Date.now();
    const told = records.map(({ number, summary }) => [number, summary.status] as const);
    const entries = records.flatMap(({ untold }) => untold);
    try {
      await this.stubs.app().report(
        records.map(({ summary }) => summary),
        entries,
      );
      // Removal is not stored at once; an entry that is reported again is stored once there.
      for (const record of records) {
        record.untold = record.untold.filter((entry) => !entries.includes(entry));
      }
      for (const [number, status] of told) this.#reported.set(number, status);
    } catch (error) {
      // The next report includes it; the app's object wakes running jobs that do not report.
      for (const record of records) this.#due.set(record.number, record);
      logError("report", error);
    }
  }
}

function isListed({ isCall, summary }: JobRecord): boolean {
  return !isCall && summary.status !== "creating" && summary.status !== "held";
}
