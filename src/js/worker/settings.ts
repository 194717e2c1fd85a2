/**
 * How the worker goes about it. Module state: the objects run in the same
 * script, and no other way leads to them from `createWorker`.
 */
import { invalidOption } from "../errors.js";
import type { WorkerOptions } from "./types.js";

const LONGEST_RETENTION_DAYS = 3_650;
/** The platform takes none that is larger. */
const LARGEST_BODY_BYTES = 5_000_000_000;

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
};

/** The options, with what is not given. */
export type Settings = Required<Omit<WorkerOptions, "outcomes">> & Pick<WorkerOptions, "outcomes">;

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
  outcomes: (value) => (typeof value === "function" ? undefined : "must be a function"),
};

/** Checks the options, and makes them those of this script. */
export function configure(options: WorkerOptions = {}): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidOption("createWorker: the options must be an object");
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw invalidOption(
        `createWorker: \`${name}\` is no option (there are ${Object.keys(checks).join(", ")})`,
      );
    }
    const fault = value === undefined ? undefined : checks[name as keyof WorkerOptions](value);
    if (fault !== undefined) throw invalidOption(`createWorker: \`${name}\` ${fault}`);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  current = { ...DEFAULTS, ...Object.fromEntries(given) };
}

function isOrigin(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;
}
