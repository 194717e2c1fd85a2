/** Routes over all programs: the overview, the history of jobs, codes in them, and the audit trail. */
import type { AuditCursor } from "../account/audit.js";
import { beginningOf } from "../code-ids.js";
import { callPrograms } from "../program/fan-out.js";
import { DEFAULT_ROWS, LIMITS } from "../limits.js";
import {
  type ParameterType,
  invalid,
  oneOf,
  readParameters,
  text,
  wholeNumber,
} from "./parse-parameters.js";
import { canonicalId, programIds } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, JobPage, LocatedCodes, Overview } from "../types.js";
import { STATUSES } from "../program/jobs/statuses.js";

const LONGEST_FIND = 200;

const HISTORY = {
  limit: wholeNumber(1, LIMITS.rowsPerPage),
  before: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  // Of jobs that were created at the same time, those with an id below this.
  beforeId: text,
  program: text,
  status: oneOf(STATUSES),
  find: text,
  // Whatever is of these is found too: the worker knows no names of programs.
  programs: programIds(LIMITS.programsPerPage),
};

/** The form of `next` in a page of the audit trail. */
const cursor: ParameterType<AuditCursor> = {
  read(value) {
    const [, at, id] = /^(\d{1,16})\.([0-9a-f]{8})$/.exec(value) ?? [];
    return at === undefined || id === undefined ? undefined : { at: Number(at), id };
  },
  expected: "the `next` of the previous page",
};

/** Programs of a search; each of them costs a call. */
const MAX_PROGRAMS = 1_000;
const MAX_LOCATED = 20;
/** Fewer digits would find too many. */
const LEAST_DIGITS = 8;

const idBeginning: ParameterType<string> = {
  read: (value) => ((beginningOf(value)?.digits ?? 0) < LEAST_DIGITS ? undefined : value),
  expected: `how the id of a code begins, in at least ${LEAST_DIGITS} digits`,
};

const AUDIT = {
  limit: wholeNumber(1, LIMITS.rowsPerPage),
  before: cursor,
  program: text,
  job: text,
  find: text,
  programs: programIds(LIMITS.programsPerPage),
};

/** An empty text means no search. */
const wanted = (find: string | undefined) => find?.trim().slice(0, LONGEST_FIND) || undefined;

/** `GET /api/jobs`. */
export async function history({ url, env }: Call): Promise<Response> {
  const {
    limit = DEFAULT_ROWS,
    beforeId = "",
    before,
    find,
    ...filter
  } = readParameters(url, HISTORY);
  const { program, programs, status } = filter;
  const jobs = await stubs(env)
    .app()
    .jobs({
      limit,
      before: before ?? Number.MAX_SAFE_INTEGER,
      beforeId,
      program: program && canonicalId(program),
      status,
      find: wanted(find),
      programs,
    });
  return Response.json({ jobs } satisfies JobPage);
}

/** `GET /api/codes`: in which jobs codes are whose ids begin so, in all programs with jobs. */
export async function locate({ url, env }: Call): Promise<Response> {
  const { find = "" } = readParameters(url, { find: idBeginning });
  if (find === "") throw invalid("`find` is missing", `It must be ${idBeginning.expected}.`);
  const known = await stubs(env)
    .app()
    .programsWithJobs(MAX_PROGRAMS + 1);
  const asked = known.slice(0, MAX_PROGRAMS).map((programId) => {
    return { programId, value: { programId, find, most: MAX_LOCATED } };
  });
  const results = await callPrograms(stubs(env), "locate", asked, 1);
  const missed = results.filter((result) => result === null).length;
  return Response.json({
    codes: results.flatMap((result) => result ?? []).slice(0, MAX_LOCATED),
    programs: asked.length - missed,
    missed: missed + known.length - asked.length,
  } satisfies LocatedCodes);
}

/** `GET /api/overview`. */
export async function overview({ url, env }: Call): Promise<Response> {
  readParameters(url, {});
  const [jobs, { unreadCount }] = await Promise.all([
    stubs(env).app().overview(),
    stubs(env).events().listEvents({ unread: true }, Number.MAX_SAFE_INTEGER, 1),
  ]);
  return Response.json({ ...jobs, unreadEvents: unreadCount } satisfies Overview);
}

/** `GET /api/audit`. */
export async function audit({ url, env }: Call): Promise<Response> {
  const { limit = DEFAULT_ROWS, before, program, programs, job, find } = readParameters(url, AUDIT);
  const filter = { program: program && canonicalId(program), programs, job, find: wanted(find) };
  return Response.json(await stubs(env).app().audit(filter, before, limit));
}
