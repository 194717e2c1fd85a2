/** Checks the options of a job: names, types, and what the host knows about their values. */
import { tryOrUndefined } from "../errors.js";
import {
  DEFAULT_BATCH_SIZE,
  DEFAULT_CONCURRENCY,
  DEFAULT_REQUESTS_PER_SECOND,
  MAX_CODES,
} from "../generated/protocol.js";
import type { Journal } from "../journal/types.js";
import {
  type Read,
  boolean,
  count,
  method,
  requireOptions,
  only,
  ordinal,
  readOptions,
  signal,
  timeout,
  whole,
  withMethods,
} from "../schema.js";
import type { CallSignal } from "../types.js";
import { type Pace, type PacedOptions, pace } from "./pace.js";
import type { JobProgress } from "./types.js";

const jobSchema = {
  batchSize: whole(1, MAX_CODES),
  concurrency: whole(1, 1_000),
  requestsPerSecond: only(
    (value): value is number => typeof value === "number" && value > 0 && 1000 / value < Infinity,
    "must be a number above 0",
  ),
  timeoutMs: timeout,
  maxRetries: count,
  onProgress: method<(progress: JobProgress) => void>(),
  signal,
};
/** Options of creating a job only, or of resuming one only. */
const journalSchema = { journal: withMethods<Journal>("append", "read", "truncate") };
const createdSchema = { ...journalSchema, pauseAfter: ordinal };
const restoredSchema = { restored: boolean };

/** The checked options of a job. */
export interface CheckedJobOptions {
  journal: Journal;
  batchSize: number;
  /** 0 for no pause. */
  pauseAfter: number;
  concurrency: number;
  intervalMs: number;
  timeoutMs: number;
  maxRetries: number;
  onProgress: ((progress: JobProgress) => void) | undefined;
  signal: CallSignal | undefined;
  restored: boolean;
  pace: Pace | undefined;
}

interface JobDefaults {
  timeoutMs: number;
  maxRetries: number;
}

/** Checks the options of `createJob`; missing ones get the client's value or the default. */
export function checkJobOptions(
  given: object | undefined,
  client: JobDefaults,
  memory: () => Journal,
): CheckedJobOptions {
  const read = readOptions(given ?? {}, { ...jobSchema, ...createdSchema });
  return withJobDefaults(given, read, client, read.journal ?? memory(), false);
}

/** Checks the options of `resumeJob`. */
export function checkResumeOptions(
  given: object | undefined,
  client: JobDefaults,
  journal: unknown,
): CheckedJobOptions {
  const { restored = false, ...read } = readOptions(given ?? {}, {
    ...jobSchema,
    ...restoredSchema,
  });
  // `null`, so that a missing journal is refused.
  const checked = readOptions({ journal: journal ?? null }, journalSchema);
  requireOptions(checked, ["journal"]);
  return withJobDefaults(given, read, client, checked.journal, restored);
}

function withJobDefaults(
  given: PacedOptions | undefined,
  read: Read<typeof jobSchema & typeof createdSchema>,
  client: JobDefaults,
  journal: Journal,
  restored: boolean,
): CheckedJobOptions {
  const { requestsPerSecond = DEFAULT_REQUESTS_PER_SECOND, ...options } = read;
  return {
    batchSize: DEFAULT_BATCH_SIZE,
    pauseAfter: 0,
    concurrency: DEFAULT_CONCURRENCY,
    onProgress: undefined,
    signal: undefined,
    timeoutMs: client.timeoutMs,
    maxRetries: client.maxRetries,
    ...options,
    journal,
    restored,
    intervalMs: 1000 / requestsPerSecond,
    pace: tryOrUndefined(() => given?.[pace]),
  };
}
