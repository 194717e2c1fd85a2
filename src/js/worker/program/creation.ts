/**
 * Creates jobs of a program, one at a time, so that of two jobs that are created at the
 * same time, the second sees what the first has claimed.
 */
import { idsOf } from "../lists.js";
import { type CodeList, hexOf, toCodeList } from "../../codes/code-list.js";
import { STATES } from "../../generated/protocol.js";
import { inTurn } from "../../journal/shared.js";
import type { GroupDecision } from "../account/groups.js";
import { CANCELLED, readStates } from "./job-reading.js";
import { BLOCKED, type Claimed, type Sorted, decide, sortCodes } from "./decision.js";
import {
  type CheckFlags,
  type Fingerprint,
  type ListFlags,
  fingerprintText,
  refuseReusedKey,
} from "./fingerprint.js";
import { type Ledger, NO_JOB } from "./ledger.js";
import type { ListChecks } from "./list-check.js";
import { logError } from "../log.js";
import type { OpenJobs } from "./open-jobs.js";
import type { ObjectStorage } from "../platform-types.js";
import { type JobRecord, type NewRecord, type Records, note } from "./records.js";
import { requireSettled } from "./resending.js";
import { needsApproval } from "./approval.js";
import { START_AT_ONCE, type StartPlan, begin } from "./start-plan.js";

const ID = 16;

/** A job to create. */
export interface Order extends Omit<NewRecord, "digest" | "duplicates" | "plan"> {
  list: CodeList;
  flags: ListFlags;
  /** How the list is compared with Uber's; without it, the list is not compared. */
  check: CheckFlags | undefined;
  /** Other parameters that decide what is sent. */
  fingerprint: Fingerprint;
  batchSize: number;
  plan: Pick<StartPlan, "starts" | "startInSeconds">;
  /** Whether it is held until a group or a call decides. */
  isHeld: boolean;
  /** How many codes all jobs of the same upload have, if it has several. */
  codesInAll?: number;
}

/** The numbers of the jobs that have codes of a list: free ones, and ones that are sent again only if that is said. */
interface Claimants {
  free: Set<number>;
  blocked: Set<number>;
}

/** In these states nothing is or may be queued, so the code is free. */
const FREE = new Set([
  ...(["failed", "rejected"] as const).map((state) => STATES.indexOf(state)),
  CANCELLED,
]);

export class Creation {
  readonly #inTurn = inTurn();

  constructor(
    readonly storage: ObjectStorage,
    readonly records: Records,
    readonly ledger: Ledger,
    readonly jobs: OpenJobs,
    readonly checks: ListChecks,
    /** A job was created, in the same transaction: it has to start even if the object ends now. */
    readonly onCreated: (record: JobRecord) => void,
    /** What a held job becomes. */
    readonly decisionOf: (record: JobRecord) => Promise<GroupDecision>,
    /** A job is no longer held. */
    readonly onDecided: (record: JobRecord) => Promise<void>,
  ) {}

  /** The job of an order; the existing one if the same request has created it before. */
  async create(order: Order): Promise<{ record: JobRecord; isNew: boolean }> {
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

  #createInTurn(
    order: Order,
    listed: Uint8Array | undefined,
  ): Promise<{ record: JobRecord; isNew: boolean }> {
    return this.#inTurn(async () => {
      // Jobs of an upload that was given up must not block codes.
      await this.#settle();
      const ids = idsOf(order.list);
      // A job of every code is the same request, even if the program has more codes now.
      const codes = order.fingerprint["all"] === true ? "all" : await digestOf(ids);
      const digest = fingerprintText(order.fingerprint, order.flags, codes);
      const repeated = order.key === null ? undefined : this.records.byKey(order.key);
      if (repeated) {
        refuseReusedKey(repeated.digest, digest);
        return { record: repeated, isNew: false };
      }
      const claimed = await this.claimed(order.list);
      const sorted = { ...this.sort(order.list, claimed, listed), claimants: claimed.claimants };
      if (order.flags.resend === true) this.#requireSettled(sorted);
      return { record: await this.#create(order, digest, sorted), isNew: true };
    });
  }

  /** Reports of unknown codes that were sent recently may still arrive. */
  #requireSettled({ undecided }: Sorted): void {
    for (const number of undecided) {
      const record = this.records.byNumber(number);
      if (record) requireSettled(record);
    }
  }

  async #create(
    order: Order,
    digest: string,
    sorted: Sorted & { claimants: Claimants },
  ): Promise<JobRecord> {
    const { isSent, skipped, resent, leftOut } = decide(sorted, order.flags);
    const { fates } = sorted;
    const list = only(order.list, (place) => isSent(fates[place] ?? BLOCKED));
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
        note(record, { by, action: "created", codes: list.size, detail: saidOf(order) });
        if (order.isHeld) record.summary.status = "held";
        else begin(record, Date.now());
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
        if (fate === "gone") await this.discard(record);
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

  /** Undoes a creation, of which nothing was sent. */
  async discard(record: JobRecord): Promise<void> {
    await this.jobs.erase(record.number);
    this.storage.transactionSync(() => {
      if (record.summary.status !== "creating")
        this.ledger.fold(record.number, null, () => undefined);
      this.records.remove(record);
    });
  }

  /** Decides about these codes; `listed` are their marks in Uber's list, if that was read. */
  sort(list: CodeList, claimed: Claimed, listed: Uint8Array | undefined): Sorted {
    const idOf = (job: number) => this.records.byNumber(job)?.summary.id;
    return sortCodes(idsOf(list), claimed, listed, idOf);
  }

  /** Which of these codes an earlier job has sent, or may have, or will; and which are known to be in use. */
  async claimed(list: CodeList): Promise<Claimed & { claimants: Claimants }> {
    const [ids, count] = [idsOf(list), list.size];
    const asked = new Set<number>();
    this.ledger.find(ids, (_place, { job, state }) => {
      if (state === undefined) asked.add(job);
    });
    const known = await readStates(asked, this.jobs, this.records);
    const [states, used] = [new Uint8Array(count), new Uint8Array(count)];
    const owners = new Uint32Array(count);
    const claimants: Claimants = { free: new Set(), blocked: new Set() };
    this.ledger.find(ids, (place, { job, place: there, state }) => {
      if (job === NO_JOB) {
        used[place] = 1;
        return;
      }
      const number = state === undefined ? known.stateOf(job, there) : STATES.indexOf(state);
      const isFree = FREE.has(number);
      (isFree ? claimants.free : claimants.blocked).add(job);
      if (isFree) return;
      states[place] = 1 + number;
      owners[place] = job;
      if (state === undefined && known.isUsed(job, there)) used[place] = 1;
    });
    return { states, owners, used, claimants };
  }
}

/** The detail of the audit entry: exceptions that the request allowed. */
function saidOf({ flags, check, plan }: Order): string | null {
  const { resend, skip } = flags;
  const said = Object.entries({ resend, skip, ...check, paused: !plan.starts });
  const names = said.filter(([, is]) => is === true).map(([name]) => name);
  return names.length === 0 ? null : names.join(", ");
}

/** The codes of a list at these indices. */
function only(list: CodeList, isChosen: (place: number) => boolean): CodeList {
  const ids = idsOf(list);
  const kept = new Uint8Array(ids.length);
  let length = 0;
  for (let place = 0; place < list.size; place += 1) {
    if (!isChosen(place)) continue;
    kept.set(ids.subarray(place * ID, (place + 1) * ID), length);
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
