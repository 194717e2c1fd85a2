/** `POST /api/jobs`: a CSV that spans programs, and a job in each program's own object. */
import { type CodeList, listIds } from "../code-list.js";
import { digestOf } from "./creation.js";
import type { Member } from "./groups.js";
import { logError } from "./log.js";
import type { Operator } from "./operator.js";
import { batchSizeOf, keyOf, sourceOf } from "./program-routes.js";
import { Refusal, refuse } from "./problem.js";
import { isProgramId } from "./routing.js";
import { stubs } from "./stubs.js";
import type { Call, JobSummary } from "./types.js";
import { type UploadFlags, accepted, flagsOf, readLists } from "./upload.js";

const MOST_PROGRAMS = 1_000;
/** The platform allows six connections at a time. */
const AT_ONCE = 6;

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
    const members = await inParallel([...orders], async ([programId, list]) => {
      const ids = listIds(list) as Uint8Array;
      const { duplicates } = list;
      const held = await stubs(env)
        .program(programId)
        .hold({ ...about, programId, ids, duplicates });
      if ("problem" in held) throw refusedBy(programId, held.problem);
      return { programId, jobId: held.summary.id };
    });
    if (!(await app.commitGroup(key, attempt, members, starts))) throw tookTooLong();
    return Response.json({ group: key, jobs: await summaries(call, members) }, { status: 201 });
  } catch (error) {
    await app.cancelGroup(key, attempt);
    // One that is not reached asks by itself.
    await inParallel([...orders.keys()], (programId) =>
      stubs(env)
        .program(programId)
        .learnGroups()
        .catch((failure: unknown) => logError("group", failure)),
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
  const found = await inParallel(members, ({ programId, jobId }) =>
    stubs(env).program(programId).summary(jobId),
  );
  return found.filter((summary) => summary !== undefined);
}

async function inParallel<T, R>(
  values: readonly T[],
  work: (value: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = [...values.entries()];
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const [place, value] = next;
      try {
        results[place] = await work(value);
      } catch (error) {
        rest.length = 0;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failed = ended.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return results;
}
