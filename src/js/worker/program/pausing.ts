/** Pauses and resumes a program's jobs. */
import type { OpenJobs } from "./open-jobs.js";
import { type JobRecord, type Records, type Who, note } from "./records.js";
import type { Reports } from "./reports.js";
import type { Runner } from "./runner.js";
import { isUnapproved } from "./start-plan.js";
import type { ProgramState } from "./state.js";
import type { Stubs } from "../stubs.js";
import type { JobStatus } from "../types.js";

const RESUMABLE: ReadonlySet<JobStatus> = new Set(["scheduled", "paused", "halted", "undecided"]);

/** What it needs of a program's object. */
interface Needs {
  readonly jobs: OpenJobs;
  readonly records: Records;
  readonly reports: Reports;
  readonly runner: Runner;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  arm(): Promise<void>;
}

export class Pausing {
  /** When the app's object was last asked whether everything is paused. */
  askedAt = Date.now();

  constructor(
    readonly program: Needs,
    /** Forgets until when Uber asked to wait. */
    readonly openPace: () => void,
  ) {}

  /** Asks whether an operator has paused everything. */
  async learn(): Promise<void> {
    const { stubs, state } = this.program;
    this.askedAt = Date.now();
    const isPaused = await stubs.app().isPaused(state.id);
    if (isPaused !== state.isPaused) await this.set(isPaused);
  }

  /** Pauses or resumes all jobs of this program. */
  async set(isPaused: boolean): Promise<void> {
    const { state, runner } = this.program;
    state.isPaused = isPaused;
    if (isPaused) runner.stop();
    else await this.program.arm();
  }

  /** Resumes a job at once, whatever it was waiting for. */
  async resume(record: JobRecord, who?: Who): Promise<void> {
    const { jobs, reports, runner, stubs } = this.program;
    const { summary, number } = record;
    const isWaiting = (summary.waitingUntil ?? 0) > Date.now();
    // Its state may have changed meanwhile, for example if its journal can be read again.
    if (isUnapproved(record)) return;
    if (!RESUMABLE.has(summary.status) && !(isWaiting && summary.status === "running")) return;
    if (isWaiting) {
      await stubs.app().open();
      this.openPace();
      // The job in memory would keep waiting.
      if (!runner.isRunning(number)) await jobs.drop(number);
    }
    if (summary.progress.pausedAfter) record.plan = { ...record.plan, isPastPause: true };
    const action = summary.status === "scheduled" ? "started" : "resumed";
    if (who) note(record, { ...who, action, codes: summary.progress.pending });
    Object.assign(summary, { status: "running", error: null, waitingUntil: null, startsAt: null });
    runner.settle(record, summary.progress);
    await this.program.arm();
    await reports.report(record);
  }

  /** Resumes all jobs that are halted. Returns how many there are. */
  async resumeHalted(): Promise<number> {
    await this.learn();
    const halted = this.program.records.inStatus("halted").filter(({ isCall }) => !isCall);
    for (const record of halted) await this.resume(record);
    return halted.length;
  }
}
