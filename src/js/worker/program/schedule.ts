/** What a program's object does by itself, and when, from its one alarm. */
import { logError } from "../log.js";
import { LONGEST_RETRY_MS, retryDelay } from "../alarm.js";
import type { Calls } from "./calls.js";
import type { Creation } from "./creation.js";
import type { Expiry } from "./expiry.js";
import type { Inbox } from "./inbox.js";
import type { Pausing } from "./pausing.js";
import { type Records, note } from "./records.js";
import type { Reports } from "./reports.js";
import type { Runner } from "./runner.js";
import { startAt } from "./start-plan.js";
import type { ProgramState } from "./state.js";
import type { Usage } from "./usage.js";

/** A timer processes acknowledged events; if the object ends before, the alarm does, this much later. */
export const INBOX_FALLBACK_MS = 1_000;
/**
 * How often the app's object is asked whether a pause of everything has ended, in case its
 * notification is lost.
 */
const PAUSE_CHECK_MS = 60 * 60_000;
/** How soon the decision about a held job's group is asked for; the interval then grows. */
const HELD_CHECK_MS = 4_000;

/** What it needs of a program's object. */
interface Needs {
  readonly calls: Calls;
  readonly creation: Creation;
  readonly expiry: Expiry;
  readonly inbox: Inbox;
  readonly pausing: Pausing;
  readonly records: Records;
  readonly reports: Reports;
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

  constructor(readonly program: Needs) {}

  /** Does what is due, then sets the alarm to the next due time. */
  async run(): Promise<void> {
    const { program } = this;
    const { creation, runner } = program;
    await this.#doChores();
    await this.#startDue();
    const next = runner.next(Date.now());
    // First, because a held job must not wait for the run of another.
    const mostMs = creation.isHolding ? HELD_CHECK_MS : undefined;
    // In parallel with the job, so that a long list delays nothing.
    const reading = program.usage.readIfDue(Date.now());
    if (next && next.at <= Date.now()) await runner.run(next.record, mostMs);
    await reading;
    await program.armNext();
  }

  /** The next due time. */
  nextDue(): number | undefined {
    const { program } = this;
    const { records, runner, creation } = program;
    const now = Date.now();
    const isWaiting = program.state.isPaused && records.inStatus("running").length > 0;
    const inboxAt = program.inbox.dueAt(now);
    const chores = [
      inboxAt === undefined ? undefined : inboxAt + INBOX_FALLBACK_MS,
      isWaiting ? program.pausing.askedAt + PAUSE_CHECK_MS : undefined,
      // From the last check, so that waking up does not postpone it.
      creation.isHolding ? this.#groupsAskedAt + this.#heldCheckMs(now) : undefined,
      program.usage.nextAt(now),
      ...records.inStatus("scheduled").map(({ summary }) => startAt(summary, now)),
      ...program.calls.dueAt(now),
      ...program.expiry.dueAt(),
    ].filter((at) => at !== undefined);
    const next = runner.next(now)?.at ?? Infinity;
    const due = Math.min(next, Math.max(now, this.#retryAt, Math.min(...chores)));
    return due === Infinity ? undefined : due;
  }

  /** Starts the jobs whose time has come. */
  async #startDue(): Promise<void> {
    const { records, runner, reports } = this.program;
    const now = Date.now();
    for (const record of records.inStatus("scheduled")) {
      if (startAt(record.summary, now) > now) continue;
      const { summary } = record;
      Object.assign(summary, { status: "running", startsAt: null });
      note(record, { by: summary.by, action: "started", codes: summary.progress.total });
      runner.settle(record, record.summary.progress);
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
  async #doChores(): Promise<void> {
    const { program } = this;
    this.#failures ??= Number(program.state.read("failures") ?? 0);
    if (this.#retryAt > Date.now()) return;
    const before = this.#failures;
    this.#failures = 0;
    if (program.state.isPaused) await this.#attempt("pause", () => program.pausing.learn());
    await this.#attempt("groups", () => this.learnGroups());
    const isDue = (program.inbox.dueAt(Date.now()) ?? Infinity) <= Date.now();
    if (isDue) await this.#attempt("inbox", () => program.inbox.take());
    await this.#attempt("expire", async () => {
      await program.calls.recover();
      await program.expiry.run();
    });
    const hasFailed = this.#failures > 0;
    this.#failures = hasFailed ? before + 1 : 0;
    this.#retryAt = hasFailed ? Date.now() + retryDelay(before) : 0;
    // Kept, since an object leaves memory within seconds. The alarm has it wait until then.
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
