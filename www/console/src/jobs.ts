/** The jobs of this browser: begun, found again after a reload, run, paused. */
import type { CodeList, Job, JobProgress, VoucherProgram } from "uber-vouchers";
import { deleteIndexedDbJournal, indexedDbJournal } from "uber-vouchers/journal";

import { announce, announceProgress } from "./announce.js";
import { type Config, JOB_OPTIONS, client, noteLost } from "./api.js";
import { type Explained, explain } from "./explain.js";
import { codes, number } from "./format.js";
import { type Send, findRepeats, recordSend, settleSend } from "./sends.js";
import { type Store, createStore } from "./store.js";

/** What the admin has confirmed. */
export interface Order {
  config: Config;
  programId: string;
  program: VoucherProgram | null;
  list: CodeList;
  source: string;
  rejectedLeftOut: number;
  /** How many codes that left this browser before the admin agreed to send again. */
  repeatsAccepted: number;
}

/** The id under which a job is kept, or why none was begun. */
export type Started = { sendId: string } | { refused: "busy" | "repeats" };

/** A job that this tab holds. */
export interface Live {
  id: string;
  job: Job;
  isRunning: Store<boolean>;
  /** Why the last run broke off. */
  error: Store<Explained | null>;
  pause(): void;
}

const held = new Map<string, Live>();
const opening = new Map<string, Promise<Live>>();
const journalOf = (id: string): string => `console-${id}`;

/**
 * Begins a job for a list and runs it. Refuses while another tab begins one for
 * this program, and when another tab has sent some of these codes since the
 * admin agreed.
 */
export function distribute(order: Order): Promise<Started> {
  return new Promise((resolve, reject) => {
    const work = async (lock: Lock | null) => {
      if (lock === null) return resolve({ refused: "busy" });
      const { list, config } = order;
      const repeats = await findRepeats(config.organizationId, list, list.size);
      if (repeats && repeats.queued + repeats.unknown > order.repeatsAccepted) {
        return resolve({ refused: "repeats" });
      }
      resolve({ sendId: await begin(order) });
    };
    const programLock = `uber-vouchers-program:${order.programId}`;
    navigator.locks.request(programLock, { ifAvailable: true }, work).catch(reject);
  });
}

async function begin(order: Order): Promise<string> {
  const { config, programId, program, list, source, rejectedLeftOut } = order;
  const id = crypto.randomUUID();
  const record: Send = {
    id,
    organizationId: config.organizationId,
    environment: config.environment,
    programId,
    programName: program?.name ?? null,
    source,
    codes: list.size,
    duplicates: list.duplicates,
    rejectedLeftOut,
    startedAt: Date.now(),
    state: "pending",
    progress: null,
  };
  // First the list, so that none of its codes is sent again unnoticed.
  await recordSend(record, list);
  const caller = await client();
  try {
    const journal = indexedDbJournal(journalOf(id));
    const job = await caller.createJob(programId, list, { ...JOB_OPTIONS, journal });
    void run(hold(id, job));
    return id;
  } catch (error) {
    await deleteIndexedDbJournal(journalOf(id)).catch(() => {});
    throw error;
  }
}

/** The job of that id: this tab's, or found again in its journal. */
export function open(id: string): Promise<Live> {
  const found = held.get(id);
  if (found) return Promise.resolve(found);
  const opened =
    opening.get(id) ??
    client()
      .then((caller) => caller.resumeJob(indexedDbJournal(journalOf(id)), JOB_OPTIONS))
      .then((job) => {
        const live = hold(id, job);
        void settle(live);
        return live;
      })
      .finally(() => opening.delete(id));
  opening.set(id, opened);
  return opened;
}

function hold(id: string, job: Job): Live {
  const live: Live = {
    id,
    job,
    isRunning: createStore(false),
    error: createStore<Explained | null>(null),
    pause: () => {},
  };
  held.set(id, live);
  return live;
}

/** Sends what is pending, until nothing is left or something stops it. */
export async function run(live: Live): Promise<void> {
  const { job, isRunning, error } = live;
  if (isRunning.get()) return;
  const stop = new AbortController();
  live.pause = () => stop.abort();
  isRunning.set(true);
  error.set(null);
  addEventListener("beforeunload", warn);
  announce(`Distributing ${codes(job.progress().pending)}.`);
  const stopTelling = job.subscribe(() => {
    const { queued, total } = job.progress();
    announceProgress(`${number(queued)} of ${codes(total)} queued.`);
  });
  try {
    await job.run({ signal: stop.signal });
  } catch (thrown) {
    noteLost(thrown);
    const explained = explain(thrown);
    error.set(explained);
    // These end the job in this tab: it is found again in its journal.
    if (["journal_failed", "instance_lost", "job_closed"].includes(explained.code)) {
      held.delete(live.id);
    }
  }
  stopTelling();
  removeEventListener("beforeunload", warn);
  isRunning.set(false);
  await settle(live);
  const { queued, unknown, pending } = job.progress();
  announce(
    unknown > 0
      ? `${codes(unknown)} unknown: they wait for your decision.`
      : `${codes(queued)} queued, ${number(pending)} pending.`,
  );
}

/** Writes down how far it is, for the lists of what was sent. */
async function settle({ id, job }: Live): Promise<void> {
  const progress = job.progress();
  await settleSend(id, { state: stateOf(progress), progress });
}

/** One word for a job: what most needs to be known of it. */
export function stateOf(progress: JobProgress): Send["state"] {
  const { sending, unknown, pending, queued, distributed, failed, rejected } = progress;
  if (sending > 0) return "sending";
  if (unknown > 0) return "unknown";
  if (pending > 0) return "pending";
  if (queued + distributed + failed > 0) return "queued";
  return rejected > 0 ? "rejected" : "abandoned";
}

/** The admin's decision about one batch or all that are unknown. */
export async function decide(
  live: Live,
  batches: readonly number[],
  decision: "resend" | "queued" | "abandon",
): Promise<void> {
  try {
    for (const batch of batches) await live.job.resolve(batch, decision);
  } catch (thrown) {
    live.error.set(explain(thrown));
  }
  await settle(live);
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
