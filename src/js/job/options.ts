/** The options of a job: names, types and what the host knows of values are checked here. */
import { quietly } from "../errors.js";
import { MOST_CODES } from "../generated/protocol.js";
import type { Journal } from "../journal/types.js";
import {
  type Read,
  boolean,
  count,
  method,
  need,
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
  batchSize: whole(1, MOST_CODES),
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
/** What only making a job, or only going on with one, takes. */
const journalSchema = { journal: withMethods<Journal>("append", "read", "truncate") };
const createdSchema = { ...journalSchema, pauseAfter: ordinal };
const restoredSchema = { restored: boolean };

/** A job's options, checked. */
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

/** Checks what `createJob` takes; what is not given is the client's, or the default. */
export function checkJobOptions(
  given: object | undefined,
  client: JobDefaults,
  memory: () => Journal,
): CheckedJobOptions {
  const read = readOptions(given ?? {}, { ...jobSchema, ...createdSchema });
  return withJobDefaults(given, read, client, read.journal ?? memory(), false);
}

/** Checks what `resumeJob` takes. */
export function checkResumeOptions(
  given: object | undefined,
  client: JobDefaults,
  journal: unknown,
): CheckedJobOptions {
  const { restored = false, ...read } = readOptions(given ?? {}, {
    ...jobSchema,
    ...restoredSchema,
  });
  // `null`, as what is not given would be no fault.
  const checked = readOptions({ journal: journal ?? null }, journalSchema);
  need(checked, ["journal"]);
  return withJobDefaults(given, read, client, checked.journal, restored);
}

function withJobDefaults(
  given: PacedOptions | undefined,
  read: Read<typeof jobSchema & typeof createdSchema>,
  client: JobDefaults,
  journal: Journal,
  restored: boolean,
): CheckedJobOptions {
  const { requestsPerSecond = 20, ...options } = read;
  return {
    batchSize: 500,
    pauseAfter: 0,
    concurrency: 2,
    onProgress: undefined,
    signal: undefined,
    timeoutMs: client.timeoutMs,
    maxRetries: client.maxRetries,
    ...options,
    journal,
    restored,
    intervalMs: 1000 / requestsPerSecond,
    pace: quietly(() => given?.[pace]),
  };
}
