/** Read-only routes: programs and codes. */
import type { SearchProgramsOptions } from "../../client/calls.js";
import { type Client, createClient, guestPagesOf } from "../../client/client.js";
import { LIMITS } from "../limits.js";
import { openCodes } from "../listed-codes.js";
import {
  flag,
  invalid,
  oneOf,
  readMembers,
  readParameters,
  wholeNumber,
} from "./parse-parameters.js";
import { canonicalId, programIds } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, ProgramPage, WorkerEnv } from "../types.js";
import { readingFetch, uberOptions } from "../uber.js";
import { readJson } from "./request-body.js";

/**
 * The page's client retries and waits as long as Uber asks. If this client did so too,
 * the page would time out meanwhile.
 */
const ONCE = { maxRetries: 0 } as const;
const MAX_PROGRAMS = LIMITS.programsPerPage;
const PROGRAMS = {
  status: oneOf(["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"]),
  limit: wholeNumber(1, MAX_PROGRAMS),
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  ids: programIds(MAX_PROGRAMS),
};

/** Reads a page of a program's guests. */
export type GuestPageReader = ReturnType<typeof guestPagesOf>;

interface Uber {
  client: Client;
  guestPage: GuestPageReader;
}

// One for each isolate, so that the token is kept. Only the client is kept here and
// no promise of one: a promise ends with the request that created it.
let kept: ({ env: WorkerEnv } & Uber) | undefined;

function uber(env: WorkerEnv): Uber {
  const app = () => stubs(env).app();
  if (kept?.env !== env) {
    const options = uberOptions(env, app, readingFetch(env));
    kept = { env, client: createClient(options), guestPage: guestPagesOf(options) };
  }
  return kept;
}

export const guestReader = (env: WorkerEnv): GuestPageReader => uber(env).guestPage;

/** Programs, each with its newest job. With `ids`: the newest jobs of these, without a request to Uber. */
export async function listPrograms({ url, env }: Call): Promise<Response> {
  const { limit = MAX_PROGRAMS, offset = 0, status, ids } = readParameters(url, PROGRAMS);
  if (ids !== undefined) {
    if (limit !== MAX_PROGRAMS || offset !== 0 || status !== undefined) {
      throw invalid(
        "`ids` can't be combined with other parameters",
        "Leave out `limit`, `offset` and `status`.",
      );
    }
    const known = await stubs(env).app().lastJobs(ids);
    const programs = ids.map((id, index) => ({ id, lastJob: known[index] ?? null }));
    return Response.json({ programs, next: null });
  }
  const search = { ...ONCE, limit, offset, ...(status && { status }) };
  const found = await uber(env).client.searchPrograms(search);
  const last = await stubs(env)
    .app()
    .lastJobs(found.map(({ programId }) => canonicalId(programId)));
  const programs = found.map((program, index) => {
    return { id: program.programId, ...program, lastJob: last[index] ?? null };
  });
  // Uber does not tell the total: a full page may have another one after it.
  const next = found.length === limit ? offset + limit : null;
  return Response.json({ programs, next } satisfies ProgramPage);
}

/** Search Voucher Programs, with Uber's response. */
export async function searchPrograms({ request, url, env }: Call): Promise<Response> {
  readParameters(url, {});
  const body = readMembers(await readJson(request), ["program_status", "limit", "offset"]);
  const { program_status: status, limit, offset } = body;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The client checks the values.
  const search = { ...ONCE, status, limit, offset } as SearchProgramsOptions;
  const found = await uber(env).client.searchPrograms(search);
  return Response.json({ voucher_programs: found.map(({ raw }) => raw) });
}

/** Get Voucher Codes, with Uber's response. */
export async function listCodes({ env, url }: Call, program: string): Promise<Response> {
  const { include_usage: includeUsage = false } = readParameters(url, { include_usage: flag });
  const headers = { "Content-Type": "application/json" };
  return new Response(await openCodes(env, program, includeUsage), { headers });
}

/** One program. */
export async function showProgram({ env, url }: Call, program: string): Promise<Response> {
  readParameters(url, {});
  return Response.json(await uber(env).client.getProgram(program, ONCE));
}

/** Get Voucher Program, with Uber's response. */
export async function getProgram({ env, url }: Call, program: string): Promise<Response> {
  readParameters(url, {});
  return Response.json((await uber(env).client.getProgram(program, ONCE)).raw);
}
