/** What a request for a job says: its parameters, and the key that makes it safe to ask twice. */
import {
  type ParameterType,
  flag,
  invalid,
  readParameters,
  text,
  wholeNumber,
} from "../http/parameters.js";
import { refuse } from "../http/problem.js";
import { settings } from "../settings.js";
import { LONGEST_START_SECONDS } from "./start-plan.js";

const LONGEST_KEY = 200;
const LONGEST_SOURCE = 200;

/** What the caller says about a list; `undefined` where nothing is said. */
export interface ListFlags {
  /** "I have seen what was rejected": it is left out. */
  valid: boolean | undefined;
  /** Codes that were sent before are left out. */
  skip: boolean | undefined;
  /** They are sent all the same. */
  resend: boolean | undefined;
}

/** What the caller says about the comparison of a list with its program's. */
export interface CheckFlags {
  /** Codes that the program does not have are sent all the same. */
  allowForeign: boolean;
  /** The list is sent without being compared. */
  unchecked: boolean;
}

/** What the query of a request for a job says. */
export interface JobRequest {
  flags: ListFlags;
  check: CheckFlags;
  column: string | undefined;
  programColumn: string | undefined;
  isDryRun: boolean;
  isAll: boolean;
  confirm: string | undefined;
  starts: boolean;
  batchSize: number;
  source: string | null;
  name: string;
  startInSeconds: number;
  pauseAfter: number | null;
  /** What decides what is sent, except for the list: all of it stands for the key. */
  fingerprint: Fingerprint;
}

/** The parts of a request that a key stands for, by the names that the caller knows them by. */
export type Fingerprint = Readonly<Record<string, string | number | boolean | null>>;

/** Of Uber's own distribute call. */
export const CALL_PARAMETERS = { valid: flag, skip: flag, resend: flag };

const JOB_PARAMETERS = {
  ...CALL_PARAMETERS,
  column: text,
  allowForeign: flag,
  unchecked: flag,
  dryRun: flag,
  start: flag,
  startIn: wholeNumber(0, LONGEST_START_SECONDS),
  batchSize: wholeNumber(1, 30_000),
  source: text,
  name: text,
};
const PROGRAM_JOB_PARAMETERS = {
  ...JOB_PARAMETERS,
  pauseAfter: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  all: flag,
  confirm: text,
};
const GROUP_PARAMETERS = { ...JOB_PARAMETERS, programColumn: text };

/** The query of `POST /api/programs/{program}/jobs`. */
export const readJobRequest = (url: URL) => jobRequest(url, PROGRAM_JOB_PARAMETERS);

/** The query of `POST /api/jobs`. */
export const readGroupRequest = (url: URL) => jobRequest(url, GROUP_PARAMETERS);

function jobRequest(url: URL, types: Record<string, ParameterType<unknown>>): JobRequest {
  const given = readParameters(url, types) as {
    [K in keyof (typeof PROGRAM_JOB_PARAMETERS & typeof GROUP_PARAMETERS)]?: never;
  };
  const { valid, skip, resend, column, programColumn } = given;
  const { dryRun = false, all = false, start = true, confirm, batchSize, source } = given;
  const { allowForeign = false, unchecked = false, startIn = 0, name } = given;
  const pauseAfter: number | null = given.pauseAfter ?? null;
  const said = shortened(source);
  const check: CheckFlags = { allowForeign, unchecked };
  return {
    flags: consistent({ valid, skip, resend }),
    check,
    column,
    programColumn,
    isDryRun: dryRun,
    isAll: all,
    confirm,
    starts: start,
    batchSize: batchSize ?? settings().batchSize,
    source: said,
    name: shortened(name) ?? said ?? "",
    startInSeconds: startIn,
    pauseAfter,
    fingerprint: {
      start,
      all,
      batchSize: batchSize ?? null,
      column: column ?? null,
      programColumn: programColumn ?? null,
      // Said only where it is not as ever: a key of an earlier release stands for the same request.
      ...Object.fromEntries(
        Object.entries({ ...check, startIn, pauseAfter }).filter(([, value]) => Boolean(value)),
      ),
    },
  };
}

const shortened = (words: string | undefined) => words?.slice(0, LONGEST_SOURCE) ?? null;

/** The flags of a query and of a body together, which must not contradict each other. */
export function withBodyFlags(query: ListFlags, body: Partial<Record<string, unknown>>): ListFlags {
  const flags = { ...query };
  for (const name of ["valid", "skip", "resend"] as const) {
    const said = body[name];
    if (said === undefined) continue;
    if (typeof said !== "boolean") throw invalid(`\`${name}\` must be true or false`);
    if ((flags[name] ?? said) !== said) {
      throw invalid(`The body says another \`${name}\` than the query`, "Say it once.");
    }
    flags[name] = said;
  }
  return consistent(flags);
}

function consistent(flags: ListFlags): ListFlags {
  if (flags.skip === true && flags.resend === true) {
    throw invalid("`skip` and `resend` exclude each other", "Say one.");
  }
  return flags;
}

/** The key that makes it safe to ask twice; null where there is none. */
export function keyOf(request: Request): string | null {
  const key = request.headers.get("Idempotency-Key");
  if (key === null) return null;
  if (key !== "" && key.length <= LONGEST_KEY) return key;
  throw keyRequired();
}

/** The same, where there has to be one. */
export function requiredKeyOf(request: Request): string {
  const key = keyOf(request);
  if (key === null) throw keyRequired();
  return key;
}

function keyRequired() {
  return refuse(
    400,
    "idempotency_key_required",
    "The request needs an Idempotency-Key of at most 200 characters",
    "Draw a UUID for each list, and repeat it when you ask again.",
  );
}

/** What is written down of a request, so that the next one with its key can be compared. */
export function fingerprintText(parts: Fingerprint, flags: ListFlags, codes: string): string {
  const { valid = false, skip = false, resend = false } = flags;
  return JSON.stringify({ ...parts, valid, skip, resend, codes });
}

/** Refuses a key that was used before for what would send something else. */
export function refuseReusedKey(before: string, now: string): void {
  if (before === now) return;
  const other = JSON.parse(now) as Fingerprint;
  // An earlier version wrote down the list alone.
  const one = before.startsWith("{")
    ? (JSON.parse(before) as Fingerprint)
    : { ...other, codes: before };
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differs = [...names].filter((name) => one[name] !== other[name]);
  if (differs.length > 0) throw keyReused(differs);
}

export function keyReused(differs: readonly string[]) {
  return refuse(
    422,
    "idempotency_key_reused",
    `This Idempotency-Key was used with another ${differs.map((name) => `\`${name}\``).join(", ")}`,
    "Repeat the first request as it was, or use a new key for another one.",
    { more: { differs } },
  );
}
