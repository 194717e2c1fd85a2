/** Pauses and resumes a program's jobs. */
import type { OpenJobs } from "../jobs/open-jobs.js";
import { type JobRecord, type Records, type Who, note } from "../jobs/records.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import type { Runner } from "../sending/runner.js";
import { begin, isUnapproved, startAt } from "../jobs/start-plan.js";
import { hasTrait } from "../jobs/statuses.js";
import type { ProgramState } from "../state.js";
import type { Stubs } from "../../stubs.js";

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  arm(): Promise<void>;
}

export class Pausing {
  /** When the app's object was last asked whether everything is paused. */
  askedAt = Date.now();

  constructor(
    readonly program: Dependencies,
    /** Forgets until when Uber asked to wait. */
    readonly openPace: () => void,
  ) {}

  /** Asks whether an operator has paused everything. */
  async sync(): Promise<void> {
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
    else {
      await this.#renewWindows();
      await this.program.arm();
    }
  }

  /** Start times that passed during the pause are set anew. */
  async #renewWindows(): Promise<void> {
    const { records, reports, runner } = this.program;
    for (const record of records.inStatus("scheduled")) {
      if (startAt(record.summary, Date.now()) > Date.now()) continue;
      begin(record, Date.now());
      runner.settle(record, record.summary.progress);
      await reports.report(record);
    }
  }

  /** Resumes a job at once, whatever it was waiting for. */
  async resume(record: JobRecord, who?: Who): Promise<void> {
    const { jobs, reports, runner, stubs } = this.program;
    const { summary, number } = record;
    const isWaiting = (summary.waitingUntil ?? 0) > Date.now();
    // Its state may have changed meanwhile, for example if its journal can be read again.
    if (isUnapproved(record)) return;
    if (!hasTrait(summary.status, "resume") || (summary.status === "running" && !isWaiting)) return;
    if (isWaiting) {
      await stubs.app().open();
      this.openPace();
      // The job in memory would keep waiting.
      if (!runner.isRunning(number)) await jobs.drop(number);
    }
    const { pausedAfter } = summary.progress;
    record.plan = { ...record.plan, isStarted: true, ...(pausedAfter && { isPastPause: true }) };
    const action = summary.status === "scheduled" ? "started" : "resumed";
    if (who) note(record, { ...who, action, codes: summary.progress.pending });
    Object.assign(summary, { status: "running", error: null, waitingUntil: null, startsAt: null });
    runner.settle(record, summary.progress);
    await this.program.arm();
    await reports.report(record);
  }

  /** Resumes all jobs that are halted. Returns how many there are. */
  async resumeHalted(): Promise<number> {
    await this.sync();
    const halted = this.program.records.inStatus("halted").filter(({ isCall }) => !isCall);
    for (const record of halted) await this.resume(record);
    return halted.length;
  }
}
