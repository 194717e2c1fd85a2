/** What a program's object does by itself, and when: all from its one alarm. */
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

/** What was acknowledged is taken in by a timer; should the object end before, so much later. */
export const INBOX_FALLBACK_MS = 1_000;
/**
 * The app's object tells when a pause of everything ends. Should it forget to, it
 * is asked so often.
 */
const PAUSE_CHECK_MS = 60 * 60_000;
/** While a job is held, it is asked so often what became of its group; later, more and more seldom. */
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
  /** Chores that failed, in a row; they are tried again at `#retryAt`. */
  #failures: number | undefined;
  #retryAt = 0;

  constructor(readonly program: Needs) {}

  /** Does what is due; then the alarm is set to what is due next. */
  async run(): Promise<void> {
    const { program } = this;
    const { creation, runner } = program;
    await this.#doChores();
    await this.#startDue();
    const next = runner.next(Date.now());
    // A job that is held can't wait for another's turn to end.
    const mostMs = creation.isHolding ? HELD_CHECK_MS : undefined;
    // Beside the job: a long list keeps nobody waiting.
    const reading = program.usage.readIfDue(Date.now());
    if (next && next.at <= Date.now()) await runner.run(next.record, mostMs);
    await reading;
    await program.armNext();
  }

  /** When there is something to do next. */
  nextDue(): number | undefined {
    const { program } = this;
    const { records, runner, creation } = program;
    const now = Date.now();
    const isWaiting = program.state.isPaused && records.inStatus("running").length > 0;
    const inboxAt = program.inbox.dueAt(now);
    const chores = [
      inboxAt === undefined ? undefined : inboxAt + INBOX_FALLBACK_MS,
      isWaiting ? program.pausing.askedAt + PAUSE_CHECK_MS : undefined,
      // No later each time that the object comes back to memory, which arms anew.
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

  /** Learns what became of the groups of jobs that are held: these start, or go. */
  async learnGroups(): Promise<void> {
    this.#groupsAskedAt = Date.now();
    await this.program.creation.settle();
  }

  /** What is no job. One that fails keeps neither the others nor the jobs from their turn. */
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
