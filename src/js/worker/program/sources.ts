/** How many states of a job's codes rest on what, and since when. */
import type { ReadableJob } from "../../job/job.js";
import { evidenceOf } from "./job-reading.js";
import type { EvidenceSource, EvidenceSources } from "../types.js";

/** Counts them anew; what has grown has done so now. */
export function noteSources(record: { sources: EvidenceSources }, job: ReadableJob): void {
  const now = Date.now();
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
