/**
 * Creates jobs of a program, one at a time, so that of two jobs that are created at the
 * same time, the second sees what the first has claimed.
 */
import { idsOf } from "../../lists.js";
import { type CodeList, hexOf, toCodeList } from "../../../codes/code-list.js";
import { STATES } from "../../../generated/protocol.js";
import { createQueue } from "../../../journal/shared.js";
import type { GroupDecision } from "../../account/groups.js";
import { CANCELLED, readStates } from "../jobs/job-reading.js";
import {
  BLOCKED,
  type Claimed,
  type Classified,
  decide,
  classifyCodes,
} from "../lists/decision.js";
import {
  type CheckFlags,
  type Fingerprint,
  type ListFlags,
  fingerprintText,
  refuseReusedKey,
} from "../../fingerprint.js";
import { type Ledger, NO_JOB } from "../jobs/ledger.js";
import type { ListChecks } from "../lists/list-check.js";
import { logError } from "../../log.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { ObjectStorage } from "../../platform-types.js";
import type { CreationException } from "../../types.js";
import { type JobRecord, type NewRecord, type Records, note } from "../jobs/records.js";
import { requireSettled, waitsUntil } from "../evidence/resend-guard.js";
import { digestOfReview, requireReviewed } from "../lists/review-digest.js";
import { needsApproval } from "./approval.js";
import { START_AT_ONCE, type StartPlan, begin } from "../jobs/start-plan.js";

const ID = 16;

/** A job to create. */
export interface NewJob extends Omit<NewRecord, "digest" | "duplicates" | "plan"> {
  list: CodeList;
  flags: ListFlags;
  /** How the list is compared with Uber's; without it, the list is not compared. */
  check: CheckFlags | undefined;
  /** The digest of the reviewed dry run; the job is refused if it has changed. */
  reviewed: string | undefined;
  /** Other parameters that decide what is sent. */
  fingerprint: Fingerprint;
  batchSize: number;
  plan: Pick<StartPlan, "starts" | "startInSeconds">;
  /** Whether it is held until a group or a call decides. */
  isHeld: boolean;
  /** How many codes all jobs of the same upload have, if it has several. */
  codesInAll?: number;
}

/** A job that this request has created, or an earlier one with the same key. */
export interface Created {
  record: JobRecord;
  isNew: boolean;
  /** The digest of the decision; empty if the job existed before. */
  digest: string;
}

/** The jobs that have codes of a list: codes that are free, and codes that need `resend`. */
interface Claimants {
  free: Set<number>;
  blocked: Set<number>;
}

const FAILED = STATES.indexOf("failed");
/** In these states nothing is or may be queued, so the code is free. */
const FREE = new Set([
  ...(["failed", "rejected"] as const).map((state) => STATES.indexOf(state)),
  CANCELLED,
]);

export class Creation {
  readonly #inTurn = createQueue();

  constructor(
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    readonly checks: ListChecks,
    /** Called before the states of codes are read: reports that have arrived count. */
    readonly flushReports: () => Promise<void>,
    /** Called in the transaction that creates the job, to make sure that it starts. */
    readonly onCreated: (record: JobRecord) => void,
    /** Decides the status of a held job. */
    readonly decisionOf: (record: JobRecord) => Promise<GroupDecision>,
    /** Called when a job is no longer held. */
    readonly onDecided: (record: JobRecord) => Promise<void>,
  ) {}

  /** Creates the job, or returns the one that the same request created. */
  async create(order: NewJob): Promise<Created> {
    const { key, check, programId, list, group, flags } = order;
    const isRepeated = key !== null && this.records.byKey(key) !== undefined;
    // Outside the queue, so that a slow list of Uber delays no other job.
    const listed =
      isRepeated || check === undefined
        ? undefined
        : await this.checks.require(programId, idsOf(list), check, {
            isOneOfMany: group !== null,
            isResent: flags.resend === true,
          });
    return this.#createInTurn(order, listed);
  }

