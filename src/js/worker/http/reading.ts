/** What only reads: programs and codes. */
import type { SearchProgramsOptions } from "../../client/calls.js";
import { type Client, guestPagesOf } from "../../client/client.js";
import { openCodes } from "./listed-codes.js";
import { flag, oneOf, readMembers, readParameters, text, wholeNumber } from "./parameters.js";
import { canonicalId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, WorkerEnv } from "../types.js";
import { createUber, uberOptions } from "../uber.js";
import { readJson } from "./upload.js";

/**
 * The page's client repeats what may be repeated, and waits as long as Uber
 * asks. If this one did so too, the page would time out meanwhile.
 */
const ONCE = { maxRetries: 0 } as const;
const MOST_PROGRAMS = 100;
const PROGRAMS = {
  status: oneOf(["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"]),
  limit: wholeNumber(1, MOST_PROGRAMS),
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER),
};

/** As many guests as any page may have. */
const pageSize = wholeNumber(1, 1_000);

interface Uber {
  client: Client;
  guestPage: ReturnType<typeof guestPagesOf>;
}

// One for each isolate, so that the token is kept. Only the client is kept here and
// no promise of one: a promise dies with the request that began it.
let kept: ({ env: WorkerEnv } & Uber) | undefined;

function uber(env: WorkerEnv): Uber {
  const app = () => stubs(env).app();
  if (kept?.env !== env) {
    kept = { env, client: createUber(env, app), guestPage: guestPagesOf(uberOptions(env, app)) };
  }
  return kept;
}

/** Programs, each with its newest job. */
export async function listPrograms({ url, env }: Call): Promise<Response> {
  const { limit = MOST_PROGRAMS, offset = 0, status } = readParameters(url, PROGRAMS);
  const search = { ...ONCE, limit, offset, ...(status && { status }) };
  const found = await uber(env).client.searchPrograms(search);
  const last = await stubs(env)
    .app()
    .lastJobs(found.map(({ programId }) => canonicalId(programId)));
  const programs = found.map((program, place) => {
    return { id: program.programId, ...program, lastJob: last[place] ?? null };
  });
  // Uber says nothing of how many there are: a full page may have one after it.
  const next = found.length === limit ? offset + limit : null;
  return Response.json({ programs, next });
}

/** Search Voucher Programs, as Uber answers it. */
export async function searchPrograms({ request, url, env }: Call): Promise<Response> {
  readParameters(url, {});
  const body = readMembers(await readJson(request), ["program_status", "limit", "offset"]);
  const { program_status: status, limit, offset } = body;
  // The client checks the values.
  const search = { ...ONCE, status, limit, offset } as SearchProgramsOptions;
  const found = await uber(env).client.searchPrograms(search);
  return Response.json({ voucher_programs: found.map(({ raw }) => raw) });
}

/** Get Voucher Codes, as Uber answers it. */
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

/** Get Voucher Program, as Uber answers it. */
export async function getProgram({ env, url }: Call, program: string): Promise<Response> {
  readParameters(url, {});
  return Response.json((await uber(env).client.getProgram(program, ONCE)).raw);
}

/** A page of guests, as the core reads it. What it holds of people passes through, and is kept nowhere. */
export async function showGuests({ env, url }: Call, program: string): Promise<Response> {
  const { pageSize: size, pageToken } = readParameters(url, { pageSize, pageToken: text });
  return Response.json(await uber(env).guestPage(program, size, pageToken));
}

/** Get Guests, as Uber answers it, with the token of the next page at the top. */
export async function listGuests({ env, url }: Call, program: string): Promise<Response> {
  const { limit, page_token: token } = readParameters(url, { limit: pageSize, page_token: text });
  const { guests, next } = await uber(env).guestPage(program, limit, token);
  const raw = guests.map(({ raw: guest }) => guest);
  return Response.json({ guests: raw, ...(next !== null && { next_token: next }) });
}
