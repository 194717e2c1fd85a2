/**
 * Outcomes of webhooks, on their way to jobs. They are stored first, because Uber does not
 * repeat acknowledged webhooks.
 *
 * Each job gets the outcomes of its codes. If a job fails or can't be read, its outcomes
 * wait, and the other jobs get theirs.
 */
import { idsOfCodes } from "../../code-ids.js";
import type { Ledger } from "../jobs/ledger.js";
import { faultOf } from "../../problem.js";
import { logError } from "../../log.js";
import { BROKEN, type OpenJobs } from "../jobs/open-jobs.js";
import type { EventOutcomes, OutcomeQueue, QueuedOutcome } from "./outcome-queue.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { JobRecord, Records } from "../jobs/records.js";
import type { JobFault } from "../../types.js";
import type { CodeState, Job } from "../../../job/types.js";
import type { WebhookOutcome } from "../../../webhook/webhook.js";

/** Outcomes within this time are processed together: one record in a job's journal. */
const GATHER_MS = 500;
/** The least time between two runs. */
const INTERVAL_MS = 5_000;

export class Inbox {
  #taking: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next run is. */
  #nextAt = 0;

  constructor(
    readonly storage: ObjectStorage,
    readonly queue: OutcomeQueue,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    /** Stores a job that has changed. */
    readonly onChange: (record: JobRecord) => void,
    /**
     * Called when the inbox is empty, with the jobs that changed and the codes that
     * each event settled.
     */
    readonly onTaken: (records: JobRecord[], settled: Map<string, number>) => Promise<void>,
  ) {}

