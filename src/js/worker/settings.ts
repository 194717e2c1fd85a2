/**
 * How the worker goes about it. Module state: the objects run in the same
 * script, and no other way leads to them from `createWorker`.
 */
import { invalidOption } from "../errors.js";
import type { WorkerOptions } from "./types.js";

const DEFAULTS = {
  allowedOrigins: [] as readonly string[],
  allowDistributeAll: false,
  requestsPerSecond: 50,
  batchSize: 500,
  retentionDays: 90,
  maxUploadBytes: 100_000_000,
  maxCodes: 1_000_000,
};

/** The options, with what is not given. */
export type Settings = Required<Omit<WorkerOptions, "outcomes">> & Pick<WorkerOptions, "outcomes">;

let current: Settings = DEFAULTS;

export const settings = (): Settings => current;

const isWhole = (most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
    ? undefined
    : `must be a whole number from 1 to ${most}`;
const isPositive = (value: unknown) =>
  typeof value === "number" && value > 0 && value < Infinity
    ? undefined
    : "must be a number above 0";

const checks: Record<keyof WorkerOptions, (value: unknown) => string | undefined> = {
  allowedOrigins: (value) =>
    Array.isArray(value) && value.every(isOrigin)
      ? undefined
      : "must be a list of origins, such as https://console.example.com",
  allowDistributeAll: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  requestsPerSecond: isPositive,
  batchSize: isWhole(30_000),
  retentionDays: isPositive,
  maxUploadBytes: isWhole(Number.MAX_SAFE_INTEGER),
  maxCodes: isWhole(10_000_000),
  outcomes: (value) => (typeof value === "function" ? undefined : "must be a function"),
};

/** Checks the options, and makes them those of this script. */
export function configure(options: WorkerOptions = {}): void {
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
