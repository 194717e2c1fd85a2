/** The requested results of a job as a file for spreadsheets. */
import { csvCell } from "../../../csv-cell.js";
import type { ReadableJob } from "../../../job/job.js";
import type { JobResult } from "../../../job/types.js";
import { resultsFrom } from "../jobs/job-reading.js";
import type { JobRecord } from "../jobs/records.js";
import { withRejections } from "../jobs/rejections.js";
import type { ResultFilter } from "../../objects.js";

const ROWS_AT_ONCE = 1_000;

/** The details of a row, besides its result. */
interface About {
  jobId: string;
  /** When each batch was last sent. */
  times: readonly (string | null)[];
  /** The text of a code; empty if unknown. */
  textOf: (code: string) => string;
}

/** The columns, each with the function for its cells. */
const COLUMNS: readonly [
  name: string,
  cell: (result: JobResult, about: About) => string | number,
][] = [
  ["code", ({ code }) => code],
  ["code_text", ({ code }, { textOf }) => textOf(code)],
  ["state", ({ state }) => state],
  ["reason", ({ reason }) => reason ?? ""],
  ["by", ({ by }) => by ?? ""],
  // Counted from 1.
  ["batch", ({ batch }) => batch + 1],
  ["time", ({ batch }, { times }) => times[batch] ?? ""],
  ["job", (_, { jobId }) => jobId],
];

/** Returns whether a result matches the filter, apart from its state. */
export function matcher({ find = "", reason }: ResultFilter): (result: JobResult) => boolean {
  const wanted = find.toLowerCase();
  return (result) =>
    result.code.startsWith(wanted) && (reason === undefined || (result.reason ?? "") === reason);
}

/** The file, in chunks. */
export async function* csvOf(
  job: ReadableJob,
  { summary: { id: jobId }, words }: JobRecord,
  filter: ResultFilter,
  textOf: (code: string) => string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const encoder = new TextEncoder();
  const times = job
    .batches()
    .map(({ sentAt }) => (sentAt === null ? null : new Date(sentAt).toISOString()));
  const about = { jobId, times, textOf };
  const isWanted = matcher(filter);
  let text = `${COLUMNS.map(([name]) => name).join()}\r\n`;
  let rows = 0;
  const withReason = withRejections(job, words);
  for (const told of resultsFrom(job, { place: 0 }, filter.state)) {
    const result = withReason(told);
    if (!isWanted(result)) continue;
    text += `${COLUMNS.map(([, cell]) => csvCell(cell(result, about))).join()}\r\n`;
    rows += 1;
    if (rows % ROWS_AT_ONCE === 0) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}
