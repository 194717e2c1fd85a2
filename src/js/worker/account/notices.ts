/**
 * Calls `onEvent` with what an operator may want to know. Nothing waits for the call, and its failure
 * has no effect.
 */
import { log, logError } from "../log.js";
import { settings } from "../settings.js";
import type { JobStatus, JobSummary, WorkerEnv, WorkerEvent } from "../types.js";

/** The time between two notices of unreadable events, of which hundreds may come. */
const UNREAD_EVERY_MS = 10 * 60_000;

/**
 * | A job becomes            | from                          | and the notice is |
 * | ------------------------ | ----------------------------- | ----------------- |
 * | `running`                | nothing, and what waits       | `job_started`     |
 * | `halted`, `unreadable`   | anything else                 | `job_halted`      |
 * | `undecided`              | anything else                 | `decision_needed` |
 * | `unapproved`             | anything else                 | `approval_needed` |
 * | `finished`               | anything but what is finished | `job_finished`    |
 */
export function newsOf(
  before: JobStatus | undefined,
  after: JobStatus,
): WorkerEvent["type"] | undefined {
  if (before === after) return undefined;
  switch (after) {
    case "running":
      return before === undefined || before === "scheduled" || before === "unapproved"
        ? "job_started"
        : undefined;
    case "halted":
    case "unreadable":
      return "job_halted";
    case "undecided":
      return "decision_needed";
    case "unapproved":
      return "approval_needed";
    case "finished":
      return before === "expired" ? undefined : "job_finished";
    default:
      return undefined;
  }
}

export class Notices {
  #unreadAt = 0;

  constructor(
    readonly env: WorkerEnv,
    /** Keeps the object alive for work that goes on after the call. */
    readonly waitUntil: (work: Promise<unknown>) => void,
  ) {}

  /** A job has changed. */
  job(before: JobStatus | undefined, summary: JobSummary): void {
    const type = newsOf(before, summary.status);
    if (type !== undefined)
      this.#emit({ type, at: Date.now(), job: summary, path: pathOf(summary) });
  }

  /** An event that could not be read has arrived. */
  unread(): void {
    const now = Date.now();
    if (now >= this.#unreadAt && now < this.#unreadAt + UNREAD_EVERY_MS) return;
    this.#unreadAt = now;
    this.#emit({ type: "event_unread", at: now, job: null, path: "/events/unread" });
  }

  #emit(event: WorkerEvent): void {
    const { onEvent } = settings();
    if (onEvent === undefined) return;
    const telling = (async () => onEvent(event, this.env))();
    const kept = telling.catch((error: unknown) => {
      log("notice", { state: "failed", type: event.type });
      logError("notice", error);
    });
    this.waitUntil(kept);
  }
}

/** The console's screen of a job. */
const pathOf = ({ programId, id }: JobSummary) =>
  `/programs/${encodeURIComponent(programId)}/jobs/${id}`;
