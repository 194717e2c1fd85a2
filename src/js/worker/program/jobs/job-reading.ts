/** Reads details of a job that its public members do not give. */
import type { ReadableJob } from "../../../job/job.js";
import {
  BATCH_BY_U8,
  BATCH_CODES_U16,
  BATCH_IS_CANCELLED_U8,
  BATCH_REPORTED_U32,
  BATCH_ROW_BYTES,
  BATCH_USED_U16,
  RESULT_BATCH_U32,
  RESULT_BY_U8,
  RESULT_INDEX_U32,
  RESULT_REASON_U16,
  RESULT_ROW_BYTES,
  RESULT_STATE_U8,
} from "../../../generated/jobs.js";
import { RESULTS_PER_PAGE, SOURCES, STATES } from "../../../generated/protocol.js";
import { type Cursor, results, statesIn } from "../../../job/results.js";
import type { CodeState, JobResult } from "../../../job/types.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Records } from "./records.js";

const UNKNOWN = STATES.indexOf("unknown");
const QUEUED = STATES.indexOf("queued");
const ABANDONED = STATES.indexOf("abandoned");
const BY_USAGE = SOURCES.indexOf("usage");
const BY_OPERATOR = SOURCES.indexOf("operator");
/** Marks a state whose source is usage. */
const IN_USE = 0x80;
/** Marks a sent code whose state comes only from an operator's decision. */
const DECIDED = 0x40;

/** The source of a state. */
type Source = NonNullable<(typeof SOURCES)[number]>;

/** Besides the numbers of states: abandoned before it was sent. */
export const CANCELLED = STATES.length;

/** The results from an index on. */
export function resultsFrom(
  { pages }: ReadableJob,
  cursor: Cursor,
  filter?: CodeState,
): Iterable<JobResult> {
  return results(pages, statesIn(filter), cursor);
}

/** The number of each code's state, by index; with marks of its evidence, if these are wanted. */
export function statesOf(job: ReadableJob, isMarked = false): Uint8Array {
  const machine = job.pages;
  const { total } = job.progress();
  const numbers = new Uint8Array(total);
  const batches = machine.batches();
  for (let from = 0; from < total;) {
    const page = machine.results(from, undefined);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const number = view.getUint8(at + RESULT_STATE_U8);
      const batch = view.getUint32(at + RESULT_BATCH_U32, true) * BATCH_ROW_BYTES;
      const isCancelled = number === ABANDONED && batches[batch + BATCH_IS_CANCELLED_U8];
      const by = view.getUint8(at + RESULT_BY_U8);
      const isDecided =
        !isCancelled && (number === ABANDONED || (number === QUEUED && by === BY_OPERATOR));
      const marks = (by === BY_USAGE ? IN_USE : 0) | (isDecided ? DECIDED : 0);
      numbers[from++] = (isCancelled ? CANCELLED : number) | (isMarked ? marks : 0);
    }
  }
  return numbers;
}

/** How many codes failed for each reason. Reads a number per code, and a text per reason. */
export function failuresOf(job: ReadableJob): Map<string | null, number> {
  const machine = job.pages;
  const counts = new Map<number, number>();
  for (let from = 0, isLast = false; !isLast;) {
    const page = machine.results(from, statesIn("failed"));
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const reason = view.getUint16(at + RESULT_REASON_U16, true);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    isLast = page.length < RESULTS_PER_PAGE * RESULT_ROW_BYTES;
    const last = page.length - RESULT_ROW_BYTES;
    if (!isLast) from = view.getUint32(last + RESULT_INDEX_U32, true) + 1;
  }
  const named = [...counts].map(([reason, count]): [string | null, number] => [
    reason === 0 ? null : machine.reason(reason),
    count,
  ]);
  return new Map(named);
}

/** What jobs know of their codes, each found by its job and index. */
interface KnownStates {
  /** The number of its state, or `CANCELLED`. */
  readonly stateOf: (job: number, index: number) => number;
  /** Whether the source of the state is usage. */
  readonly isUsed: (job: number, index: number) => boolean;
  /** Whether it was sent, and nothing but an operator's decision is known of it. */
  readonly isDecided: (job: number, index: number) => boolean;
}

/** The states of all codes of some jobs. */
export async function readStates(
  numbers: Iterable<number>,
  jobs: OpenJobs,
  records: Records,
): Promise<KnownStates> {
  const states = new Map<number, Uint8Array>();
  for (const number of numbers) {
    const record = records.byNumber(number);
    const job = record && (await jobs.getReadable(record));
    if (job) states.set(number, statesOf(job, true));
  }
  // If a job can't be read, any of its codes may have been sent.
  const found = (number: number, index: number) => states.get(number)?.[index] ?? UNKNOWN;
  return {
    stateOf: (number, index) => found(number, index) & ~(IN_USE | DECIDED),
    isUsed: (number, index) => (found(number, index) & IN_USE) !== 0,
    isDecided: (number, index) => (found(number, index) & DECIDED) !== 0,
  };
}

/**
 * How many states of codes come from the response, a webhook, usage, and an operator. Counted by
 * batch, since a job may have a million codes.
 */
export function evidenceOf({ pages: machine }: ReadableJob): Record<Source, number> {
  const rows = machine.batches();
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const counts = { answer: 0, webhook: 0, usage: 0, operator: 0 };
  for (let at = 0; at < rows.length; at += BATCH_ROW_BYTES) {
    const by = SOURCES[view.getUint8(at + BATCH_BY_U8)];
    const codes = view.getUint16(at + BATCH_CODES_U16, true);
    const reported = view.getUint32(at + BATCH_REPORTED_U32, true);
    // Codes of a batch that was not sent are known to be in use, but were not reported.
    const used = Math.min(view.getUint16(at + BATCH_USED_U16, true), reported);
    counts.usage += used;
    counts.webhook += reported - used;
    if (by === "answer" || by === "operator") counts[by] += codes - reported;
  }
  return counts;
}