  /** Stores events. They are processed soon. */
  add(events: readonly EventOutcomes[]): void {
    this.queue.add(events);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#taking !== undefined) return;
    const now = Date.now();
    this.#nextAt = Math.max(now + GATHER_MS, this.#nextAt);
    this.#timer = setTimeout(() => {
      void this.drain().catch((error: unknown) => logError("inbox", error));
    }, this.#nextAt - now);
  }

  /** When the next run is due; undefined if nothing is stored. */
  dueAt(now: number): number | undefined {
    const due = this.queue.isEmpty ? [] : [this.#timer === undefined ? now : this.#nextAt];
    for (const number of this.queue.jobs) {
      if (this.#canTake(number)) due.push(Math.max(now, this.jobs.retryAt(number)));
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Processes everything that is stored. */
  drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nextAt = Date.now() + INTERVAL_MS;
    this.#taking ??= this.#drainAll().finally(() => {
      this.#taking = undefined;
      // Outcomes that arrived meanwhile.
      if (!this.queue.isEmpty) this.#schedule();
    });
    return this.#taking;
  }

  /**
   * Processes at once what has arrived, because somebody decides about its codes. Never throws: what
   * a job can't take stays stored.
   */
  async flush(): Promise<void> {
    // A run that is about to end may not see what has just arrived.
    await this.#taking?.catch(() => {});
    if (this.queue.isEmpty) return;
    await this.drain().catch((error: unknown) => logError("inbox", error));
  }

  async #drainAll(): Promise<void> {
    const changed = new Set<JobRecord>();
    const settled = new Map<string, number>();
    for (let part; (part = this.queue.first());) {
      const { byJob, orphans } = this.#sort(part.outcomes);
      const waiting = new Map<number, QueuedOutcome[]>();
      const taken: JobRecord[] = [];
      for (const [number, outcomes] of byJob) {
        const record = await this.#apply(number, outcomes, settled);
        if (record === "gone") outcomes.forEach((outcome) => orphans.add(outcome));
        else if (record === "waits") waiting.set(number, outcomes);
        else taken.push(record);
      }
      const done = part;
      this.storage.transactionSync(() => {
        this.#settle([...orphans]);
        for (const [number, rest] of waiting) this.queue.keepFor(number, rest);
        taken.forEach(this.onChange);
        this.queue.remove(done);
      });
      taken.forEach((record) => changed.add(record));
    }
    for (const number of this.queue.jobs) {
      const record = await this.#drainWaiting(number, settled);
      if (record) changed.add(record);
    }
    await this.onTaken([...changed], settled);
  }

  /** Applies the outcomes that wait for a job. Returns its record if any were applied. */
  async #drainWaiting(
    number: number,
    settled: Map<string, number>,
  ): Promise<JobRecord | undefined> {
    let taken: JobRecord | undefined;
    for (let part; this.#canTake(number) && (part = this.queue.firstFor(number));) {
      const { outcomes } = part;
      const record = await this.#apply(number, outcomes, settled);
      if (record === "waits") break;
      const done = part;
      this.storage.transactionSync(() => {
        if (record === "gone") this.#settle(outcomes);
        else this.onChange((taken = record));
        this.queue.removeFor(number, done);
      });
    }
    return taken;
  }

  /**
   * Finds the jobs of these codes, and the codes whose job was deleted: the ledger takes their
   * outcomes.
   */
  #sort(outcomes: readonly QueuedOutcome[]) {
    const byJob = new Map<number, QueuedOutcome[]>();
    const rest = this.#takeKnown(outcomes, byJob);
    const ids = idsOfCodes(rest.map(({ code }) => code));
    const byCode = new Map<string, QueuedOutcome[]>();
    for (const outcome of rest) {
      const others = byCode.get(outcome.code);
      if (others) others.push(outcome);
      else byCode.set(outcome.code, [outcome]);
    }
    const orphans = new Set<QueuedOutcome>();
    // A code that occurs twice is found at one of its indices.
    if (rest.length === 0) return { byJob, orphans };
    this.ledger.find(ids, (index, { job, state }) => {
      const found = byCode.get(rest[index]?.code ?? "") ?? [];
      if (state !== undefined) return void found.forEach((outcome) => orphans.add(outcome));
      const others = byJob.get(job);
      if (others) others.push(...found);
      else byJob.set(job, [...found]);
    });
    return { byJob, orphans };
  }

  /**
   * Applies outcomes to jobs in memory that share no codes, without reading the ledger, which would
   * read a page for nearly each of them. Returns the rest.
   */
  #takeKnown(
    outcomes: readonly QueuedOutcome[],
    byJob: Map<number, QueuedOutcome[]>,
  ): readonly QueuedOutcome[] {
    let rest = outcomes;
    for (const [number, job] of this.jobs.openJobs()) {
      const record = this.records.byNumber(number);
      if (record === undefined || record.sharesCodes || record.isFolded) continue;
      const has = ({ code }: QueuedOutcome) => job.get(code) !== undefined;
      const found = new Set(rest.filter(has));
      if (found.size === 0) continue;
      byJob.set(number, [...found]);
      rest = rest.filter((outcome) => !found.has(outcome));
    }
    return rest;
  }

  /** Whether to try now: not with a job that can't be read. */
  #canTake(number: number): boolean {
    return this.records.byNumber(number)?.summary.status !== "unreadable";
  }

  async #apply(
    number: number,
    outcomes: readonly QueuedOutcome[],
    settled: Map<string, number>,
  ): Promise<JobRecord | "gone" | "waits"> {
    const record = this.records.byNumber(number);
    if (record === undefined || record.isFolded) return "gone";
    if (!this.#canTake(number) || this.jobs.retryAt(number) > Date.now()) return "waits";
    try {
      await this.jobs.use(number, async (job) => {
        const countSettled = watchStates(job, outcomes);
        const all = await job.applyWebhook({ programId: null, outcomes });
        record.summary.progress = job.progress();
        const { error, status } = record.summary;
        if (error !== null && isNoted(error) && status !== "halted") record.summary.error = null;
        for (const [event, count] of countSettled(all))
          settled.set(event, (settled.get(event) ?? 0) + count);
      });
    } catch (error) {
      // It is tried again later. A job that can't be read was set aside.
      logError("inbox", error);
      this.#noteFault(record, faultOf(error));
      return "waits";
    }
    // The job may have expired meanwhile.
    return record.isFolded ? "gone" : record;
  }

  /** Shows why a job does not accept its outcomes. */
  #noteFault(record: JobRecord, fault: JobFault): void {
    if (record.summary.error !== null || !isNoted(fault)) return;
    record.summary.error = fault;
    try {
      this.onChange(record);
    } catch (error) {
      // Storage may be failing.
      logError("inbox", error);
    }
  }

  #settle(outcomes: readonly WebhookOutcome[]): void {
    if (outcomes.length === 0) return;
    const distributed = new Set(
      outcomes.filter(({ status }) => status === "distributed").map(({ code }) => code),
    );
    this.ledger.settle(idsOfCodes(outcomes.map(({ code }) => code)), (index) =>
      distributed.has(outcomes[index]?.code ?? "") ? "distributed" : "failed",
    );
  }
}

/** Shown until the job works again. A run leaves such an error only if it halts. */
const isNoted = ({ code }: JobFault) => BROKEN.has(code) || code === "internal";

/**
 * Looks at the codes before outcomes are applied. Returns a function that counts
 * afterwards how many codes each event settled; a code counts for the first event that
 * names it. Looking at a code takes ten microseconds.
 */
function watchStates(
  job: Pick<Job, "get">,
  outcomes: readonly QueuedOutcome[],
): (all: number) => Iterable<[event: string, count: number]> {
  const [one, ...others] = new Set(outcomes.flatMap(({ event }) => event ?? []));
  if (one === undefined) return () => [];
  if (others.length === 0) return (all) => [[one, all]];
  const first = new Map<string, { event: string; state: CodeState | undefined }>();
  for (const { code, event } of outcomes) {
    if (event === undefined || first.has(code)) continue;
    first.set(code, { event, state: job.get(code)?.state });
  }
  return () => {
    const counts = new Map<string, number>();
    for (const [code, { event, state }] of first) {
      const hasChanged = job.get(code)?.state !== state;
      counts.set(event, (counts.get(event) ?? 0) + Number(hasChanged));
    }
    return counts;
  };
}
