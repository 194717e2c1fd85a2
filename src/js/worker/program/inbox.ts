/**
 * Webhooks that were acknowledged and are to be taken in: written down first,
 * because Uber does not send again what was acknowledged.
 *
 * Each job takes in what is its own. One that fails, or can't be read, keeps
 * nothing from the others: its outcomes wait for it.
 */
import { idsOfCodes } from "../code-ids.js";
import type { Ledger } from "./ledger.js";
import { logError } from "../log.js";
import type { OpenJobs } from "./open-jobs.js";
import type { OutcomeQueue } from "./outcome-queue.js";
import type { ObjectStorage } from "../platform-types.js";
import type { JobRecord, Records } from "./records.js";
import type { WebhookOutcome } from "../../webhook/webhook.js";

/** What comes within that is taken in together: one record in a job's journal. */
const GATHER_MS = 500;
/** From one time to the next, at least. */
const INTERVAL_MS = 5_000;

export class Inbox {
  #taking: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next time is. */
  #nextAt = 0;

  constructor(
    readonly storage: ObjectStorage,
    readonly queue: OutcomeQueue,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    /** Writes down a job that has something new. */
    readonly onChange: (record: JobRecord) => void,
    /** All is taken in that there was: how far these jobs are may be told. */
    readonly onTaken: (records: JobRecord[]) => Promise<void>,
  ) {}

  /** Writes an event down. It is taken in soon. */
  add(outcomes: readonly WebhookOutcome[]): void {
    this.queue.add(outcomes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#taking !== undefined) return;
    const now = Date.now();
    this.#nextAt = Math.max(now + GATHER_MS, this.#nextAt);
    this.#timer = setTimeout(() => {
      void this.take().catch((error: unknown) => logError("inbox", error));
    }, this.#nextAt - now);
  }

  /** When there is something to take in; undefined where there is nothing. */
  dueAt(now: number): number | undefined {
    const due = this.queue.isEmpty ? [] : [this.#timer === undefined ? now : this.#nextAt];
    for (const number of this.queue.jobs) {
      if (this.#canTake(number)) due.push(Math.max(now, this.jobs.retryAt(number)));
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Takes in all that is there. */
  take(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nextAt = Date.now() + INTERVAL_MS;
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined;
      // What came meanwhile.
      if (!this.queue.isEmpty) this.#schedule();
    });
    return this.#taking;
  }

  async #takeAll(): Promise<void> {
    const changed = new Set<JobRecord>();
    for (let part; (part = this.queue.first());) {
      const { byJob, orphans } = this.#sort(part.outcomes);
      const waiting = new Map<number, WebhookOutcome[]>();
      const taken: JobRecord[] = [];
      for (const [number, outcomes] of byJob) {
        const record = await this.#apply(number, outcomes);
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
      const record = await this.#takeWaiting(number);
      if (record) changed.add(record);
    }
    await this.onTaken([...changed]);
  }

  /** What waits for a job; gives the job that has it now. */
  async #takeWaiting(number: number): Promise<JobRecord | undefined> {
    let taken: JobRecord | undefined;
    for (let part; this.#canTake(number) && (part = this.queue.firstFor(number));) {
      const { outcomes } = part;
      const record = await this.#apply(number, outcomes);
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

  /** By the jobs that have the codes; and those whose job is gone, so that the ledger takes them. */
  #sort(outcomes: readonly WebhookOutcome[]) {
    const ids = idsOfCodes(outcomes.map(({ code }) => code));
    const byCode = new Map<string, WebhookOutcome[]>();
    for (const outcome of outcomes) {
      const others = byCode.get(outcome.code);
      if (others) others.push(outcome);
      else byCode.set(outcome.code, [outcome]);
    }
    const byJob = new Map<number, WebhookOutcome[]>();
    const orphans = new Set<WebhookOutcome>();
    // A code that is named twice is found once, at one of its places.
    this.ledger.find(ids, (place, { job, state }) => {
      const found = byCode.get((outcomes[place] as WebhookOutcome).code) ?? [];
      if (state !== undefined) return void found.forEach((outcome) => orphans.add(outcome));
      const others = byJob.get(job);
      if (others) others.push(...found);
      else byJob.set(job, [...found]);
    });
    return { byJob, orphans };
  }

  /** Whether there is sense in trying: not with a job that can't be read. */
  #canTake(number: number): boolean {
    return this.records.byNumber(number)?.summary.status !== "unreadable";
  }

  async #apply(
    number: number,
    outcomes: readonly WebhookOutcome[],
  ): Promise<JobRecord | "gone" | "waits"> {
    const record = this.records.byNumber(number);
    if (record === undefined || record.isFolded) return "gone";
    if (!this.#canTake(number) || this.jobs.retryAt(number) > Date.now()) return "waits";
    try {
      await this.jobs.use(number, async (job) => {
        await job.applyWebhook({ programId: null, outcomes });
        record.summary.progress = job.progress();
      });
    } catch (error) {
      // It tries again later. Where it can't be read, it has been set aside.
      logError("inbox", error);
      return "waits";
    }
    // It may have expired meanwhile, without them.
    return record.isFolded ? "gone" : record;
  }

  #settle(outcomes: readonly WebhookOutcome[]): void {
    if (outcomes.length === 0) return;
    const distributed = new Set(
      outcomes.filter(({ status }) => status === "distributed").map(({ code }) => code),
    );
    this.ledger.settle(idsOfCodes(outcomes.map(({ code }) => code)), (place) =>
      distributed.has((outcomes[place] as WebhookOutcome).code) ? "distributed" : "failed",
    );
  }
}
