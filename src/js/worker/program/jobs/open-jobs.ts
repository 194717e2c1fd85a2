/** The jobs of a program that are in memory: read from their journals, and closed when others are needed. */
import { membersOf } from "../../../members.js";
import type { Client } from "../../../client/client.js";
import type { CodeList } from "../../../codes/code-list.js";
import { BulkJob, type ReadableJob } from "../../../job/job.js";
import type { Job, JobOptions } from "../../../job/types.js";
import { durableObjectJournal, readDamaged } from "../../../journal/durable-object.js";
import type { Journal } from "../../../journal/types.js";
import { type Pace, type PacedOptions, pace } from "../../../job/pace.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { JobRecord } from "./records.js";

const MAX_OPEN = 3;
/** With these errors a journal stays unreadable. */
const UNREADABLE = new Set(["journal_corrupt", "journal_mismatch", "invalid_program_id"]);
/** After these errors, a job is read from its journal again. */
export const BROKEN = new Set(["instance_lost", "journal_failed", "job_closed", "job_busy"]);
/** A journal that crashes the module this often in a row counts as unreadable. */
const MAX_BREAKDOWNS = 5;
/** How long a failed job waits; each further failure doubles it. */
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 15 * 60_000;

const nameOf = (number: number) => `job-${number}`;
const codeOf = (error: unknown) => String(membersOf(error)["code"]);

function readable(job: Job): ReadableJob {
  if (job instanceof BulkJob) return job;
  throw new TypeError("This is not a job of this package");
}

export class OpenJobs {
  readonly #open = new Map<number, Promise<ReadableJob>>();
  /** The open jobs that were read completely. */
  readonly #read = new WeakMap<Promise<ReadableJob>, ReadableJob>();
  /** How many callers are using a job: it must stay open. */
  readonly #users = new Map<number, number>();
  /** Closings under way: a journal must be released before it is opened again. */
  readonly #closing = new Map<number, Promise<unknown>>();
  /** How often in a row a job failed, and until when it waits. */
  readonly #failures = new Map<number, { count: number; until: number }>();
  /** How often in a row a journal crashed the module. */
  readonly #breakdowns = new Map<number, number>();
  readonly #options: JobOptions & PacedOptions;

  constructor(
    readonly client: () => Client,
    readonly storage: ObjectStorage,
    shared: Pace,
    /** The journal of a job can't be read. */
    readonly onUnreadable: (number: number, error: unknown) => void,
    /** A job was used, and may know more now. */
    readonly onWork: (number: number, job: ReadableJob) => void,
  ) {
    // One request at a time, because a deploy ends the object and makes requests under way unknown.
    // No retries: without a token the alarm tries again, so that the job does not keep the object awake.
    const unpaced = { concurrency: 1, maxRetries: 0, requestsPerSecond: Infinity };
    this.#options = { ...unpaced, [pace]: shared };
  }

  journal(number: number): Journal {
    return durableObjectJournal(this.storage, nameOf(number));
  }

  /** The bytes of a journal, also of one that can't be read. */
  bytes(number: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    return readDamaged(this.storage, nameOf(number));
  }

  async create(
    number: number,
    programId: string,
    list: CodeList,
    sizes: Pick<JobOptions, "batchSize" | "pauseAfter">,
  ): Promise<ReadableJob> {
    const options = { ...this.#options, ...sizes, journal: this.journal(number) };
    const created = this.client().createJob(programId, list, options).then(readable);
    this.#keep(number, created);
    return created;
  }

  /** Opens a job for reading. To change it, call `use`. */
  async get(number: number): Promise<ReadableJob> {
    const found = this.#open.get(number);
    // Its wasm instance crashed, or its journal failed.
    if (found !== undefined && (await found).isUnusable && this.#open.get(number) === found) {
      await this.drop(number);
    }
    const open = this.#open.get(number) ?? this.#resume(number);
    this.#keep(number, open);
    return open;
  }

  /** The jobs that are in memory, by their numbers; none is opened. */
  *openJobs(): Generator<[number: number, job: ReadableJob]> {
    for (const [number, opening] of this.#open) {
      const job = this.#read.get(opening);
      if (job && !job.isUnusable) yield [number, job];
    }
  }

  /** As `get`; undefined if the journal was deleted or can't be read. */
  async getReadable(record: JobRecord): Promise<ReadableJob | undefined> {
    const hasJournal = () => !record.isFolded && record.summary.status !== "unreadable";
    if (!hasJournal()) return undefined;
    try {
      return await this.get(record.number);
    } catch (error) {
      if (hasJournal()) throw error;
      return undefined;
    }
  }

  /** Runs work on a job, which stays open meanwhile. */
  async use<T>(number: number, work: (job: ReadableJob) => Promise<T>): Promise<T> {
    this.#users.set(number, (this.#users.get(number) ?? 0) + 1);
    try {
      const job = await this.get(number);
      const result = await work(job).catch((error: unknown) => {
        if (BROKEN.has(codeOf(error))) this.#count(number);
        throw error;
      });
      this.#failures.delete(number);
      if (!job.isUnusable) this.onWork(number, job);
      return result;
    } finally {
      const others = (this.#users.get(number) ?? 1) - 1;
      if (others > 0) this.#users.set(number, others);
      else this.#users.delete(number);
    }
  }

  /** When a failed job may be tried again; 0 if it did not fail. */
  retryAt(number: number): number {
    return this.#failures.get(number)?.until ?? 0;
  }

  #count(number: number): void {
    const count = (this.#failures.get(number)?.count ?? 0) + 1;
    const waitMs = Math.min(RETRY_MS * 2 ** (count - 1), LONGEST_RETRY_MS);
    this.#failures.set(number, { count, until: Date.now() + waitMs });
  }

  async #resume(number: number): Promise<ReadableJob> {
    await this.#closing.get(number);
    try {
      const job = await this.client().resumeJob(this.journal(number), this.#options);
      this.#breakdowns.delete(number);
      return readable(job);
    } catch (error) {
      this.#count(number);
      const code = codeOf(error);
      const breakdowns = (this.#breakdowns.get(number) ?? 0) + Number(code === "instance_lost");
      this.#breakdowns.set(number, breakdowns);
      if (UNREADABLE.has(code) || breakdowns >= MAX_BREAKDOWNS) this.onUnreadable(number, error);
      throw error;
    }
  }

  /** Closes a job, or drops one that has crashed. */
  async drop(number: number): Promise<void> {
    const job = this.#open.get(number);
    if (job === undefined) return;
    this.#open.delete(number);
    const closing = job.then((open) => open.close()).catch(() => {});
    this.#closing.set(number, closing);
    await closing;
    if (this.#closing.get(number) === closing) this.#closing.delete(number);
  }

  /** Deletes a job and its journal. */
  async delete(number: number): Promise<void> {
    await this.drop(number);
    await this.journal(number).truncate(0);
    this.#failures.delete(number);
    this.#breakdowns.delete(number);
  }

  #keep(number: number, job: Promise<ReadableJob>): void {
    this.#open.delete(number);
    this.#open.set(number, job);
    job.then(
      (open) => this.#read.set(job, open),
      () => {
        if (this.#open.get(number) === job) this.#open.delete(number);
      },
    );
    for (const other of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) return;
      if (other !== number && !this.#users.has(other)) void this.drop(other);
    }
  }
}
