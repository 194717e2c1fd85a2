/**
 * Drives a program's jobs, one at a time, from the alarm: so they outlive the
 * request that started them, the tab, and the object in memory.
 */
import { JobError } from "../../errors.js";
import type { ReadableJob } from "../../job/job.js";
import { STATES } from "../../generated/protocol.js";
import type { JobProgress } from "../../job/types.js";
import { membersOf } from "../../members.js";
import { nextRetryDelay, retryDelay } from "../alarm.js";
import type { Budget } from "./budget.js";
import { log } from "../log.js";
import { BROKEN, type OpenJobs } from "./open-jobs.js";
import { faultOf } from "../problem.js";
import { type JobRecord, type Records, type Sample, restingStatus } from "./records.js";
import type { Reports } from "./reports.js";
import { type Said, withWords } from "./rejections.js";
import { noteSources } from "./sources.js";
import { isAtPause } from "./start-plan.js";

/** So long one alarm runs a job, at most; then the next one goes on. */
const SLICE_MS = 60_000;
/** How often a running job is written down. */
const SAVE_MS = 5_000;
/** No job waits longer for anything, whoever asked for it. */
export const LONGEST_WAIT_MS = 60 * 60_000;
const SAMPLE_MS = 1_000;
const MOST_SAMPLES = 240;
/** There is no token. Nothing has left, and it may pass. */
const TOKENLESS = new Set(["token_unavailable", "connection_failed", "timeout"]);
const RESTING: ReadonlySet<string> = new Set(["paused", "halted", "undecided"]);

/** When, and how many requests there had been by then. */
type Pulse = [at: number, requests: number];
const PULSES_MS = 10_000;

export class Runner {
  #running: { record: JobRecord; stop: AbortController; ended: Promise<void> } | undefined;
  /** Of the job that ran last: its rate is one over several slices. */
  #pulses: { number: number; pulses: Pulse[] } | undefined;

  constructor(
    readonly records: Records,
    readonly jobs: OpenJobs,
    readonly reports: Reports,
    readonly budget: Budget,
    readonly isPaused: () => boolean,
    readonly onChange: (record: JobRecord) => void,
  ) {}

  /** Uber said why it refuses something of the job that runs. */
  hear(said: Said): void {
    const record = this.#running?.record;
    if (record === undefined) return;
    const words = withWords(record.words, said);
    if (words === record.words) return;
    record.words = words;
    this.records.save(record);
  }

  isRunning(number: number): boolean {
    return this.#running?.record.number === number;
  }

  /** The job that is to run next, and when. */
  next(now: number): { record: JobRecord; at: number } | undefined {
    if (this.isPaused()) return undefined;
    const waiting = this.records.inStatus("running").map((record) => {
      const { waitingUntil, updatedAt } = record.summary;
      // A clock that was set back takes along what was planned by it.
      const until = (waitingUntil ?? 0) - Math.max(0, updatedAt - now);
      return { record, at: Math.max(now, Math.min(until, now + LONGEST_WAIT_MS)) };
    });
    return waiting.sort((one, other) => one.at - other.at)[0];
  }

  /** Nothing more leaves; what is under way is awaited by the run. */
  stop(number?: number): void {
    if (number === undefined || this.isRunning(number)) this.#running?.stop.abort();
  }

  /** The same of one job; resolves when it is at rest. */
  async stopped(number: number): Promise<void> {
    this.stop(number);
    if (this.isRunning(number)) await this.#running?.ended;
  }

  /** Uber asked for patience: the alarm goes on then. */
  hold(until: number): void {
    const running = this.#running;
    if (running === undefined) return;
    running.record.summary.waitingUntil = Math.min(until, Date.now() + LONGEST_WAIT_MS);
    this.onChange(running.record);
    running.stop.abort();
  }

