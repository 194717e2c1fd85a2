/** How many states of a job's codes come from each source, and since when. */
import type { ReadableJob } from "../../../job/job.js";
import { evidenceOf } from "./job-reading.js";
import type { JobRecord } from "./records.js";
import type { EvidenceSource } from "../../types.js";

/** The parts of a job that are used here. */
type Noted = Pick<JobRecord, "sources" | "sent"> & {
  summary: Pick<JobRecord["summary"], "updatedAt">;
};

/** Updates the counts, and the time of each that has grown. */
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
  const sources = {
    answer: source(answer, counts.answer),
    webhook: source(webhook, counts.webhook),
    usage: source(usage, counts.usage),
    operator: source(operator, counts.operator),
  } satisfies Record<keyof typeof counts, EvidenceSource>;
  const isSame =
    sources.answer.codes === answer.codes &&
    sources.webhook.codes === webhook.codes &&
    sources.usage.codes === usage.codes &&
    sources.operator.codes === operator.codes;
  if (!isSame) record.sources = sources;
}
