/**
 * How the worker goes about it. Module state: the objects run in the same
 * script, and no other way leads to them from `createWorker`.
 */
import { invalidOption } from "../errors.js";
import type { UsageSchedule, WorkerOptions } from "./types.js";

const LONGEST_RETENTION_DAYS = 3_650;
/** The platform takes none that is larger. */
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
  batchSize: 500,
  retentionDays: 90,
  eventRetentionDays: 30,
  maxUploadBytes: 100_000_000,
  maxCodes: 1_000_000,
  subrequests: 50,
  reconcile: RECONCILE as Settings["reconcile"],
};

/** The options, with what is not given. */
export type Settings = Required<Omit<WorkerOptions, "outcomes" | "reconcile">> &
  Pick<WorkerOptions, "outcomes"> & { reconcile: false | Required<UsageSchedule> };

let current: Settings = DEFAULTS;

export const settings = (): Settings => current;

const isWhole = (most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
    ? undefined
    : `must be a whole number from 1 to ${most}`;
const isWithin = (least: number, most: number) => (value: unknown) =>
  typeof value === "number" && value >= least && value <= most
    ? undefined
    : `must be a number from ${least} to ${most}`;

const isDays = (value: unknown) =>
  typeof value === "number" && value > 0 && value <= LONGEST_RETENTION_DAYS
    ? undefined
    : `must be a number above 0, at most ${LONGEST_RETENTION_DAYS}`;

/** More is further ahead than an alarm can be set. */
const LONGEST_HOURS = 24 * 30;
const isHours = isWithin(0.001, LONGEST_HOURS);
const isMinutes = isWithin(0.001, LONGEST_HOURS * 60);

const reconcileChecks: Record<keyof UsageSchedule, (value: unknown) => string | undefined> = {
  intervalHours: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((hours) => isHours(hours) === undefined)
      ? undefined
      : `must be a list of numbers from 0.001 to ${LONGEST_HOURS}`,
  delayMinutes: isMinutes,
  pauseMinutes: isMinutes,
};

const checks: Record<keyof WorkerOptions, (value: unknown) => string | undefined> = {
  allowedOrigins: (value) =>
    Array.isArray(value) && value.every(isOrigin)
      ? undefined
      : "must be a list of origins, such as https://console.example.com",
  allowDistributeAll: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  // More slowly, a job would stand still for hours between two requests.
  requestsPerSecond: isWithin(0.01, 100_000),
  batchSize: isWhole(30_000),
  retentionDays: isDays,
  eventRetentionDays: isDays,
  maxUploadBytes: isWhole(LARGEST_BODY_BYTES),
  maxCodes: isWhole(10_000_000),
  subrequests: isWhole(10_000_000),
  reconcile: (value) =>
    value === false || isObject(value) ? undefined : "must be false, or an object",
  outcomes: (value) => (typeof value === "function" ? undefined : "must be a function"),
};

/** Checks the options, and makes them those of this script. */
export function configure(options: WorkerOptions = {}): void {
  if (!isObject(options)) throw invalidOption("createWorker: the options must be an object");
  const given = check("", options, checks);
  const { reconcile } = options;
  if (isObject(reconcile)) {
    given.reconcile = { ...RECONCILE, ...check("reconcile.", reconcile, reconcileChecks) };
  }
  current = { ...DEFAULTS, ...given } as Settings;
}

/** What is given of the options; throws where one is wrong. */
function check<T extends object>(
  prefix: string,
  options: T,
  known: Record<keyof T, (value: unknown) => string | undefined>,
): Partial<T> {
  const given: Partial<T> = {};
  for (const [name, value] of Object.entries(options) as [string & keyof T, never][]) {
    const option = `createWorker: \`${prefix}${name}\``;
    if (!Object.hasOwn(known, name)) {
      throw invalidOption(`${option} is no option (there are ${Object.keys(known).join(", ")})`);
    }
    const fault = value === undefined ? undefined : known[name](value);
    if (fault !== undefined) throw invalidOption(`${option} ${fault}`);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOrigin(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;
}