  #createInTurn(order: NewJob, listed: Uint8Array | undefined): Promise<Created> {
    return this.#inTurn(async () => {
      // Jobs of an upload that was given up must not block codes.
      await this.#settle();
      await this.flushReports();
      const ids = idsOf(order.list);
      // A job of every code is the same request, even if the program has more codes now.
      const codes = order.fingerprint["all"] === true ? "all" : await digestOf(ids);
      const digest = fingerprintText(order.fingerprint, order.flags, codes);
      const repeated = order.key === null ? undefined : this.records.byKey(order.key);
      if (repeated) {
        refuseReusedKey(repeated.digest, digest);
        return { record: repeated, isNew: false, digest: "" };
      }
      const claimed = await this.claimed(order.list);
      const sorted = await this.classify(order.programId, order.list, claimed, listed);
      requireReviewed(order.reviewed, sorted.digest);
      if (order.flags.resend === true) this.#requireSettled(sorted);
      const { claimants } = claimed;
      const record = await this.#create(order, digest, { ...sorted, claimants });
      return { record, isNew: true, digest: sorted.digest };
    });
  }

  /** Reports of unknown codes that were sent recently may still arrive. */
  #requireSettled({ undecided }: Classified): void {
    for (const number of undecided) {
      const record = this.records.byNumber(number);
      if (record) requireSettled(record);
    }
  }

  async #create(
    order: NewJob,
    digest: string,
    sorted: Classified & { claimants: Claimants },
  ): Promise<JobRecord> {
    const { isSent, skipped, resent, leftOut } = decide(sorted, order.flags);
    const { decisions } = sorted;
    const list = only(order.list, (index) => isSent(decisions[index] ?? BLOCKED));
    const { key, isCall, programId, by, source, name, group, batchSize, pauseAfter } = order;
    const { duplicates } = order.list;
    const needed = !isCall && needsApproval(Math.max(list.size, order.codesInAll ?? 0));
    const plan = { ...START_AT_ONCE, ...order.plan, needsApproval: needed };
    const about = { isCall, programId, by, source, name, group, duplicates, pauseAfter };
    const record = this.records.add({ key, digest, plan, ...about }, Date.now());
    try {
      const job = await this.jobs.create(record.number, programId, list, {
        batchSize,
        ...(pauseAfter !== null && { pauseAfter }),
      });
      this.storage.transactionSync(() => {
        this.ledger.claim(idsOf(list), record.number);
        this.#noteShared(record, sorted.claimants, resent > 0);
        const progress = job.progress();
        Object.assign(record.summary, { id: job.id, progress, skipped, resent, leftOut });
        const detail = auditDetail(order, resent);
        note(record, { by, action: "created", codes: list.size, detail });
        if (order.isHeld) record.summary.status = "held";
        else begin(record, Date.now());
        this.records.saveId(record);
        this.records.save(record);
        this.onCreated(record);
      });
    } catch (error) {
      await this.rollback(record);
      throw error;
    }
    return record;
  }

  /** Stores which jobs share codes: also with the jobs that sent them before, if codes are sent again. */
  #noteShared(record: JobRecord, { free, blocked }: Claimants, isResent: boolean): void {
    const others = isResent ? new Set([...free, ...blocked]) : free;
    record.sharesCodes = others.size > 0;
    for (const number of others) {
      const other = this.records.byNumber(number);
      if (other === undefined || other.sharesCodes) continue;
      other.sharesCodes = true;
      this.records.save(other);
    }
  }

  /** Whether there are jobs that wait for the rest of their upload. */
  get isHolding(): boolean {
    return this.#held().length > 0;
  }

  /** Asks for the decisions of groups whose jobs are held: these start, or are removed. Never throws. */
  settle(): Promise<void> {
    return this.#inTurn(() => this.#settle());
  }

  async #settle(): Promise<void> {
    for (const record of this.#held()) {
      try {
        const fate = await this.decisionOf(record);
        if (fate === "gone") await this.rollback(record);
        else if (fate !== "held") {
          begin(record, Date.now());
          await this.onDecided(record);
        }
      } catch (error) {
        // The alarm asks again.
        logError("held", error);
      }
    }
  }

  #held(): JobRecord[] {
    // A single call belongs to no group.
    return this.records.inStatus("held").filter(({ isCall }) => !isCall);
  }

  /** Undoes a creation that has sent nothing. */
  async rollback(record: JobRecord): Promise<void> {
    await this.jobs.delete(record.number);
    this.storage.transactionSync(() => {
      if (record.summary.status !== "creating")
        this.ledger.fold(record.number, null, () => undefined);
      this.records.remove(record);
    });
  }

  /** Decides about these codes; `listed` are their marks in Uber's list, if that was read. */
  async classify(
    programId: string,
    list: CodeList,
    claimed: Claimed,
    listed: Uint8Array | undefined,
  ): Promise<Classified> {
    const idOf = (job: number) => this.records.byNumber(job)?.summary.id;
    const ids = idsOf(list);
    const sorted = classifyCodes(ids, claimed, listed, idOf);
    const digest = await digestOfReview(programId, ids, claimed.states, sorted.decisions);
    return { ...sorted, digest };
  }

  /** When unknown codes of the list may be sent again, if not now. */
  resendAt({ undecided }: Classified): number | null {
    const records = [...undecided].map((number) => this.records.byNumber(number));
    const times = records.map((record) => (record ? waitsUntil(record) : null));
    return times.reduce((latest, at) => (at !== null && at > (latest ?? 0) ? at : latest), null);
  }

  /**
   * Which of these codes an earlier job has sent, or may have, or will; and which are known to be
   * in use.
   */
  async claimed(list: CodeList): Promise<Claimed & { claimants: Claimants }> {
    const [ids, count] = [idsOf(list), list.size];
    const asked = new Set<number>();
    this.ledger.find(ids, (_place, { job, state }) => {
      if (state === undefined) asked.add(job);
    });
    const known = await readStates(asked, this.jobs, this.records);
    const [states, used] = [new Uint8Array(count), new Uint8Array(count)];
    const decided = new Uint8Array(count);
    const owners = new Uint32Array(count);
    const claimants: Claimants = { free: new Set(), blocked: new Set() };
    const failed = new Uint8Array(count);
    this.ledger.find(ids, (position, { job, index: listIndex, state }) => {
      if (job === NO_JOB) {
        used[position] = 1;
        return;
      }
      const number = state === undefined ? known.stateOf(job, listIndex) : STATES.indexOf(state);
      const isFree = FREE.has(number);
      (isFree ? claimants.free : claimants.blocked).add(job);
      if (number === FAILED) failed[position] = 1;
      if (isFree) return;
      states[position] = 1 + number;
      owners[position] = job;
      if (state === undefined && known.isUsed(job, listIndex)) used[position] = 1;
      decided[position] = Number(state === undefined && known.isDecided(job, listIndex));
    });
    return { states, owners, used, decided, failed, claimants };
  }
}

/** The detail of the audit entry: exceptions that the request allowed. */
function auditDetail({ flags, check, plan }: NewJob, resent: number): string | null {
  const { resend, skip } = flags;
  const made: Partial<Record<CreationException, boolean | undefined>> = {
    resend,
    skip,
    ...check,
    paused: !plan.starts,
  };
  const names = Object.entries(made)
    .filter(([, is]) => is === true)
    .map(([name]) => (name === "resend" ? `${name} ${resent}` : name));
  return names.length === 0 ? null : names.join(", ");
}

/** The codes of a list at these indices. */
function only(list: CodeList, isChosen: (index: number) => boolean): CodeList {
  const ids = idsOf(list);
  const kept = new Uint8Array(ids.length);
  let length = 0;
  for (let position = 0; position < list.size; position += 1) {
    if (!isChosen(position)) continue;
    kept.set(ids.subarray(position * ID, (position + 1) * ID), length);
    length += ID;
  }
  if (length === ids.length) return list;
  const { duplicates } = list;
  return toCodeList({ ids: kept.slice(0, length), duplicates, rejectedCount: 0, rejected: [] });
}

export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hexOf(digest, 0) + hexOf(digest, ID);
}