  /** Runs a job until it ends, or for a while. */
  async run(record: JobRecord, mostMs = SLICE_MS): Promise<void> {
    const { summary } = record;
    const stop = new AbortController();
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#running = { record, stop, ended };
    // How long it has waited, if it has.
    const waitedMs = Math.max(0, (summary.waitingUntil ?? 0) - summary.updatedAt);
    summary.waitingUntil = null;
    summary.error = null;
    const slice = setTimeout(() => stop.abort(), mostMs);
    let progress = summary.progress;
    try {
      await this.jobs.use(record.number, async (job) => {
        // It ended between what it wrote down and what is written down here.
        if (isAtPause(record.plan, job.progress())) {
          summary.status = "paused";
          progress = job.progress();
          return;
        }
        const unsubscribe = job.subscribe(this.#watch(record, job));
        try {
          const { finished } = await job.run({ signal: stop.signal });
          // One that was stopped may have more to send, also of what is unknown. And
          // another status is an operator's decision, made meanwhile.
          const isOver = finished || !stop.signal.aborted || isAtPause(record.plan, job.progress());
          if (isOver && summary.status === "running") {
            summary.status = restingStatus(job.progress());
          }
        } finally {
          unsubscribe();
          progress = job.progress();
        }
      });
    } catch (error) {
      this.#failed(record, error, nextRetryDelay(waitedMs));
    } finally {
      clearTimeout(slice);
      this.#running = undefined;
      end();
    }
    if (this.budget.isRefusedAtOnce && summary.status === "running") {
      summary.waitingUntil = Date.now() + nextRetryDelay(waitedMs);
    }
    this.settle(record, progress);
    await this.reports.report(record);
  }

  /** Writes down how far a job is. */
  settle(record: JobRecord, progress: JobProgress): void {
    const { summary } = record;
    const now = Date.now();
    Object.assign(summary, { progress, updatedAt: now });
    if (RESTING.has(summary.status) && restingStatus(progress) === "finished") {
      // Webhooks, or an operator, have answered what was open.
      Object.assign(summary, { status: "finished", error: null });
    }
    if (summary.status === "finished") summary.finishedAt ??= now;
    else summary.finishedAt = null;
    const isSending = summary.status === "running" && summary.waitingUntil === null;
    if (!isSending || this.isPaused()) summary.rate = null;
    sample(record, now, true);
    this.records.save(record);
    this.onChange(record);
  }

  #watch(record: JobRecord, job: ReadableJob): () => void {
    let savedAt = Date.now();
    const { number } = record;
    if (this.#pulses?.number !== number) this.#pulses = { number, pulses: [] };
    const { pulses } = this.#pulses;
    return () => {
      const { summary } = record;
      const now = Date.now();
      summary.progress = job.progress();
      noteSources(record, job);
      pulses.push([now, summary.progress.requests]);
      while (pulses.length > 2 && (pulses[0]?.[0] ?? 0) < now - PULSES_MS) pulses.shift();
      const [[from, before] = [now, 0]] = pulses;
      summary.rate =
        now - from < 500 ? null : ((summary.progress.requests - before) * 1000) / (now - from);
      sample(record, now, false);
      if (now - savedAt >= SAVE_MS) {
        savedAt = now;
        summary.updatedAt = now;
        this.records.save(record);
        void this.reports.report(record);
      }
      this.onChange(record);
    };
  }

  #failed(record: JobRecord, error: unknown, delayMs: number): void {
    const { summary } = record;
    const fault = faultOf(error);
    log("job", { job: summary.id, program: summary.programId, state: "stopped", code: fault.code });
    // It has been set aside.
    if (summary.status === "unreadable") return;
    if (error instanceof JobError && BROKEN.has(error.code)) {
      // Its journal knows what is known: it is read again.
      summary.waitingUntil = Math.max(this.jobs.retryAt(record.number), Date.now() + delayMs);
      return;
    }
    summary.error = fault;
    if (summary.status !== "running") return;
    if (TOKENLESS.has(fault.code) && fault.queued === "no") {
      const { retryAfterMs } = membersOf(error);
      const asked = typeof retryAfterMs === "number" ? retryAfterMs : delayMs;
      const wait = Math.max(retryDelay(0), Math.min(asked, LONGEST_WAIT_MS));
      summary.waitingUntil = Date.now() + wait;
    } else {
      summary.status = "halted";
    }
  }
}

/** Takes a sample; when there are too many, every other one goes. */
function sample(record: JobRecord, now: number, isLast: boolean): void {
  const { samples, summary } = record;
  const counts = STATES.map((state) => summary.progress[state]);
  const [last] = samples.slice(-1) as (Sample | undefined)[];
  const isSame = counts.every((count, at) => last?.[at + 1] === count);
  const age = now - (samples[0]?.[0] ?? now);
  if (isSame) return;
  if (!isLast && last && now - last[0] < Math.max(SAMPLE_MS, (age * 2) / MOST_SAMPLES)) return;
  samples.push([now, ...counts]);
  if (samples.length > MOST_SAMPLES) {
    record.samples = samples.filter((_, at) => at % 2 === 0 || at === samples.length - 1);
  }
}
