/**
 * `/api/programs/{program}/codes/…`: a program's codes a page at a time, from what the program's object
 * keeps of Uber's list. What is searched for is in the body, since it may be somebody's address.
 */
import { CODE_FILTERS } from "../program/lists/code-filters.js";
import type { RpcResult } from "../objects.js";
import { problemResponse, refuse } from "../problem.js";
import { stubs } from "../stubs.js";
import type { Call, CodeQuery } from "../types.js";
import { invalid, oneOf, readMembers, readParameters, text } from "./parse-parameters.js";
import { readJson } from "./request-body.js";
import { requireMethod } from "./routing.js";

const CODE = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const QUERY = ["filter", "find", "codes"] as const;
const MAX_FOUND_BESIDES = 1_000;
const LONGEST_FIND = 200;
const MAX_ROWS = 1_000;
const USUAL_ROWS = 100;
const MAX_IDS = 10_000;
const filterType = oneOf(CODE_FILTERS);

export async function findCodes(call: Call, program: string, which: string): Promise<Response> {
  const { request, url, env } = call;
  const object = stubs(env).program(program);
  switch (which) {
    case "search": {
      const members = await membersIn(call, [...QUERY, "from", "limit", "again"]);
      const { again = false } = members;
      if (typeof again !== "boolean") throw invalid("`again` must be true or false");
      const limit = numberIn(members, "limit", USUAL_ROWS, MAX_ROWS);
      const search = { ...queryIn(members), from: numberIn(members, "from", 0), limit, again };
      return respond(object.searchCodes(program, search));
    }
    case "select": {
      const members = await membersIn(call, [...QUERY, "from", "until", "limit"]);
      const limit = Math.max(1, numberIn(members, "limit", MAX_IDS, MAX_IDS));
      const until = numberIn(members, "until", Number.MAX_SAFE_INTEGER);
      const range = { ...queryIn(members), from: numberIn(members, "from", 0), until, limit };
      return respond(object.selectCodes(program, range));
    }
    case "used": {
      requireMethod(request, "GET");
      const { job } = readParameters(url, { job: text });
      if (job === undefined) throw invalid("`job` is missing", "Name the job.");
      return respond(object.usedCodes(program, job));
    }
    default:
      throw refuse(
        404,
        "not_found",
        "There is nothing here",
        "The documentation lists what is served.",
      );
  }
}

async function respond<T>(asked: Promise<RpcResult<T>>): Promise<Response> {
  const result = await asked;
  return "problem" in result ? problemResponse(result.problem) : Response.json(result.value);
}

type Members = Partial<Record<string, unknown>>;

async function membersIn({ request, url }: Call, names: readonly string[]): Promise<Members> {
  requireMethod(request, "POST");
  readParameters(url, {});
  return readMembers(await readJson(request), names);
}

function queryIn({ filter = "all", find = "", codes = [] }: Members): CodeQuery {
  const known = typeof filter === "string" ? filterType.read(filter) : undefined;
  if (known === undefined) throw invalid(`\`filter\` must be ${filterType.expected}`);
  if (typeof find !== "string" || find.length > LONGEST_FIND) {
    throw invalid(`\`find\` must be text of at most ${LONGEST_FIND} characters`);
  }
  const isCode = (code: unknown): code is string => typeof code === "string" && CODE.test(code);
  if (!Array.isArray(codes) || codes.length > MAX_FOUND_BESIDES || !codes.every(isCode)) {
    throw invalid(`\`codes\` must be a list of at most ${MAX_FOUND_BESIDES} codes`);
  }
  return { filter: known, find, codes };
}

function numberIn(
  members: Members,
  name: string,
  usual: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const { [name]: value = usual } = members;
  if (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most) {
    return Number(value);
  }
  throw invalid(`\`${name}\` must be a whole number from 0 to ${most}`);
}
