/** What only reads: programs and codes. */
import { type Client, type SearchProgramsOptions } from "../client.js";
import { wholeIn } from "./routing.js";
import { stubs } from "./stubs.js";
import type { Call, WorkerEnv } from "./types.js";
import { createUber } from "./uber.js";
import { readJson } from "./upload.js";

/**
 * The page's client repeats what may be repeated, and waits as long as Uber
 * asks. If this one did so too, the page would time out meanwhile.
 */
const ONCE = { maxRetries: 0 } as const;
const MOST_PROGRAMS = 100;

// One for each isolate, so that the token is kept. Only the client is kept here and
// no promise of one: a promise dies with the request that began it.
let kept: { env: WorkerEnv; client: Client } | undefined;

function uber(env: WorkerEnv): Client {
  if (kept?.env !== env) kept = { env, client: createUber(env, () => stubs(env).app()) };
  return kept.client;
}

/** Programs, each with its newest job. */
export async function listPrograms({ url, env }: Call): Promise<Response> {
  const query = url.searchParams;
  const limit = wholeIn(url, "limit", MOST_PROGRAMS, [1, MOST_PROGRAMS]);
  const offset = wholeIn(url, "offset", 0, [0, Number.MAX_SAFE_INTEGER]);
  const search = { limit, offset, status: query.get("status") };
  const found = await uber(env).searchPrograms({
    ...ONCE,
    ...search,
    status: (search.status ?? undefined) as never,
  });
  const last = await stubs(env)
    .app()
    .lastJobs(found.map(({ programId }) => programId));
  const programs = found.map((program, place) => {
    return { id: program.programId, ...program, lastJob: last[place] ?? null };
  });
  return Response.json({ programs });
}

/** Search Voucher Programs, as Uber answers it. */
export async function searchPrograms({ request, env }: Call): Promise<Response> {
  const json = (await readJson(request)) ?? {};
  const { program_status: status, limit, offset } = json as Record<string, unknown>;
  // The client checks the values.
  const search = { ...ONCE, status, limit, offset } as SearchProgramsOptions;
  const found = await uber(env).searchPrograms(search);
  return Response.json({ voucher_programs: found.map(({ raw }) => raw) });
}

/** Get Voucher Codes, as Uber answers it. */
export async function listCodes({ env, url }: Call, program: string): Promise<Response> {
  const includeUsage = url.searchParams.get("include_usage") === "true";
  const codes = await uber(env).listCodes(program, { ...ONCE, includeUsage });
  return Response.json({
    total_number_of_codes: codes.length,
    codes: codes.map(({ raw }) => raw),
  });
}
