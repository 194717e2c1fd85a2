/** `POST /api/jobs`: a CSV that spans programs makes a job in each program's object. */
import { MAX_NAMED } from "../limits.js";
import { type CodeList, type ProgramLists } from "../../codes/code-list.js";
import { digestOf } from "../program/operations/creation.js";
import type { Member } from "../account/groups.js";
import { logError } from "../log.js";
import type { Operator } from "./operator.js";
import { callPrograms } from "../program/fan-out.js";
import { bodyOf } from "../body.js";
import { type ListFlags, fingerprintText } from "../fingerprint.js";
import { givenUp } from "../program/operations/holding.js";
import { type JobRequest, readGroupRequest, requiredKeyOf } from "./job-request.js";
import { claimKey } from "../keys.js";
import { joinDigests, requireReviewed } from "../program/lists/review-digest.js";
import { Refusal, refuse } from "../problem.js";
import { canonicalId, isProgramId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, DryRun, JobSummary } from "../types.js";
import { accepted, idsOf, partsOf, readLists } from "../lists.js";

/** The most codes that a dry run lists. */
/** Calls of many programs: one to create the jobs, one to start or remove them. */
const FAN_OUTS = 2;

export async function createGroup(call: Call, operator: Operator): Promise<Response> {
  const { request, url, env } = call;
  const asked = readGroupRequest(url);
  const key = asked.isDryRun ? null : requiredKeyOf(request);
  const { flags, starts } = asked;
  const lists = await readLists(bodyOf(request), asked);
  if (key === null) return Response.json(await dryRun(call, lists));
  const orders = ordersOf(lists, flags);
  const app = stubs(env).app();
  await claimKey(app, key, { route: "jobs", program: null });
  const begun = await app.beginGroup(key, await digest(orders, asked));
  if ("refused" in begun) throw new Refusal(begun.refused);
  if (begun.state === "busy") {
    throw refuse(
      409,
      "creation_in_progress",
      "The jobs of this upload are being created",
      "Try again in a moment, with the same Idempotency-Key.",
      { headers: { "Retry-After": "2" } },
    );
  }
  if (begun.state === "existing") {
    return Response.json({ group: key, jobs: await summaries(call, begun.members) });
  }
  const { attempt } = begun;
  const about = {
    attempt,
    by: operator.name,
    source: asked.source,
    name: asked.name,
    pauseAfter: null,
    plan: { starts, startInSeconds: asked.startInSeconds },
    codesInAll: [...orders.values()].reduce((all, { size }) => all + size, 0),
    group: key,
    flags,
    check: asked.check,
    batchSize: asked.batchSize,
  };
  try {
    const holds = [...orders].map(([programId, list]) => {
      const ids = idsOf(list);
      return { programId, value: { ...about, programId, ids, duplicates: list.duplicates } };
    });
    const held = await callPrograms(stubs(env), "createHeld", holds, FAN_OUTS);
    const members = held.flatMap((result): Member[] => {
      if ("problem" in result) throw refusedBy(result.programId, result.problem);
      if ("nothing" in result) return [];
      const { programId, id } = result.summary;
      return [{ programId, jobId: id }];
    });
    const digests = held.flatMap((result) => ("problem" in result ? [] : [result.digest]));
    requireReviewed(asked.reviewed, joinDigests(digests));
    const [first] = held;
    if (members.length === 0 && first && "nothing" in first) {
      throw refusedBy(first.programId, first.nothing);
    }
    if (!(await app.commitGroup(key, attempt, members, starts))) throw givenUp();
    return Response.json({ group: key, jobs: await summaries(call, members) }, { status: 201 });
  } catch (error) {
    await app.cancelGroup(key, attempt);
    // A program that is not reached asks later.
    const calls = [...orders.keys()].map((programId) => ({ programId, value: undefined }));
    await callPrograms(stubs(env), "syncGroups", calls, FAN_OUTS).catch((failure: unknown) =>
      logError("group", failure),
    );
    throw error;
  }
}

/** The programs that have codes in an upload, each with its list. */
function programsOf(lists: ProgramLists): [string, CodeList][] {
  const found = [...lists.programs].filter(([, list]) => list.size > 0);
  const [wrong] = found.find(([program]) => !isProgramId(program)) ?? [];
  if (wrong !== undefined) {
    throw refuse(
      422,
      "invalid_program_id",
      `${JSON.stringify(wrong)} is not a program id`,
      "Correct the file.",
    );
  }
  return found;
}

