/** A job as the API shows it. */
import { ApiError } from "../errors.js";
import type { ReadableJob } from "../job.js";
import type { ProgramObject } from "./program.js";
import type { JobRecord } from "./records.js";
import type { JobFault } from "./types.js";

const MOST_BATCHES = 200;
const MOST_REASONS = 100;

/** A batch that waits for a decision. */
interface UnknownBatch {
  id: number;
  codes: number;
  reported: number;
  attempts: number;
  sentAt: number | null;
  error: Pick<JobFault, "code" | "message" | "status"> | null;
}

/** All that there is to say of a job. */
export async function detail(
  program: ProgramObject,
  record: JobRecord,
): Promise<Record<string, unknown>> {
  const { summary, samples } = record;
  const job = await program.jobs.getReadable(record);
  const batches = job?.batches() ?? [];
  const unknown = batches.filter(({ state }) => state === "unknown");
  return {
    ...summary,
    ...(job && { progress: job.progress() }),
    samples,
    failures: job ? failures(job) : [],
    batches: batches.length,
    unknownBatches: unknown.slice(0, MOST_BATCHES).map(unknownBatch),
    unknownBatchCount: unknown.length,
    pausedByEverything: program.isPaused,
  };
}

function unknownBatch(batch: ReturnType<ReadableJob["batches"]>[number]): UnknownBatch {
  const { id, codes, reported, attempts, sentAt, lastError } = batch;
  const status = lastError instanceof ApiError ? { status: lastError.status } : {};
  const error = lastError && { code: lastError.code, message: lastError.message, ...status };
  return { id, codes, reported, attempts, sentAt, error };
}

/** How many codes failed for which reason, the most frequent first. */
function failures(job: ReadableJob): { reason: string | null; count: number }[] {
  if (job.progress().failed === 0) return [];
  const counts = new Map<string | null, number>();
  for (const { reason } of job.results("failed")) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, MOST_REASONS).map(([reason, count]) => ({ reason, count }));
}

/** What is sent to those who watch: what changes all the time, or everything when more did. */
export function part(
  program: ProgramObject,
  record: JobRecord,
): { part: string; whole: () => Promise<string>; key: string } {
  const { summary, samples } = record;
  const { status, progress, rate, waitingUntil, error } = summary;
  return {
    part: JSON.stringify({
      type: "progress",
      status,
      progress,
      rate,
      waitingUntil,
      sample: samples.at(-1) ?? null,
    }),
    whole: async () => JSON.stringify({ type: "job", job: await program.detail(record) }),
    key: [status, error?.code, progress.unknown, progress.failed, program.isPaused].join(),
  };
}
