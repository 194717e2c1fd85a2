/**
 * Reads which codes of a program are in use: a code in use was delivered, whichever send
 * did it. A code that is not in use proves nothing.
 *
 * Uber's whole list is read before any of it is applied, so a failed read changes
 * nothing.
 */
import { ApiError } from "../../../errors.js";
import { hexOf } from "../../../codes/code-list.js";
import { retryDelay } from "../../alarm.js";
import type { Budget } from "../../budget.js";
import { readStates } from "../jobs/job-reading.js";
import { Bytes, type Listing } from "../lists/listing.js";
import { Refusal, faultOf, problemOf, refuse } from "../../problem.js";
import { log, logError } from "../../log.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { Ledger } from "../jobs/ledger.js";
import type { Live } from "../updates/live.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { JobRecord, Records } from "../jobs/records.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import type { Runner } from "../sending/runner.js";
import type { ProgramState } from "../state.js";
import { type JsonText, parseStored } from "../../stored-json.js";
import type { Stubs } from "../../stubs.js";
import { STATES } from "../../../generated/protocol.js";
import type { JobProgress } from "../../../job/types.js";
import { noteSources } from "../jobs/sources.js";
import { settings } from "../../settings.js";
import type { JobFault, JobUsage, Reconciled } from "../../types.js";
import {
  NOTHING_READ,
  type UsageState,
  readStarted,
  readFailed,
  isOpen,
  nextReadAt,
  readSucceeded,
} from "./usage-plan.js";

const ID = 16;
const DISTRIBUTED = STATES.indexOf("distributed");
/** A read that would wait longer for a slot is tried again later. */
const LONGEST_TURN_MS = 10_000;

/**
 * The requests of one read: the slot, a token, the list, both again after a 401, and the report.
 */
const REQUESTS = 6;

/** Longer than any read with its waits. */
const LONGEST_READ_MS = 5 * 60_000;

/** The result of one read. */
interface Read {
  read: number;
  readAt: number;
  /** How many codes it settled, by the number of the job. */
  settled: Map<number, number>;
}

/** The parts of the program's object used here. */
interface Dependencies {
  readonly budget: Budget;
  readonly jobs: OpenJobs;
  readonly ledger: Ledger;
  readonly live: Live;
  readonly records: Records;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  readonly state: ProgramState;
  readonly stubs: Stubs;
  arm(): Promise<void>;
}

export class Usage {
  #state: UsageState | undefined;
  #reading: Promise<Read> | undefined;
  #begunAt = 0;

  constructor(
    readonly program: Dependencies,
    readonly listing: Listing,
    readonly storage: Pick<ObjectStorage, "transactionSync">,
  ) {}

