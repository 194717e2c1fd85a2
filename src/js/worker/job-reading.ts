/** What the worker reads of a job beside its public members. */
import type { ReadableJob } from "../job.js";
import { type Cursor, STATES, results } from "../job-results.js";
import type { CodeState, JobResult } from "../job-types.js";

const ROW = 24;

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
