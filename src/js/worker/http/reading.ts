/** Read-only routes: programs and codes. */
import type { SearchProgramsOptions } from "../../client/calls.js";
import { type Client, guestPagesOf } from "../../client/client.js";
import { openCodes } from "../listed-codes.js";
import { flag, invalid, oneOf, readMembers, readParameters, wholeNumber } from "./parameters.js";
import { canonicalId, isProgramId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, WorkerEnv } from "../types.js";
import { createUber, uberOptions } from "../uber.js";
import { readJson } from "./request-body.js";

/**
 * The page's client retries and waits as long as Uber asks. If this client did so too,
 * the page would time out meanwhile.
 */
const ONCE = { maxRetries: 0 } as const;
const MOST_PROGRAMS = 100;
const PROGRAMS = {
  status: oneOf(["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"]),
  limit: wholeNumber(1, MOST_PROGRAMS),
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  ids: {
    read(value: string): string[] | undefined {
      const ids = value.split(",");
      return ids.length <= MOST_PROGRAMS && ids.every(isProgramId)
        ? ids.map(canonicalId)
        : undefined;
    },
    expected: `at most ${MOST_PROGRAMS} ids of programs, separated by commas`,
  },
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
    kept = { env, client: createUber(env, app), guestPage: guestPagesOf(uberOptions(env, app)) };
  }
  return kept;
}

export const guestReader = (env: WorkerEnv): GuestPageReader => uber(env).guestPage;

/** Programs, each with its newest job. With `ids`: the newest jobs of these, without a request to Uber. */
export async function listPrograms({ url, env }: Call): Promise<Response> {
  const { limit = MOST_PROGRAMS, offset = 0, status, ids } = readParameters(url, PROGRAMS);
  if (ids !== undefined) {
    if (limit !== MOST_PROGRAMS || offset !== 0 || status !== undefined) {
      throw invalid("`ids` is for itself", "Leave out `limit`, `offset` and `status`.");
    }
    const known = await stubs(env).app().lastJobs(ids);
    const programs = ids.map((id, place) => ({ id, lastJob: known[place] ?? null }));
    return Response.json({ programs, next: null });
  }
  const search = { ...ONCE, limit, offset, ...(status && { status }) };
  const found = await uber(env).client.searchPrograms(search);
  const last = await stubs(env)
    .app()
    .lastJobs(found.map(({ programId }) => canonicalId(programId)));
  const programs = found.map((program, place) => {
    return { id: program.programId, ...program, lastJob: last[place] ?? null };
  });
  // Uber does not tell the total: a full page may have another one after it.
  const next = found.length === limit ? offset + limit : null;
  return Response.json({ programs, next });
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
