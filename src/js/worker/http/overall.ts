/** Routes over all programs: the overview, the history of jobs, and the audit trail. */
import type { AuditCursor } from "../account/audit.js";
import { type ParameterType, oneOf, readParameters, text, wholeNumber } from "./parameters.js";
import { canonicalId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, JobStatus, Overview } from "../types.js";
import { STATUSES } from "../program/job-states.js";

const LONGEST_FIND = 200;

const HISTORY = {
  limit: wholeNumber(1, 200),
  before: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  // Of jobs that were created at the same time, those with an id below this.
  beforeId: text,
  program: text,
  status: oneOf<JobStatus>(STATUSES),
  find: text,
};

/** The form of `next` in a page of the audit trail. */
const cursor: ParameterType<AuditCursor> = {
  read(value) {
    const [, at, id] = /^(\d{1,16})\.([0-9a-f]{8})$/.exec(value) ?? [];
    return at === undefined || id === undefined ? undefined : { at: Number(at), id };
  },
  expected: "what `next` of the page before was",
};

const AUDIT = { limit: wholeNumber(1, 200), before: cursor, program: text, job: text, find: text };

/** An empty text is no search. */
const wanted = (find: string | undefined) => find?.trim().slice(0, LONGEST_FIND) || undefined;

/** `GET /api/jobs`. */
export async function history({ url, env }: Call): Promise<Response> {
  const { limit = 50, before, beforeId = "", program, status, find } = readParameters(url, HISTORY);
  const jobs = await stubs(env)
    .app()
    .jobs({
      limit,
      before: before ?? Number.MAX_SAFE_INTEGER,
      beforeId,
      program: program && canonicalId(program),
      status,
      find: wanted(find),
    });
  return Response.json({ jobs });
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
  const { limit = 50, before, program, job, find } = readParameters(url, AUDIT);
  const filter = { program: program && canonicalId(program), job, find: wanted(find) };
  return Response.json(await stubs(env).app().audit(filter, before, limit));
}
