/** The requested results of a job as a file for spreadsheets. */
import type { ReadableJob } from "../../job/job.js";
import type { JobResult } from "../../job/types.js";
import { resultsFrom } from "./job-reading.js";
import type { ResultFilter } from "../objects.js";

const ROWS_AT_ONCE = 1_000;
export const COLUMNS = [
  "code",
  "code_text",
  "state",
  "reason",
  "by",
  "batch",
  "time",
  "job",
] as const;

/** Tells whether a result matches the filter, apart from its state. */
export function matcher({ find = "", reason }: ResultFilter): (result: JobResult) => boolean {
  const wanted = find.toLowerCase();
  return (result) =>
    result.code.startsWith(wanted) && (reason === undefined || (result.reason ?? "") === reason);
}

/** The file, in pieces. */
export async function* csvOf(
  job: ReadableJob,
  jobId: string,
  filter: ResultFilter,
  textOf: (code: string) => string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const encoder = new TextEncoder();
  const times = job.batches().map(({ sentAt }) => sentAt && new Date(sentAt).toISOString());
  const isWanted = matcher(filter);
  let text = `${COLUMNS.join()}\r\n`;
  let rows = 0;
  for (const result of resultsFrom(job, { place: 0 }, filter.state)) {
    if (!isWanted(result)) continue;
    const { code, state, reason, by, batch } = result;
    const cells = [code, textOf(code), state, reason ?? "", by ?? ""];
    text += `${[...cells, batch + 1, times[batch] ?? "", jobId].map(cell).join()}\r\n`;
    rows += 1;
    if (rows % ROWS_AT_ONCE === 0) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}

/**
 * A cell that no spreadsheet takes for a formula: neither at its start, nor after a semicolon or a tab,
 * at which some spreadsheets split cells even within quotes.
 */
export function cell(value: string | number): string {
  const text = String(value).replaceAll(
    /(^|[;\t\r\n])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])/g,
    "$1$2'$3",
  );
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
