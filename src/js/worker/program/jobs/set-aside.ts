/**
 * Jobs whose journals can't be read: they are damaged, or of another organization, base
 * URL or version. They are set aside, so that nothing else waits for them. Their codes
 * stay claimed.
 */
import { canonicalId } from "../../../codes/canonical-id.js";
import type { Ledger } from "./ledger.js";
import { log, logError } from "../../log.js";
import type { OpenJobs } from "./open-jobs.js";
import type { ObjectStorage } from "../../platform-types.js";
import { faultOf } from "../../problem.js";
import type { JobRecord, Records } from "./records.js";
import type { WorkerEnv } from "../../types.js";

/** Incremented when a release can read jobs that the previous one could not. */
const READER_VERSION = 1;
/** Viewing a job reads it again, but not more often than this. */
const RETRY_MS = 60_000;

export class SetAside {
  readonly #readWith: string;
  readonly #triedAt = new Map<number, number>();

  constructor(
    env: WorkerEnv,
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    /** A job was set aside, dropped or restored. */
    readonly onChange: (record: JobRecord) => Promise<void>,
    /** A job can be read again, and needs a status. */
    readonly onReadable: (record: JobRecord, wasHeld: boolean) => Promise<void>,
  ) {
    const { UBER_BASE_URL: baseUrl, UBER_ORGANIZATION_ID: organization } = env;
    this.#readWith = [READER_VERSION, baseUrl, canonicalId(String(organization))].join(" ");
  }

  /** Sets aside a job that could not be read. */
  add(number: number, error: unknown): void {
    this.#triedAt.set(number, Date.now());
    const record = this.records.byNumber(number);
    const status = record?.summary.status;
    if (record === undefined || record.isFolded || status === "creating") return;
    const fault = faultOf(error);
    const { summary } = record;
    const { id: job, programId: program } = summary;
    log("job", { job, program, state: "unreadable", code: fault.code });
    const before = record.setAside?.status ?? summary.status;
    record.setAside = { status: before, readWith: this.#readWith };
    Object.assign(summary, {
      status: "unreadable",
      error: fault,
      waitingUntil: null,
      rate: null,
      updatedAt: Date.now(),
    });
    this.records.save(record);
    void this.onChange(record).catch((cause: unknown) => logError("set aside", cause));
  }

  /** After a start: reads again the jobs that may be readable now. */
  async retryAll(): Promise<void> {
    for (const record of this.records.inStatus("unreadable")) {
      if (record.setAside?.readWith !== this.#readWith) await this.retry(record);
    }
  }

  /** Reads a job again, unless that was just tried. Never throws. */
  async retry(record: JobRecord): Promise<void> {
    const { number, summary } = record;
    if (summary.status !== "unreadable") return;
    if ((this.#triedAt.get(number) ?? -Infinity) > Date.now() - RETRY_MS) return;
    this.#triedAt.set(number, Date.now());
    try {
      await this.jobs.get(number);
      // Another request may have been faster.
      if (record.setAside === null) return;
      const wasHeld = record.setAside.status === "held";
      record.setAside = null;
      summary.error = null;
      await this.onReadable(record, wasHeld);
    } catch (error) {
      logError("set aside", error);
    }
  }

  /** Deletes the journal of a job. Its codes stay claimed, as unknown. */
  async drop(record: JobRecord): Promise<void> {
    const { number, summary } = record;
    this.storage.transactionSync(() => {
      this.ledger.fold(number, null, () => "unknown");
      Object.assign(record, { isFolded: true, setAside: null });
      Object.assign(summary, { status: "dropped", updatedAt: Date.now() });
      this.records.save(record);
    });
    await this.jobs.delete(number);
    await this.onChange(record);
  }
}
