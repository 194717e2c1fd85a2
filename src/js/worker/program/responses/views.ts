/** A job as the API shows it. */
import { ApiError } from "../../../errors.js";
import type { ReadableJob } from "../../../job/job.js";
import { failuresOf } from "../jobs/job-reading.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { JobRecord } from "../jobs/records.js";
import { rejectionsOf } from "../jobs/rejections.js";
import { shownSettling } from "../evidence/resend-guard.js";
import { noteSources } from "../jobs/sources.js";
import type { ProgramState } from "../state.js";
import type { Usage } from "../evidence/usage.js";
import type { JobDetail, JobMessage, UnknownBatch } from "../../types.js";

const MAX_BATCHES = 200;
const MAX_REASONS = 100;

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly state: ProgramState;
  readonly usage: Usage;
}

/** Everything that the API shows of a job. */
export async function jobDetail(program: Dependencies, record: JobRecord): Promise<JobDetail> {
  const { summary, samples } = record;
  const job = await program.jobs.getReadable(record);
  if (job) noteSources(record, job);
  const { usedBefore } = job?.progress() ?? summary.progress;
  const batches = job?.batches() ?? [];
  const unknown = batches.filter(({ state }) => state === "unknown");
  return {
    ...summary,
    ...(job && { progress: job.progress() }),
    samples,
    failures: job ? failures(job) : [],
    rejections: job ? rejectionsOf(job, record.words) : [],
    batches: batches.length,
    unknownBatches: unknown.slice(0, MAX_BATCHES).map(unknownBatch),
    unknownBatchCount: unknown.length,
    pausedByEverything: program.state.isPaused,
    sources: record.sources,
    // A deleted job has nothing left to send.
    usage: program.usage.summaryFor(record, job ? usedBefore : 0, Date.now()),
    settling: shownSettling(program, record, unknown),
  };
}

function unknownBatch(batch: ReturnType<ReadableJob["batches"]>[number]): UnknownBatch {
  const { id, codes, reported, used, attempts, sentAt, lastError } = batch;
  const status = lastError instanceof ApiError ? { status: lastError.status } : {};
  const error = lastError && { code: lastError.code, message: lastError.message, ...status };
  return { id, codes, reported, used, attempts, sentAt, error };
}

/** How many codes failed for which reason, the most frequent first. */
function failures(job: ReadableJob): JobDetail["failures"] {
  if (job.progress().failed === 0) return [];
  const sorted = [...failuresOf(job)].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, MAX_REASONS).map(([reason, count]) => ({ reason, count }));
}

/** The message to watchers: the part that changes often, or everything if more has changed. */
export function progressMessage(
  program: Dependencies,
  record: JobRecord,
): { delta: string; snapshot: () => Promise<string>; key: string } {
  const { summary, samples, sources } = record;
  const { status, progress, rate, waitingUntil, error, name, note: said, startsAt } = summary;
  const { readAt, endedAt, error: readError } = program.usage.lastRead;
  const sample = samples.at(-1) ?? null;
  const text = (message: JobMessage) => JSON.stringify(message);
  return {
    delta: text({ type: "progress", status, progress, rate, waitingUntil, sample, sources }),
    snapshot: async () => text({ type: "job", job: await jobDetail(program, record) }),
    key: [
      ...[status, error?.code, progress.unknown, progress.failed, program.state.isPaused],
      ...[readAt, endedAt, readError?.code, name, said, startsAt],
    ].join(),
  };
}
