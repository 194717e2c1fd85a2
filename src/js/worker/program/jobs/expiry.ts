/**
 * Deletes the lists of jobs that finished long ago, and single calls that are kept only for their
 * keys. The ledger keeps the outcome of each code.
 */
import { STATES } from "../../../generated/protocol.js";
import type { CodeState } from "../../../job/types.js";
import { idsOfCodes } from "../../code-ids.js";
import { statesOf } from "./job-reading.js";
import type { Ledger } from "./ledger.js";
import { KEY_RETENTION_MS } from "../../keys.js";
import { logError } from "../../log.js";
import type { OpenJobs } from "./open-jobs.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { JobRecord, Records } from "./records.js";
import { settings } from "../../settings.js";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Up to this many codes are looked up one by one, instead of scanning the whole ledger. */
const PAGE_LOOKUP_LIMIT = 1_000;
/** How many calls are deleted at a time: the alarm repeats at once for the others. */
const CALLS_AT_ONCE = 1_000;

export class Expiry {
  constructor(
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    /** The list of a job was deleted. */
    readonly onExpired: (record: JobRecord) => Promise<void>,
  ) {}

  /** When the lists of finished jobs, and the oldest single call, are due to be deleted. */
  dueAt(): number[] {
    const dues = this.records.finished().map((record) => this.#expiresAt(record));
    const call = this.records.oldestCall();
    return call === undefined ? dues : [...dues, call.summary.createdAt + KEY_RETENTION_MS];
  }

  async run(): Promise<void> {
    // Strictly later, so that a due job is deleted in this run.
    this.records.removeCalls(Date.now() - KEY_RETENTION_MS + 1, CALLS_AT_ONCE);
    for (const record of this.records.finished()) {
      if (this.#expiresAt(record) > Date.now()) continue;
      // A job that fails is tried again later, and does not block the others.
      await this.archive(record).catch((error: unknown) => logError("fold", error));
    }
  }

  #expiresAt({ number, isCall, summary }: JobRecord): number {
    const { finishedAt, createdAt } = summary;
    const keptMs = isCall ? 0 : settings().retentionDays * DAY_MS;
    return Math.max((finishedAt ?? createdAt) + keptMs, this.jobs.retryAt(number));
  }

  /** Moves the states of a job's codes into the ledger, and deletes its list. */
  async archive(record: JobRecord): Promise<void> {
    const { states, few } = await this.jobs.use(record.number, async (job) => {
      record.summary.progress = job.progress();
      const states = statesOf(job);
      const isShort = states.length <= PAGE_LOOKUP_LIMIT;
      return { states, few: isShort ? idsOfCodes(Array.from(job.results(), codeOf)) : null };
    });
    this.storage.transactionSync(() => {
      this.ledger.fold(record.number, few, (index) => archivedState(states[index]));
      record.isFolded = true;
      record.summary.status = "expired";
      // A call with a key is kept as long as keys are, so that a repeated request with the key
      // sends nothing again.
      if (record.isCall && record.key === null) this.records.remove(record);
      else this.records.save(record);
    });
    await this.jobs.delete(record.number);
    await this.onExpired(record);
  }
}

const codeOf = ({ code }: { code: string }) => code;

/** The state that the ledger keeps of a code; undefined if it is free again. */
function archivedState(number: number | undefined): CodeState | undefined {
  const state = STATES[number ?? STATES.length];
  return state === "rejected" ? undefined : state;
}
