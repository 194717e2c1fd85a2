/** Reads a request for a job: its parameters, and the key that makes it safe to repeat. */
import {
  type ParameterType,
  flag,
  invalid,
  readParameters,
  text,
  textUpTo,
  wholeNumber,
} from "./parse-parameters.js";
import { MAX_CODES } from "../../generated/protocol.js";
import { LIMITS } from "../limits.js";
import { refuse } from "../problem.js";
import type { CheckFlags, Fingerprint, ListFlags } from "../fingerprint.js";
import { LONGEST_START_SECONDS } from "../program/jobs/start-plan.js";
import { settings } from "../settings.js";

const LONGEST_KEY = 200;

/** The query of a request for a job. */
export interface JobRequest {
  flags: ListFlags;
  check: CheckFlags;
  column: string | undefined;
  programColumn: string | undefined;
  isDryRun: boolean;
  isAll: boolean;
  confirm: string | undefined;
  starts: boolean;
  startInSeconds: number;
  pauseAfter: number | null;
  batchSize: number;
  source: string | null;
  name: string;
  /** The digest of the dry run that the operator has reviewed. */
  reviewed: string | undefined;
  /** The parameters that decide what is sent; a repeated key must have the same ones. */
  fingerprint: Fingerprint;
}

/** The query of Uber's own distribute call. */
export const CALL_PARAMETERS = { valid: flag, skip: flag, resend: flag };

const JOB_PARAMETERS = {
  ...CALL_PARAMETERS,
  column: text,
  allowForeign: flag,
  unchecked: flag,
  dryRun: flag,
  start: flag,
  startIn: wholeNumber(0, LONGEST_START_SECONDS),
  batchSize: wholeNumber(1, MAX_CODES),
  source: text,
  name: textUpTo(LIMITS.nameCharacters),
  reviewed: text,
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
  const { dryRun = false, all = false, start = true, confirm, batchSize } = given;
  const { allowForeign = false, unchecked = false, startIn = 0 } = given;
  const check: CheckFlags = { allowForeign, unchecked };
  const pauseAfter: number | null = given.pauseAfter ?? null;
  const source = shortened(given.source);
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
    startInSeconds: startIn,
    pauseAfter,
    source,
    reviewed: given.reviewed,
    name: given.name ?? source ?? "",
    fingerprint: {
      start,
      all,
      batchSize: batchSize ?? null,
      column: column ?? null,
      programColumn: programColumn ?? null,
      // Only non-default values, so that keys of an earlier release still match.
      ...Object.fromEntries(
        Object.entries({ ...check, startIn, pauseAfter }).filter(([, value]) => Boolean(value)),
      ),
    },
  };
}

// It is the name of the job, if none is given.
const shortened = (source: string | undefined) => source?.slice(0, LIMITS.nameCharacters) ?? null;

/** The flags of a query and of a body together, which must not contradict each other. */
export function withBodyFlags(query: ListFlags, body: Partial<Record<string, unknown>>): ListFlags {
  const flags = { ...query };
  for (const name of ["valid", "skip", "resend"] as const) {
    const said = body[name];
    if (said === undefined) continue;
    if (typeof said !== "boolean") throw invalid(`\`${name}\` must be true or false`);
    if ((flags[name] ?? said) !== said) {
      throw invalid(`The body and the query have different values of \`${name}\``, "Pass it once.");
    }
    flags[name] = said;
  }
  return consistent(flags);
}

function consistent(flags: ListFlags): ListFlags {
  if (flags.skip === true && flags.resend === true) {
    throw invalid("`skip` and `resend` exclude each other", "Pass one.");
  }
  return flags;
}

/** The key that makes it safe to repeat the request; null if there is none. */
export function keyOf(request: Request): string | null {
  const key = request.headers.get("Idempotency-Key");
  if (key === null) return null;
  if (key !== "" && key.length <= LONGEST_KEY) return key;
  throw keyRequired();
}

/** The same, for routes that need one. */
export function requiredKeyOf(request: Request): string {
  const key = keyOf(request);
  if (key === null) throw keyRequired();
  return key;
}

function keyRequired() {
  return refuse(
    400,
    "idempotency_key_required",
    `The request needs an Idempotency-Key of at most ${LONGEST_KEY} characters`,
    "Generate a UUID for each list, and reuse it when you retry.",
  );
}
