/** How many states of a job's codes come from each source, and since when. */
import type { ReadableJob } from "../../job/job.js";
import { evidenceOf } from "./job-reading.js";
import type { JobRecord } from "./records.js";
import type { EvidenceSource } from "../types.js";

/** The parts of a job that are used here. */
type Noted = Pick<JobRecord, "sources" | "sent"> & {
  summary: Pick<JobRecord["summary"], "updatedAt">;
};

/** Counts again; a count that has grown gets the current time. */
export function noteSources(record: Noted, job: ReadableJob): void {
  const now = Date.now();
  const { requests } = job.progress();
  if (record.sent === null) {
    // A record of an earlier release, or a new one.
    record.sent = { requests, at: requests === 0 ? 0 : record.summary.updatedAt };
  } else if (record.sent.requests !== requests) record.sent = { requests, at: now };
  const counts = evidenceOf(job);
  const source = ({ codes, lastAt }: EvidenceSource, count: number) => {
    return { codes: count, lastAt: count > codes ? now : lastAt };
  };
  const { answer, webhook, usage, operator } = record.sources;
  const isSame = [answer, webhook, usage, operator].every(({ codes }, at) => codes === counts[at]);
  if (isSame) return;
  record.sources = {
    answer: source(answer, counts[0]),
    webhook: source(webhook, counts[1]),
    usage: source(usage, counts[2]),
    operator: source(operator, counts[3]),
  };
}
