/**
 * Runs a program's jobs, one at a time, from the alarm. So they continue after the request
 * that started them, without the page, and when the object leaves memory.
 */
import { JobError } from "../../../errors.js";
import type { ReadableJob } from "../../../job/job.js";
import type { JobProgress } from "../../../job/types.js";
import { membersOf } from "../../../members.js";
import { nextRetryDelay, retryDelay } from "../../alarm.js";
import type { Budget } from "../../budget.js";
import { log } from "../../log.js";
import { SAMPLED_STATES } from "../../sampled-states.js";
import { BROKEN, type OpenJobs } from "../jobs/open-jobs.js";
import { faultOf } from "../../problem.js";
import { type JobRecord, type Records, restingStatus } from "../jobs/records.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import { type RefusalMessage, addMessage } from "../jobs/rejections.js";
import { noteSources } from "../jobs/sources.js";
import { isAtPause } from "../jobs/start-plan.js";
import { hasTrait } from "../jobs/statuses.js";
import type { JobSample } from "../../types.js";

/** How long one alarm runs a job; then the next one continues. */
const SLICE_MS = 60_000;
/** How often a running job is stored. */
const SAVE_MS = 5_000;
/** The longest wait of a job. */
export const LONGEST_WAIT_MS = 60 * 60_000;
const SAMPLE_MS = 1_000;
const MAX_SAMPLES = 240;
/** Errors of the token endpoint that may pass. Nothing was sent. */
const TOKENLESS = new Set(["token_unavailable", "connection_failed", "timeout"]);

/** A time, and the number of requests until then. */
type Pulse = [at: number, requests: number];
const PULSES_MS = 10_000;

export class Runner {
  #running: { record: JobRecord; stop: AbortController; ended: Promise<void> } | undefined;
  /** The sample of the job that ran last: the rate covers several slices. */
  #pulses: { number: number; pulses: Pulse[] } | undefined;

  constructor(
    readonly records: Records,
    readonly jobs: OpenJobs,
    readonly reports: ProgressReports,
    readonly budget: Budget,
    readonly isPaused: () => boolean,
    readonly onChange: (record: JobRecord) => void,
  ) {}

  /** Stores why Uber refused a request of the running job. */
  hear(said: RefusalMessage): void {
    const record = this.#running?.record;
    if (record === undefined) return;
    const words = addMessage(record.words, said);
    if (words === record.words) return;
    record.words = words;
    this.records.save(record);
  }

  isRunning(number: number): boolean {
    return this.#running?.record.number === number;
  }

  /** The next job to run, and when. */
  next(now: number): { record: JobRecord; at: number } | undefined {
    if (this.isPaused()) return undefined;
    const waiting = this.records.inStatus("running").map((record) => {
      const { waitingUntil, updatedAt } = record.summary;
      // If the clock was set back, the planned time moves back with it.
      const until = (waitingUntil ?? 0) - Math.max(0, updatedAt - now);
      return { record, at: Math.max(now, Math.min(until, now + LONGEST_WAIT_MS)) };
    });
    return waiting.sort((one, other) => one.at - other.at)[0];
  }

  /** Stops sending; the run waits for requests that are under way. */
  stop(number?: number): void {
    if (number === undefined || this.isRunning(number)) this.#running?.stop.abort();
  }

  /** The same for one job; resolves once it has stopped. */
  async stopped(number: number): Promise<void> {
    this.stop(number);
    if (this.isRunning(number)) await this.#running?.ended;
  }

  /** Uber asked to wait: the alarm continues then. */
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
    // How long it has waited so far.
    const waitedMs = Math.max(0, (summary.waitingUntil ?? 0) - summary.updatedAt);
    summary.waitingUntil = null;
    summary.error = null;
    const slice = setTimeout(() => stop.abort(), mostMs);
    let progress = summary.progress;
    try {
      await this.jobs.use(record.number, async (job) => {
        // The object ended after the journal was written, but before this record.
        if (isAtPause(record.plan, job.progress())) {
          summary.status = "paused";
          progress = job.progress();
          return;
        }
        const unsubscribe = job.subscribe(this.#watch(record, job));
        try {
          const { finished } = await job.run({ signal: stop.signal });
          // A stopped job may have more to send, or unknown codes. Any other status is an
          // operator's decision, made meanwhile.
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

  /** Stores the progress of a job. */
  settle(record: JobRecord, progress: JobProgress): void {
    const { summary } = record;
    const now = Date.now();
    Object.assign(summary, { progress, updatedAt: now });
    if (hasTrait(summary.status, "resting") && restingStatus(progress) === "finished") {
      // Webhooks or an operator have settled what was open.
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
      // The journal has everything: it is read again.
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

/** Adds a sample. If there are too many, every second one is removed. */
function sample(record: JobRecord, now: number, isLast: boolean): void {
  const { samples, summary } = record;
  const counts = SAMPLED_STATES.map((state) => summary.progress[state]);
  const [last] = samples.slice(-1) as (JobSample | undefined)[];
  const isSame = counts.every((count, at) => last?.[at + 1] === count);
  const age = now - (samples[0]?.[0] ?? now);
  if (isSame) return;
  if (!isLast && last && now - last[0] < Math.max(SAMPLE_MS, (age * 2) / MAX_SAMPLES)) return;
  samples.push([now, ...counts]);
  if (samples.length > MAX_SAMPLES) {
    record.samples = samples.filter((_, at) => at % 2 === 0 || at === samples.length - 1);
  }
}
