/** What the worker reads of a job besides its public members. */
import type { ReadableJob } from "../../job/job.js";
import {
  BATCH_ROW_BYTES,
  RESULTS_PER_PAGE,
  RESULT_ROW_BYTES,
  SOURCES,
  STATES,
} from "../../generated/protocol.js";
import { type Cursor, results, statesIn } from "../../job/results.js";
import type { CodeState, JobResult } from "../../job/types.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Records } from "./records.js";

const UNKNOWN = STATES.indexOf("unknown");
const BY_USAGE = SOURCES.indexOf("usage");
/** Marks a state whose source is the use of the code. */
const IN_USE = 0x80;

/** One number besides the states: abandoned before it was sent. */
export const CANCELLED = STATES.length;

/** The results from an index on. */
export function resultsFrom(
  { pages }: ReadableJob,
  cursor: Cursor,
  filter?: CodeState,
): Iterable<JobResult> {
  return results(pages, statesIn(filter), cursor);
}

/** The number of each code's state, by place; with `mark` in it where the state rests on its use. */
export function statesOf(job: ReadableJob, mark = 0): Uint8Array {
  const machine = job.pages;
  const { total } = job.progress();
  const numbers = new Uint8Array(total);
  const batches = machine.batches();
  const abandoned = STATES.indexOf("abandoned");
  for (let from = 0; from < total;) {
    const page = machine.results(from, undefined);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const number = view.getUint8(at + 4);
      const isCancelled =
        number === abandoned && batches[view.getUint32(at + 24, true) * BATCH_ROW_BYTES + 2];
      const isUsed = view.getUint8(at + 5) === BY_USAGE;
      numbers[from++] = (isCancelled ? CANCELLED : number) | (isUsed ? mark : 0);
    }
  }
  return numbers;
}

/** How many codes failed for which reason. Of each code a number is read, and of each reason its text. */
export function failuresOf(job: ReadableJob): Map<string | null, number> {
  const machine = job.pages;
  const counts = new Map<number, number>();
  for (let from = 0, isLast = false; !isLast;) {
    const page = machine.results(from, statesIn("failed"));
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (let at = 0; at < page.length; at += RESULT_ROW_BYTES) {
      const reason = view.getUint16(at + 6, true);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    isLast = page.length < RESULTS_PER_PAGE * RESULT_ROW_BYTES;
    if (!isLast) from = view.getUint32(page.length - RESULT_ROW_BYTES, true) + 1;
  }
  const named = [...counts].map(([reason, count]): [string | null, number] => [
    reason === 0 ? null : machine.reason(reason),
    count,
  ]);
  return new Map(named);
}

/** What jobs know of their codes, each found by its job and place. */
interface KnownStates {
  /** The number of its state, or `CANCELLED`. */
  readonly stateOf: (job: number, place: number) => number;
  /** Whether the source of the state is use. */
  readonly isUsed: (job: number, place: number) => boolean;
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
    if (job) states.set(number, statesOf(job, IN_USE));
  }
  // If a job can't be read, any of its codes may have been sent.
  const found = (number: number, place: number) => states.get(number)?.[place] ?? UNKNOWN;
  return {
    stateOf: (number, place) => found(number, place) & ~IN_USE,
    isUsed: (number, place) => (found(number, place) & IN_USE) !== 0,
  };
}

/**
 * How many states of codes rest on the answer, a webhook, use, and the operator. Counted by batch,
 * since a job may have a million codes.
 */
export function evidenceOf({
  pages: machine,
}: ReadableJob): [answer: number, webhook: number, usage: number, operator: number] {
  const rows = machine.batches();
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  let [answer, webhook, usage, operator] = [0, 0, 0, 0];
  for (let at = 0; at < rows.length; at += BATCH_ROW_BYTES) {
    const by = SOURCES[view.getUint8(at + 3)];
    const codes = view.getUint16(at + 4, true);
    const reported = view.getUint32(at + 8, true);
    // Codes of a batch that was not sent are known to be in use, but were not reported.
    const used = Math.min(view.getUint16(at + 6, true), reported);
    usage += used;
    webhook += reported - used;
    if (by === "answer") answer += codes - reported;
    if (by === "operator") operator += codes - reported;
  }
  return [answer, webhook, usage, operator];
}
