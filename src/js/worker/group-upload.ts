/** `POST /api/jobs`: a CSV that spans programs, and a job in each program's own object. */
import { type CodeList, listIds } from "../code-list.js";
import { digestOf } from "./creation.js";
import type { Member } from "./groups.js";
import { logError } from "./log.js";
import type { Operator } from "./operator.js";
import { batchSizeOf, keyOf, sourceOf } from "./program-routes.js";
import { callPrograms } from "./fan-out.js";
import { Refusal, refuse } from "./problem.js";
import { isProgramId } from "./routing.js";
import { stubs } from "./stubs.js";
import type { Call, JobSummary } from "./types.js";
import { type UploadFlags, accepted, flagsOf, readLists } from "./upload.js";

const MOST_PROGRAMS = 1_000;
/** The jobs are created, and then they start or go. */
const FAN_OUTS = 2;

export async function createGroup(call: Call, operator: Operator): Promise<Response> {
  const { request, url, env } = call;
  const key = keyOf(request);
  const flags = flagsOf(url);
  const starts = url.searchParams.get("start") !== "false";
  const lists = await readLists(request, flags, url.searchParams.get("programColumn") ?? undefined);
  const orders = ordersOf(lists, flags);
  const app = stubs(env).app();
  const begun = await app.beginGroup(key, await digest(orders));
  if ("refused" in begun) throw new Refusal(begun.refused);
  if (begun.state === "busy") {
    throw refuse(
      409,
      "creation_in_progress",
      "The jobs of this upload are being created",
      "Ask again in a moment, with the same Idempotency-Key.",
      { headers: { "Retry-After": "2" } },
    );
  }
  if (begun.state === "there") {
    return Response.json({ group: key, jobs: await summaries(call, begun.members) });
  }
  const { attempt } = begun;
  const about = {
    attempt,
    by: operator.name,
    source: sourceOf(url),
    group: key,
    skip: flags.skip,
    resend: flags.resend,
    batchSize: batchSizeOf(url),
  };
  try {
    const holds = [...orders].map(([programId, list]) => {
      const ids = listIds(list) as Uint8Array;
      return { programId, value: { ...about, programId, ids, duplicates: list.duplicates } };
    });
    const held = await callPrograms(stubs(env), "hold", holds, FAN_OUTS);
    const members = held.map((answer): Member => {
      if ("problem" in answer) throw refusedBy(answer.programId, answer.problem);
      const { programId, id } = answer.summary;
      return { programId, jobId: id };
    });
    if (!(await app.commitGroup(key, attempt, members, starts))) throw tookTooLong();
    return Response.json({ group: key, jobs: await summaries(call, members) }, { status: 201 });
  } catch (error) {
    await app.cancelGroup(key, attempt);
    // One that is not reached asks by itself.
    const calls = [...orders.keys()].map((programId) => ({ programId, value: undefined }));
    await callPrograms(stubs(env), "learnGroups", calls, FAN_OUTS).catch((failure: unknown) =>
      logError("group", failure),
    );
    throw error;
  }
}

/** The list of each program, or why none is sent. */
function ordersOf(
  lists: Awaited<ReturnType<typeof readLists>>,
  flags: UploadFlags,
): Map<string, CodeList> {
  if (lists.rejectedCount > 0 && !flags.valid) {
    throw refuse(
      422,
      "invalid_codes",
      `${lists.rejectedCount} ${lists.rejectedCount === 1 ? "row is no code" : "rows are no codes"}`,
      "Correct them, or say `valid=true` to leave them out.",
      { more: { rejectedCount: lists.rejectedCount, issues: lists.rejected } },
    );
  }
  const found = [...lists.programs].filter(([, list]) => list.size > 0);
  if (found.length === 0) {
    throw refuse(400, "empty_codes", "There is no code in the list", "List at least one code.");
  }
  const [wrong] = found.find(([program]) => !isProgramId(program)) ?? [];
  if (wrong !== undefined) {
    throw refuse(
      422,
      "invalid_program_id",
      `${JSON.stringify(wrong)} is no id of a program`,
      "Correct the file.",
    );
  }
  if (found.length > MOST_PROGRAMS) {
    throw refuse(
      422,
      "too_many_programs",
      `There are more than ${MOST_PROGRAMS} programs in the upload`,
      "Split the file.",
    );
  }
  return new Map(found.map(([program, list]) => [program, accepted(list, { valid: true })]));
}

async function digest(orders: ReadonlyMap<string, CodeList>): Promise<string> {
  const parts: string[] = [];
  for (const [program, list] of orders) {
    parts.push(program, await digestOf(listIds(list) as Uint8Array<ArrayBuffer>));
  }
  return digestOf(new TextEncoder().encode(parts.join("\n")));
}

function refusedBy(programId: string, problem: Refusal["problem"]): Refusal {
  const hint = `${problem.hint} No job was created, for no program.`;
  return new Refusal({ ...problem, hint, more: { ...problem.more, programId } });
}

const tookTooLong = () =>
  refuse(
    503,
    "creation_took_too_long",
    "Creating the jobs took too long, and they were given up",
    "Nothing was queued. Ask again with a new Idempotency-Key.",
  );

async function summaries({ env }: Call, members: readonly Member[]): Promise<JobSummary[]> {
  const calls = members.map(({ programId, jobId }) => ({ programId, value: jobId }));
  const found = await callPrograms(stubs(env), "summary", calls, FAN_OUTS);
  return found.filter((summary) => summary !== undefined);
}
