/**
 * Tells `onEvent` of what an operator may want to know: which changes of a job are news, and the call
 * itself, which keeps nothing waiting and whose failure stops nothing.
 */
import { log, logError } from "../log.js";
import { settings } from "../settings.js";
import type { JobStatus, JobSummary, WorkerEnv, WorkerEvent } from "../types.js";

/** Of events that can't be read: they may come by the hundred. */
const UNREAD_EVERY_MS = 10 * 60_000;

/**
 * | A job becomes            | the first time from           | is news as        |
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
    /** Lets it go on after the call that began it. */
    readonly waitUntil: (work: Promise<unknown>) => void,
  ) {}

  /** A job is now what this says. */
  job(before: JobStatus | undefined, summary: JobSummary): void {
    const type = newsOf(before, summary.status);
    if (type !== undefined)
      this.#tell({ type, at: Date.now(), job: summary, path: pathOf(summary) });
  }

  /** An event came that could not be read. */
  unread(): void {
    const now = Date.now();
    if (now >= this.#unreadAt && now < this.#unreadAt + UNREAD_EVERY_MS) return;
    this.#unreadAt = now;
    this.#tell({ type: "event_unread", at: now, job: null, path: "/events/unread" });
  }

  #tell(event: WorkerEvent): void {
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
