/**
 * Webhooks that were acknowledged and are to be taken in: written down first,
 * because Uber does not send again what was acknowledged.
 */
import { idsOfCodes } from "./code-ids.js";
import type { Ledger } from "./ledger.js";
import type { OpenJobs } from "./open-jobs.js";
import type { ObjectStorage } from "./platform-types.js";
import type { JobRecord, Records } from "./records.js";
import type { WebhookOutcome } from "../webhook.js";

/** Events taken in together: one record in a job's journal. */
const AT_ONCE = 200;

export class Inbox {
  #taking: Promise<void> | undefined;
  /** The jobs that what was taken in concerns. */
  readonly #changed = new Set<JobRecord>();

  constructor(
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    readonly onChange: (record: JobRecord) => void,
    /** All is taken in that there was: how far these jobs are may be told. */
    readonly onTaken: (records: JobRecord[]) => Promise<void>,
  ) {}

  get isEmpty(): boolean {
    return [...this.storage.sql.exec("SELECT 1 FROM inbox LIMIT 1")].length === 0;
  }

  add(outcomes: readonly WebhookOutcome[]): void {
    this.storage.sql.exec("INSERT INTO inbox (outcomes) VALUES (?)", JSON.stringify(outcomes));
  }

  /** Takes in all that is there. */
  take(): Promise<void> {
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  async #takeAll(): Promise<void> {
    for (;;) {
      const rows = [
        ...this.storage.sql.exec<{ id: number; outcomes: string }>(
          "SELECT id, outcomes FROM inbox ORDER BY id LIMIT ?",
          AT_ONCE,
        ),
      ];
      const last = rows.at(-1);
      if (last === undefined) break;
      const outcomes = rows.flatMap((row) => JSON.parse(row.outcomes) as WebhookOutcome[]);
      await this.#apply(outcomes);
      this.storage.sql.exec("DELETE FROM inbox WHERE id <= ?", last.id);
    }
    const changed = [...this.#changed];
    this.#changed.clear();
    await this.onTaken(changed);
  }

  async #apply(outcomes: readonly WebhookOutcome[]): Promise<void> {
    const ids = idsOfCodes(outcomes.map(({ code }) => code));
    const byCode = new Map<string, WebhookOutcome[]>();
    for (const outcome of outcomes) {
      const others = byCode.get(outcome.code);
      if (others) others.push(outcome);
      else byCode.set(outcome.code, [outcome]);
    }
    const byJob = new Map<number, WebhookOutcome[]>();
    /** Of codes whose job is gone: the ledger takes it. */
    const orphans = new Set<WebhookOutcome>();
    // A code that is named twice is found once, at one of its places.
    this.ledger.find(ids, (place, { job, state }) => {
      const found = byCode.get((outcomes[place] as WebhookOutcome).code) ?? [];
      if (state !== undefined) return found.forEach((outcome) => orphans.add(outcome));
      const others = byJob.get(job);
      if (others) others.push(...found);
      else byJob.set(job, [...found]);
    });
    for (const [number, found] of byJob) {
      const record = this.records.byNumber(number);
      if (record && !record.isFolded) {
        await this.jobs.use(number, async (job) => {
          await job.applyWebhook({ programId: null, outcomes: found });
          record.summary.progress = job.progress();
        });
        this.onChange(record);
        this.#changed.add(record);
      }
    }
    // Also those whose job has gone meanwhile.
    for (const [number, found] of byJob) {
      const record = this.records.byNumber(number);
      if (!record || record.isFolded) found.forEach((outcome) => orphans.add(outcome));
    }
    if (orphans.size > 0) this.#settle([...orphans]);
  }

  #settle(outcomes: readonly WebhookOutcome[]): void {
    const distributed = new Set(
      outcomes.filter(({ status }) => status === "distributed").map(({ code }) => code),
    );
    this.ledger.settle(idsOfCodes(outcomes.map(({ code }) => code)), (place) =>
      distributed.has((outcomes[place] as WebhookOutcome).code) ? "distributed" : "failed",
    );
  }
}
