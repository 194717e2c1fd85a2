/**
 * The options of the worker. They are module state: the objects run in the same script,
 * and `createWorker` has no other way to pass them.
 */
import { DEFAULT_BATCH_SIZE, MAX_CODES } from "../generated/protocol.js";
import { type Reader, boolean, isObject, method, only, readOptions, whole } from "../schema.js";
import { LONGEST_START_SECONDS } from "./program/jobs/start-plan.js";
import type { UsageSchedule, WorkerOptions } from "./types.js";

const LONGEST_RETENTION_DAYS = 3_650;
/** The largest value that the platform accepts. */
const LARGEST_BODY_BYTES = 5_000_000_000;

const RECONCILE: Required<UsageSchedule> = {
  intervalHours: [1, 6, 24],
  delayMinutes: 5,
  pauseMinutes: 10,
};

const DEFAULTS = {
  allowedOrigins: [] as readonly string[],
  allowDistributeAll: false,
  requestsPerSecond: 50,
  batchSize: DEFAULT_BATCH_SIZE,
  retentionDays: 90,
  eventRetentionDays: 30,
  maxUploadBytes: 100_000_000,
  maxCodes: 1_000_000,
  subrequests: 50,
  reconcile: RECONCILE as Settings["reconcile"],
  settleMinutes: 10,
  startDelaySeconds: 10,
};

/** The options, with defaults for those that are not given. */
export type Settings = Required<
  Omit<WorkerOptions, "outcomes" | "approval" | "onEvent" | "reconcile">
> &
  Pick<WorkerOptions, "outcomes" | "approval" | "onEvent"> & {
    reconcile: false | Required<UsageSchedule>;
  };

let current: Settings = DEFAULTS;

export const settings = (): Settings => current;

const between = (least: number, most: number) =>
  only(
    (value): value is number => typeof value === "number" && value >= least && value <= most,
    `must be a number from ${least} to ${most}`,
  );
const isOrigin = (value: unknown): value is string =>
  typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;

const days = only(
  (value): value is number =>
    typeof value === "number" && value > 0 && value <= LONGEST_RETENTION_DAYS,
  `must be a number above 0, at most ${LONGEST_RETENTION_DAYS}`,
);

/** The longest schedule: an alarm can't be set further ahead. */
const LONGEST_HOURS = 24 * 30;
const isHours = (value: unknown): value is number =>
  typeof value === "number" && value >= 0.001 && value <= LONGEST_HOURS;
const minutes = between(0.001, LONGEST_HOURS * 60);

const reconcileSchema = {
  intervalHours: only(
    (value): value is number[] => Array.isArray(value) && value.length > 0 && value.every(isHours),
    `must be a list of numbers from 0.001 to ${LONGEST_HOURS}`,
  ),
  delayMinutes: minutes,
  pauseMinutes: minutes,
} satisfies Record<keyof UsageSchedule, Reader<unknown>>;

const isCount = (value: unknown) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const schema = {
  allowedOrigins: only(
    (value): value is string[] => Array.isArray(value) && value.every(isOrigin),
    "must be a list of origins, such as https://console.example.com",
  ),
  allowDistributeAll: boolean,
  // With a lower rate, hours would pass between two requests of a job.
  requestsPerSecond: between(0.01, 100_000),
  batchSize: whole(1, MAX_CODES),
  retentionDays: days,
  eventRetentionDays: days,
  maxUploadBytes: whole(1, LARGEST_BODY_BYTES),
  maxCodes: whole(1, 10_000_000),
  subrequests: whole(1, 10_000_000),
  reconcile: only(
    (value): value is false | Record<string, unknown> =>
      value === false || (isObject(value) && !Array.isArray(value)),
    "must be false, or an object",
  ),
  settleMinutes: between(0, 24 * 60),
  startDelaySeconds: between(0, LONGEST_START_SECONDS),
  approval: only(
    (value): value is { above: number } =>
      isObject(value) && Object.keys(value).join() === "above" && isCount(value["above"]),
    "must be { above: … }, with a whole number of codes",
  ),
  onEvent: method<NonNullable<WorkerOptions["onEvent"]>>(),
  outcomes: method<NonNullable<WorkerOptions["outcomes"]>>(),
} satisfies Record<keyof WorkerOptions, Reader<unknown>>;

/** Checks the options, and sets them for this script. */
export function configure(options: WorkerOptions = {}): void {
  const call = "createWorker: ";
  const { reconcile, ...given } = readOptions(options, schema, { call });
  const schedule =
    isObject(reconcile) && readOptions(reconcile, reconcileSchema, { call, where: "reconcile." });
  current = {
    ...DEFAULTS,
    ...given,
    ...(reconcile !== undefined && { reconcile: schedule && { ...RECONCILE, ...schedule } }),
  };
}