  get #known(): UsageState {
    const stored: JsonText<Partial<UsageState>> | undefined =
      this.#state === undefined ? this.program.state.read("usage") : undefined;
    // With defaults for members that an earlier release did not store.
    if (stored !== undefined) this.#state = { ...NOTHING_READ, ...parseStored(stored) };
    return this.#state ?? NOTHING_READ;
  }

  #store(state: UsageState): void {
    // In memory first, so that a failing storage is not tried again at once.
    this.#state = state;
    this.program.state.write("usage", JSON.stringify(state));
  }

  #open(now: number): JobRecord[] {
    return this.program.records.unarchived().filter((record) => isOpen(record, now, settings()));
  }

  /** When the next scheduled read is due. */
  nextAt(now: number): number | undefined {
    return nextReadAt(this.#known, this.#open(now), now, settings());
  }

  /** An event suggests that usage has changed. Returns whether a read is now due earlier. */
  requestRead(now: number): boolean {
    const { reconcile } = settings();
    if (reconcile === false) return false;
    const wantedAt = now + reconcile.delayMinutes * 60_000;
    // A later event does not postpone the read that an earlier one requested.
    if ((this.#known.wantedAt ?? Infinity) <= wantedAt || this.#open(now).length === 0)
      return false;
    this.#store({ ...this.#known, wantedAt });
    return true;
  }

  /** Reads usage if it is due and this invocation may call Uber. Never throws. */
  async readIfDue(now: number): Promise<void> {
    if (this.program.budget.isSpent || (this.nextAt(now) ?? Infinity) > now) return;
    await this.#read().catch((error: unknown) => logError("usage", error));
  }

  /** Reads usage now, or after the read that is under way. Returns the result for a job. */
  async reconcile(record: JobRecord): Promise<Reconciled> {
    const { read, readAt, settled } = await this.#read().catch((error: unknown) => {
      // Whatever fails here has queued nothing.
      throw new Refusal({ ...problemOf(error), queued: "no" });
    });
    const stillUnknown = record.summary.progress.unknown;
    return { read, settled: settled.get(record.number) ?? 0, stillUnknown, readAt };
  }

  /**
   * When the last completed read began, when usage was last read, and why the last read failed, if
   * it did.
   */
  get lastRead(): Pick<UsageState, "endedAt" | "readAt" | "error"> {
    return this.#known;
  }

  /** The part that a job shows. */
  summaryFor(record: JobRecord, usedBefore: number, now: number): JobUsage {
    const { readAt, endedAt, error } = this.lastRead;
    // A read from before the job was created says nothing about it.
    const since = (at: number | null) =>
      at !== null && at >= record.summary.createdAt ? at : null;
    const next = isOpen(record, now, settings()) ? this.nextAt(now) : undefined;
    const triedAt = since(endedAt);
    const failed = triedAt === null ? null : error;
    return { readAt: since(readAt), triedAt, nextAt: next ?? null, error: failed, usedBefore };
  }

  /** Concurrent calls share one read, unless its request was aborted. */
  #read(): Promise<Read> {
    const now = Date.now();
    if (this.#reading && now - this.#begunAt < LONGEST_READ_MS) return this.#reading;
    const reading = this.#readOnce(now).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#begunAt = now;
    return (this.#reading = reading);
  }

  async #readOnce(readAt: number): Promise<Read> {
    const open = this.#open(readAt);
    const requests = Object.fromEntries(
      open.map(({ number, summary }) => [number, summary.progress.requests]),
    );
    const release = this.program.budget.reserve(REQUESTS);
    try {
      // Before the request: if the object ends meanwhile, it does not read again at once.
      this.#store(readStarted(this.#known, readAt));
      await this.#waitForSlot();
      const { size: read, used } = await this.listing.read(this.program.state.id);
      const settled = await this.#apply(used);
      this.#store(readSucceeded(this.#known, requests, readAt));
      log("usage", { program: this.program.state.id, read, used: used.length / ID });
      return { read, readAt, settled };
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      release();
      // Watchers see the time of the read, with any result.
      for (const { summary } of open) this.program.live.changed(summary.id);
      await this.program.arm().catch((error: unknown) => logError("arm", error));
    }
  }

  #failed(error: unknown): void {
    const fault: JobFault = { ...faultOf(error), queued: "no" };
    log("usage", { program: this.program.state.id, state: "failed", code: fault.code });
    const { retryAfterMs = 0 }: { retryAfterMs?: number | undefined } =
      error instanceof ApiError ? error : {};
    if (error instanceof ApiError && error.code === "rate_limited") {
      // As after any 429, the wait applies to all programs.
      const until = Date.now() + (retryAfterMs || retryDelay(0));
      void this.program.stubs
        .app()
        .close(until)
        .catch((cause: unknown) => logError("close", cause));
    }
    const { reconcile } = settings();
    const pauseMinutes = reconcile === false ? 0 : reconcile.pauseMinutes;
    this.#store(readFailed(this.#known, fault, retryAfterMs, Date.now(), pauseMinutes));
  }

  /** Waits until a request may be sent. A pause does not apply to reads. */
  async #waitForSlot(): Promise<void> {
    const { from } = await this.program.stubs.app().lease(this.program.state.id, 1);
    const waitMs = from - Date.now();
    if (waitMs > LONGEST_TURN_MS) throw noTurn(waitMs);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /** How many codes of each job the read settles. */
  async #apply(ids: Uint8Array): Promise<Map<number, number>> {
    const { ledger, jobs, records, runner, reports } = this.program;
    const byJob = new Map<number, number[]>();
    ledger.find(ids, (index, { job, state }) => {
      if (state !== undefined) return;
      const indices = byJob.get(job);
      if (indices) indices.push(index);
      else byJob.set(job, [index]);
    });
    const settled = new Map<number, number>();
    // These are not opened, because opening a job costs time and a row.
    const unchanged = new Set<number>();
    const changes: { record: JobRecord; use: string; progress: JobProgress | null }[] = [];
    let failure: unknown;
    for (const [number, indices] of byJob) {
      const record = records.byNumber(number);
      // If a job can't be read, all of its codes count as unknown; the next read reports them again.
      if (record === undefined || record.isFolded || isSetAside(record)) continue;
      const use = digestOf(indices);
      if (record.knownUse === use) {
        unchanged.add(number);
        continue;
      }
      const { sources, summary } = record;
      try {
        await jobs.use(number, async (job) => {
          settled.set(number, await job.applyUsage(entriesOf(ids, indices)));
          const progress = job.progress();
          noteSources(record, job);
          const isNews = record.sources !== sources || !isEqual(progress, summary.progress);
          changes.push({ record, use, progress: isNews ? progress : null });
        });
      } catch (error) {
        // The other jobs continue. An unreadable job was set aside by this.
        logError("usage", error);
        if (!isSetAside(record)) failure = error;
      }
    }
    const news = await this.#usedElsewhere(ids, unchanged);
    this.storage.transactionSync(() => {
      ledger.settle(ids, () => "distributed");
      ledger.keepUsed(news);
      for (const { record, use, progress } of changes) {
        record.knownUse = use;
        if (progress === null) records.save(record);
        else runner.settle(record, progress);
      }
    });
    await reports.report(...changes.flatMap(({ record, progress }) => (progress ? [record] : [])));
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- It is what the job threw.
    if (failure !== undefined) throw failure;
    return settled;
  }

  /**
   * Stores codes in use that no job has as distributed, because they were refused or never sent
   * from here: otherwise a later job would treat them as free. Those of unchanged jobs were stored
   * before.
   */
  async #usedElsewhere(ids: Uint8Array, unchanged: ReadonlySet<number>): Promise<Uint8Array> {
    const { ledger, jobs, records } = this.program;
    const asked = new Set<number>();
    ledger.find(ids, (_place, { job, state }) => {
      if (state === undefined && !unchanged.has(job)) asked.add(job);
    });
    const { stateOf } = await readStates(asked, jobs, records);
    const isKept = new Uint8Array(ids.length / ID);
    ledger.find(ids, (index, { job, index: listIndex, state }) => {
      // The ledger itself corrects the states of deleted jobs.
      const isKnown = state !== undefined || unchanged.has(job);
      if (isKnown || stateOf(job, listIndex) === DISTRIBUTED) isKept[index] = 1;
    });
    const news = new Bytes();
    isKept.forEach((kept, index) => {
      if (kept === 0) news.add(ids.subarray(index * ID, (index + 1) * ID));
    });
    return news.all();
  }
}

const isSetAside = ({ summary }: JobRecord) => summary.status === "unreadable";

function isEqual(one: JobProgress, other: JobProgress): boolean {
  return [...STATES, "usedBefore" as const].every((name) => one[name] === other[name]);
}

/** A digest of some indices of a job. */
function digestOf(indices: readonly number[]): string {
  let [sum, mixed] = [0, 0];
  for (const index of indices) {
    const hash = Math.imul(index + 1, 0x9e3779b1);
    sum = (sum + hash) >>> 0;
    mixed = (mixed + Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)) >>> 0;
  }
  return `${indices.length} ${sum} ${mixed}`;
}

/** The codes in the form that `listCodes` returns. */
function* entriesOf(ids: Uint8Array, indices: readonly number[]) {
  for (const index of indices) yield { codeId: hexOf(ids, index * ID), usageCount: 1 };
}

function noTurn(waitMs: number) {
  const retry = { "Retry-After": String(Math.ceil(waitMs / 1000)) };
  return refuse(
    429,
    "rate_limited",
    "Uber asked to wait, or no request is free within the next seconds",
    "Try again later.",
    { headers: retry },
  );
}
