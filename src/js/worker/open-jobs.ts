/** The jobs of a program that are in memory: read from their journals, and closed when others come. */
import type { Client } from "../client.js";
import type { CodeList } from "../code-list.js";
import type { ReadableJob } from "../job.js";
import type { JobOptions } from "../job-types.js";
import { durableObjectJournal } from "../journal-durable-object.js";
import type { Journal } from "../journal-types.js";
import { type Pace, type PacedOptions, pace } from "../pace.js";
import type { ObjectStorage } from "./platform-types.js";

const MOST = 3;

export class OpenJobs {
  readonly #open = new Map<number, Promise<ReadableJob>>();
  /** How many are at work on a job: it must stay. */
  readonly #users = new Map<number, number>();
  /** A journal has to be given back before it is opened anew. */
  readonly #closing = new Map<number, Promise<unknown>>();
  readonly #options: JobOptions & PacedOptions;

  constructor(
    readonly client: Client,
    readonly storage: ObjectStorage,
    shared: Pace,
  ) {
    // Each deploy ends an object: what is under way then is unknown, so it is one request.
    // Without a token, the alarm tries again, and not a job that keeps the object awake.
    const unpaced = { concurrency: 1, maxRetries: 0, requestsPerSecond: Infinity };
    this.#options = { ...unpaced, [pace]: shared };
  }

  journal(number: number): Journal {
    return durableObjectJournal(this.storage, `job-${number}`);
  }

  async create(
    number: number,
    programId: string,
    list: CodeList,
    batchSize: number,
  ): Promise<ReadableJob> {
    const options = { ...this.#options, batchSize, journal: this.journal(number) };
    const created = this.client.createJob(programId, list, options) as Promise<ReadableJob>;
    this.#keep(number, created);
    return created;
  }

  /** To read from; whoever changes something of it has to `use` it. */
  get(number: number): Promise<ReadableJob> {
    const found = this.#open.get(number) ?? this.#resume(number);
    this.#keep(number, found);
    return found;
  }

  /** Works on a job, which stays open meanwhile. */
  async use<T>(number: number, work: (job: ReadableJob) => Promise<T>): Promise<T> {
    this.#users.set(number, (this.#users.get(number) ?? 0) + 1);
    try {
      return await work(await this.get(number));
    } finally {
      const others = (this.#users.get(number) ?? 1) - 1;
      if (others > 0) this.#users.set(number, others);
      else this.#users.delete(number);
    }
  }

  async #resume(number: number): Promise<ReadableJob> {
    await this.#closing.get(number);
    return this.client.resumeJob(this.journal(number), this.#options) as Promise<ReadableJob>;
  }

  /** Closes a job, or forgets one that broke down. */
  async drop(number: number): Promise<void> {
    const job = this.#open.get(number);
    if (job === undefined) return;
    this.#open.delete(number);
    const closing = job.then((open) => open.close()).catch(() => {});
    this.#closing.set(number, closing);
    await closing;
    if (this.#closing.get(number) === closing) this.#closing.delete(number);
  }

  /** Forgets a job with its journal. */
  async erase(number: number): Promise<void> {
    await this.drop(number);
    await this.journal(number).truncate(0);
  }

  #keep(number: number, job: Promise<ReadableJob>): void {
    this.#open.delete(number);
    this.#open.set(number, job);
    job.catch(() => {
      if (this.#open.get(number) === job) this.#open.delete(number);
    });
    for (const other of this.#open.keys()) {
      if (this.#open.size <= MOST) return;
      if (other !== number && !this.#users.has(other)) void this.drop(other);
    }
  }
}
