/** The tasks that the alarm runs, and when. */
import { logError } from "../log.js";
import { LONGEST_RETRY_MS, retryDelay } from "../alarm.js";
import type { Calls } from "./operations/calls.js";
import type { Creation } from "./operations/creation.js";
import type { Expiry } from "./jobs/expiry.js";
import type { Inbox } from "./evidence/inbox.js";
import type { Pausing } from "./operations/pausing.js";
import { type JobRecord, type Records, note } from "./jobs/records.js";
import type { ProgressReports } from "./updates/progress-reports.js";
import type { Runner } from "./sending/runner.js";
import { begin, isMissed, startAt } from "./jobs/start-plan.js";
import type { ProgramState } from "./state.js";
import type { Usage } from "./evidence/usage.js";

/** A timer processes acknowledged events; if the object ends before, the alarm does, this much later. */
export const INBOX_FALLBACK_MS = 1_000;
/**
 * How often the app's object is asked whether a pause of everything has ended, in case its
 * notification is lost.
 */
const PAUSE_CHECK_MS = 60 * 60_000;
/** How soon the decision about a held job's group is asked for; the interval then grows. */
const HELD_CHECK_MS = 4_000;

/** The parts of the program's object used here. */
interface Dependencies {
  readonly calls: Calls;
  readonly creation: Creation;
  readonly expiry: Expiry;
  readonly inbox: Inbox;
  readonly pausing: Pausing;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  readonly state: ProgramState;
  readonly usage: Usage;
  armNext(): Promise<void>;
}

export class Schedule {
  /** When the app's object was last asked about the groups of the jobs that are held. */
  #groupsAskedAt = 0;
  /** How often maintenance failed in a row; it is tried again at `#retryAt`. */
  #failures: number | undefined;
  #retryAt = 0;
  /** Since when this object is in memory. */
  readonly #bornAt = Date.now();

  constructor(readonly program: Dependencies) {}

  /** Does what is due, then sets the alarm to the next due time. */
  async run(): Promise<void> {
    const { program } = this;
    const { creation, runner } = program;
    await this.#runMaintenance();
    await this.#startDue();
    const isDue = (at = Infinity) => at <= Date.now();
    // A code that is sent again by decision may have been reported since. Before the job is chosen,
    // because an operator may pause or cancel it meanwhile.
    if (isDue(runner.next(Date.now())?.at)) await program.inbox.flush();
    const next = runner.next(Date.now());
    // First, because a held job must not wait for the run of another.
    const mostMs = creation.isHolding ? HELD_CHECK_MS : undefined;
    // In parallel with the job, so that a long list delays nothing.
    const reading = program.usage.readIfDue(Date.now());
    if (next && isDue(next.at)) await runner.run(next.record, mostMs);
    await reading;
    await program.armNext();
  }

  /** The next due time. */
  nextDue(): number | undefined {
    const { program } = this;
    const { records, runner, creation } = program;
    const now = Date.now();
    const { isPaused } = program.state;
    const scheduled = records.inStatus("scheduled");
    const isWaiting = isPaused && scheduled.length + records.inStatus("running").length > 0;
    const inboxAt = program.inbox.dueAt(now);
    const chores = [
      inboxAt === undefined ? undefined : inboxAt + INBOX_FALLBACK_MS,
      isWaiting ? program.pausing.askedAt + PAUSE_CHECK_MS : undefined,
      // From the last check, so that waking up does not postpone it.
      creation.isHolding ? this.#groupsAskedAt + this.#heldCheckMs(now) : undefined,
      program.usage.nextAt(now),
      ...(isPaused ? [] : scheduled.map(({ summary }) => startAt(summary, now))),
      ...program.calls.dueAt(now),
      ...program.expiry.dueAt(),
    ].filter((at) => at !== undefined);
    const next = runner.next(now)?.at ?? Infinity;
    const due = Math.min(next, Math.max(now, this.#retryAt, Math.min(...chores)));
    return due === Infinity ? undefined : due;
  }

  /** Starts the jobs whose time has come. */
  async #startDue(): Promise<void> {
    const { pausing, records, runner, reports, state } = this.program;
    const isDue = ({ summary }: JobRecord) => startAt(summary, Date.now()) <= Date.now();
    const due = records.inStatus("scheduled").filter(isDue);
    if (due.length === 0) return;
    // What is known here may be older than the start window.
    await pausing.sync().catch((error: unknown) => logError("pause", error));
    if (state.isPaused) return;
    // The pause may have ended, or an operator have decided otherwise.
    for (const record of records.inStatus("scheduled").filter(isDue)) {
      const { summary } = record;
      if (isMissed(summary, this.#bornAt)) begin(record, Date.now());
      else {
        Object.assign(summary, { status: "running", startsAt: null });
        record.plan = { ...record.plan, isStarted: true };
        const { by, progress } = summary;
        note(record, { by, action: "started", codes: progress.total, detail: "schedule" });
      }
      runner.settle(record, summary.progress);
      await reports.report(record);
    }
  }

  #heldCheckMs(now: number): number {
    const held = this.program.records.inStatus("held").filter(({ isCall }) => !isCall);
    const age = now - Math.min(...held.map(({ summary }) => summary.createdAt));
    return Math.max(HELD_CHECK_MS, Math.min(age / 2, LONGEST_RETRY_MS));
  }

  /** Asks for the decisions of groups whose jobs are held: these start, or are removed. */
  async learnGroups(): Promise<void> {
    this.#groupsAskedAt = Date.now();
    await this.program.creation.settle();
  }

  /** Maintenance besides jobs. A failure stops neither the other tasks nor the jobs. */
  async #runMaintenance(): Promise<void> {
    const { program } = this;
    this.#failures ??= Number(program.state.read("failures") ?? 0);
    if (this.#retryAt > Date.now()) return;
    const before = this.#failures;
    this.#failures = 0;
    if (program.state.isPaused) await this.#attempt("pause", () => program.pausing.sync());
    await this.#attempt("groups", () => this.learnGroups());
    const isDue = (program.inbox.dueAt(Date.now()) ?? Infinity) <= Date.now();
    if (isDue) await this.#attempt("inbox", () => program.inbox.drain());
    await this.#attempt("expire", async () => {
      await program.calls.recover();
      await program.expiry.run();
    });
    const hasFailed = this.#failures > 0;
    this.#failures = hasFailed ? before + 1 : 0;
    this.#retryAt = hasFailed ? Date.now() + retryDelay(before) : 0;
    // The number of failures is stored, because the object is evicted within seconds; the alarm
    // waits until `#retryAt`.
    if (this.#failures !== before) program.state.write("failures", String(this.#failures));
  }

  async #attempt(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logError(name, error);
      this.#failures = 1;
    }
  }
}
