/**
 * How a job of a program comes to be: in one go, so that of two that are
 * created at the same moment, the second sees what the first has claimed.
 */
import { type CodeList, hexOf, listIds, toCodeList } from "../../codes/code-list.js";
import { STATES } from "../../generated/protocol.js";
import type { CodeState } from "../../job/types.js";
import { inTurn } from "../../journal/shared.js";
import type { Fate } from "../account/groups.js";
import { CANCELLED, readStates } from "./job-reading.js";
import {
  type Fingerprint,
  type ListFlags,
  fingerprintText,
  refuseReusedKey,
} from "./fingerprint.js";
import type { Ledger } from "./ledger.js";
import { logError } from "../log.js";
import type { OpenJobs } from "./open-jobs.js";
import type { ObjectStorage } from "../platform-types.js";
import { refuse } from "../problem.js";
import type { JobRecord, NewRecord, Records } from "./records.js";
import type { JobStatus } from "../types.js";

const ID = 16;
const MOST_LISTED = 1_000;

/** What is to be created. */
export interface Order extends Omit<NewRecord, "digest" | "duplicates"> {
  list: CodeList;
  flags: ListFlags;
  /** What else decides what is sent. */
  fingerprint: Fingerprint;
  batchSize: number;
  /** What it is once it is created. */
  status: Extract<JobStatus, "held" | "paused" | "running">;
}

/** A code that was sent before. */
export interface BlockedCode {
  code: string;
  state: CodeState;
  /** The id of the job that has it. */
  job: string | null;
}

/** Which codes of a list an earlier job has. */
export interface Blocked {
  total: number;
  counts: Partial<Record<CodeState, number>>;
  first: BlockedCode[];
  /** One a code, by its place: not 0 where it is blocked. */
  marks: Uint8Array;
}

/** In these, nothing of a code is or may be queued: it is free. */
const FREE = new Set([
  ...["failed", "rejected"].map((state) => STATES.indexOf(state as never)),
  CANCELLED,
]);

export class Creation {
  readonly #inTurn = inTurn();

  constructor(
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    /** There is a job, in the same transaction; should all end now, it has to go on. */
    readonly onCreated: (record: JobRecord) => void,
    /** What a job that is held is to be. */
    readonly fateOf: (record: JobRecord) => Promise<Fate>,
    /** One is held no more. */
    readonly onDecided: (record: JobRecord) => Promise<void>,
  ) {}

