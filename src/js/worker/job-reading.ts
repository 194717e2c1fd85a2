/** What the worker reads of a job beside its public members. */
import type { ReadableJob } from "../job.js";
import { type Cursor, STATES, results } from "../job-results.js";
import type { CodeState, JobResult } from "../job-types.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Records } from "./records.js";

const ROW = 24;

const UNKNOWN = STATES.indexOf("unknown");

/** Beside the numbers of the states: abandoned before it left. */
export const CANCELLED = STATES.length;

/** The results from a place on. */
export function resultsFrom(
  { pages }: ReadableJob,
  cursor: Cursor,
  filter?: CodeState,
): Iterable<JobResult> {
  return results(pages.machine, pages.batchSize, filter, cursor);
}

/** The number of each code's state, by place. */
export function statesOf(job: ReadableJob): Uint8Array {
  const { machine, batchSize } = job.pages;
  const { total } = job.progress();
  const numbers = new Uint8Array(total);
  const batches = machine.batches();
  const abandoned = STATES.indexOf("abandoned");
  for (let from = 0; from < total;) {
    const page = machine.results(from, undefined);
    for (let at = 4; at < page.length; at += ROW) {
      const number = page[at] as number;
      const isCancelled = number === abandoned && batches[Math.floor(from / batchSize) * ROW + 2];
      numbers[from++] = isCancelled ? CANCELLED : number;
    }
  }
  return numbers;
}

/** The states of all codes of some jobs, each found by its job and place. */
export async function readStates(
  numbers: Iterable<number>,
  jobs: OpenJobs,
  records: Records,
): Promise<(number: number, place: number) => number> {
  const states = new Map<number, Uint8Array>();
  for (const number of numbers) {
    const record = records.byNumber(number);
    const job = record && (await jobs.getReadable(record));
    if (job) states.set(number, statesOf(job));
  }
  // Of a job that can't be read, any code may have left.
  return (number, place) => states.get(number)?.[place] ?? UNKNOWN;
}