/** The list of each program; refuses all of them if one can't be sent. */
function ordersOf(lists: ProgramLists, { valid }: ListFlags): Map<string, CodeList> {
  if (lists.rejectedCount > 0 && valid !== true) {
    throw refuse(
      422,
      "invalid_codes",
      `${lists.rejectedCount} ${lists.rejectedCount === 1 ? "row is not a code" : "rows are not codes"}`,
      "Correct them, or pass `valid=true` to leave them out.",
      { more: { rejectedCount: lists.rejectedCount, issues: lists.rejected } },
    );
  }
  const found = programsOf(lists);
  if (found.length === 0) {
    throw refuse(400, "empty_codes", "The list has no codes", "List at least one code.");
  }
  const orders = new Map<string, CodeList>();
  for (const [spelled, list] of found) {
    const program = canonicalId(spelled);
    if (orders.has(program)) throw spelledTwice(spelled);
    orders.set(program, accepted(list, { valid: true }));
  }
  return orders;
}

function spelledTwice(program: string): Refusal {
  return refuse(
    422,
    "invalid_program_id",
    `The program ${JSON.stringify(program)} is spelled in two ways`,
    "Spell the id of each program in one way.",
  );
}

async function digest(
  orders: ReadonlyMap<string, CodeList>,
  { fingerprint, flags }: JobRequest,
): Promise<string> {
  const parts: string[] = [];
  for (const [program, list] of orders) {
    parts.push(program, await digestOf(idsOf(list)));
  }
  const encoder = new TextEncoder();
  const programs = await digestOf(encoder.encode([...orders.keys()].join("\n")));
  const codes = await digestOf(encoder.encode(parts.join("\n")));
  return fingerprintText({ ...fingerprint, programs }, flags, codes);
}

/** A dry run: what the jobs would send, in all and for each program. Creates nothing. */
async function dryRun({ env }: Call, lists: ProgramLists): Promise<Record<string, unknown>> {
  const found = programsOf(lists);
  const calls = found.map(([programId, list]) => {
    const value = { programId: canonicalId(programId), list: partsOf(list), isOneOfMany: true };
    return { programId, value };
  });
  const results = await callPrograms(stubs(env), "dryRun", calls, 1);
  const programs = results.map((result, at) => {
    if ("problem" in result) throw new Refusal(result.problem);
    return { programId: found[at]?.[0] ?? "", ...result.value };
  });
  const sumOf = (count: (program: DryRun) => number) =>
    programs.reduce((sum, program) => sum + count(program), 0);
  const blocked: Record<string, number> = {};
  for (const program of programs) {
    for (const [state, count] of Object.entries(program.blocked)) {
      blocked[state] = (blocked[state] ?? 0) + count;
    }
  }
  const firstBlocked = firstOf(programs.map((program) => program.firstBlocked));
  const firstForeign = firstOf(programs.map((program) => program.firstForeign));
  const firstCancelled = firstOf(programs.map((program) => program.firstCancelled));
  const firstUsed = firstOf(programs.map((program) => program.firstUsed));
  return {
    codes: sumOf(({ codes }) => codes),
    duplicates: sumOf(({ duplicates }) => duplicates),
    rejectedCount: lists.rejectedCount,
    rejected: lists.rejected,
    blocked: { total: 0, ...blocked },
    blockedUsed: sumOf(({ blockedUsed }) => blockedUsed),
    firstBlocked: firstBlocked.flat(),
    failedBefore: sumOf(({ failedBefore }) => failedBefore),
    foreign: sumOf(({ foreign }) => foreign),
    firstForeign: firstForeign.flat(),
    cancelled: sumOf(({ cancelled }) => cancelled),
    firstCancelled: firstCancelled.flat(),
    used: sumOf(({ used }) => used),
    firstUsed: firstUsed.flat(),
    sends: { skip: sumOf(({ sends }) => sends.skip), resend: sumOf(({ sends }) => sends.resend) },
    resendAt: programs.reduce<number | null>(
      (latest, { resendAt }) => (resendAt !== null && resendAt > (latest ?? 0) ? resendAt : latest),
      null,
    ),
    digest: joinDigests(programs.map(({ digest: of }) => of)),
    programs: programs.map(({ rejected: _, ...program }, at) => ({
      ...program,
      firstBlocked: firstBlocked[at],
      firstForeign: firstForeign[at],
      firstCancelled: firstCancelled[at],
      firstUsed: firstUsed[at],
    })),
  };
}

/** The first codes of all programs together, as parts: those of each program. */
function firstOf<T>(lists: readonly (readonly T[])[]): T[][] {
  let left = MAX_NAMED;
  return lists.map((list) => {
    const some = list.slice(0, left);
    left -= some.length;
    return some;
  });
}

function refusedBy(programId: string, problem: Refusal["problem"]): Refusal {
  const hint = `${problem.hint} No job was created for any program.`;
  return new Refusal({ ...problem, hint, more: { ...problem.more, programId } });
}

async function summaries({ env }: Call, members: readonly Member[]): Promise<JobSummary[]> {
  const calls = members.map(({ programId, jobId }) => ({ programId, value: jobId }));
  const found = await callPrograms(stubs(env), "summary", calls, FAN_OUTS);
  return found.filter((summary) => summary !== undefined);
}