  /** The job of an order; the same one where the same request has created it before. */
  create(order: Order): Promise<{ record: JobRecord; isNew: boolean }> {
    return this.#inTurn(async () => {
      // What an upload left that was given up must not keep codes from this one.
      await this.#settle();
      const ids = listIds(order.list) as Uint8Array<ArrayBuffer>;
      // Everybody is the same request, whoever has come to be one of them meanwhile.
      const codes = order.fingerprint["all"] === true ? "all" : await digestOf(ids);
      const digest = fingerprintText(order.fingerprint, order.flags, codes);
      const repeated = order.key === null ? undefined : this.records.byKey(order.key);
      if (repeated) {
        refuseReusedKey(repeated.digest, digest);
        return { record: repeated, isNew: false };
      }
      const blocked = await this.check(order.list);
      const { list, skipped, resent } = decide(order, blocked);
      return { record: await this.#create(order, digest, list, skipped, resent), isNew: true };
    });
  }

  async #create(
    order: Order,
    digest: string,
    list: CodeList,
    skipped: number,
    resent: number,
  ): Promise<JobRecord> {
    const { key, isCall, programId, by, source, group, batchSize, status } = order;
    const { duplicates } = order.list;
    const about = { key, digest, isCall, programId, by, source, group, duplicates };
    const record = this.records.add(about, Date.now());
    try {
      const job = await this.jobs.create(record.number, programId, list, batchSize);
      this.storage.transactionSync(() => {
        this.ledger.claim(listIds(list) as Uint8Array, record.number);
        const progress = job.progress();
        Object.assign(record.summary, { id: job.id, status, progress, skipped, resent });
        this.records.saveId(record);
        this.records.save(record);
        this.onCreated(record);
      });
    } catch (error) {
      await this.discard(record);
      throw error;
    }
    return record;
  }

  /** Whether there are jobs that wait for the rest of their upload. */
  get isHolding(): boolean {
    return this.#held().length > 0;
  }

  /** Learns what became of the uploads whose jobs are held: these start, or go. Never throws. */
  settle(): Promise<void> {
    return this.#inTurn(() => this.#settle());
  }

  async #settle(): Promise<void> {
    for (const record of this.#held()) {
      try {
        const fate = await this.fateOf(record);
        if (fate === "gone") await this.discard(record);
        else if (fate !== "held") {
          record.summary.status = fate;
          await this.onDecided(record);
        }
      } catch (error) {
        // The alarm asks again.
        logError("held", error);
      }
    }
  }

  #held(): JobRecord[] {
    // A single call is held by itself.
    return this.records.inStatus("held").filter(({ isCall }) => !isCall);
  }

  /** Undoes a creation: nothing of it has left. */
  async discard(record: JobRecord): Promise<void> {
    await this.jobs.erase(record.number);
    this.storage.transactionSync(() => {
      if (record.summary.status !== "creating")
        this.ledger.fold(record.number, null, () => undefined);
      this.records.remove(record);
    });
  }

  /** Which of these codes an earlier job has sent, or may have, or will. */
  async check(list: CodeList): Promise<Blocked> {
    const ids = listIds(list) as Uint8Array;
    const asked = new Set<number>();
    this.ledger.find(ids, (_place, { job, state }) => {
      if (state === undefined) asked.add(job);
    });
    const stateIn = await readStates(asked, this.jobs, this.records);
    const marks = new Uint8Array(list.size);
    const owners = new Map<number, number>();
    this.ledger.find(ids, (place, { job, place: there, state }) => {
      const number = state === undefined ? stateIn(job, there) : STATES.indexOf(state);
      if (FREE.has(number)) return;
      marks[place] = 1 + number;
      if (owners.size < MOST_LISTED) owners.set(place, job);
    });
    return summarise(ids, marks, owners, (number) => this.records.byNumber(number)?.summary.id);
  }
}

function summarise(
  ids: Uint8Array,
  marks: Uint8Array,
  owners: ReadonlyMap<number, number>,
  idOf: (job: number) => string | undefined,
): Blocked {
  const counts: Partial<Record<CodeState, number>> = {};
  let total = 0;
  for (const mark of marks) {
    if (mark === 0) continue;
    const state = STATES[mark - 1] as CodeState;
    counts[state] = (counts[state] ?? 0) + 1;
    total += 1;
  }
  const first = [...owners]
    .sort(([one], [other]) => one - other)
    .map(([place, job]) => ({
      code: hexOf(ids, place * ID),
      state: STATES[(marks[place] as number) - 1] as CodeState,
      job: idOf(job) ?? null,
    }));
  return { total, counts, first, marks };
}

/** What is sent of a list, some of whose codes were sent before. */
function decide(
  { list, flags }: Order,
  blocked: Blocked,
): { list: CodeList; skipped: number; resent: number } {
  if (blocked.total === 0) return { list, skipped: 0, resent: 0 };
  if (flags.resend === true) return { list, skipped: 0, resent: blocked.total };
  const free = list.size - blocked.total;
  if (flags.skip !== true || free === 0) throw alreadyQueued(blocked, free);
  return { list: without(list, blocked.marks), skipped: blocked.total, resent: 0 };
}

function alreadyQueued({ total, counts, first }: Blocked, free: number) {
  return refuse(
    422,
    "already_queued",
    total === 1 ? "1 code was sent before" : `${total} codes were sent before, or may have been`,
    free === 0
      ? "There is none that was not. To send them all the same, say `resend=true`."
      : "Say `skip=true` to leave them out, or `resend=true` to send them all the same.",
    { more: { count: total, free, states: counts, codes: first } },
  );
}

function without(list: CodeList, marks: Uint8Array): CodeList {
  const ids = listIds(list) as Uint8Array;
  const kept = new Uint8Array(ids.length);
  let length = 0;
  for (let place = 0; place < marks.length; place += 1) {
    if (marks[place] !== 0) continue;
    kept.set(ids.subarray(place * ID, (place + 1) * ID), length);
    length += ID;
  }
  const { duplicates } = list;
  return toCodeList({ ids: kept.slice(0, length), duplicates, rejectedCount: 0, rejected: [] });
}

export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hexOf(digest, 0) + hexOf(digest, ID);
}
