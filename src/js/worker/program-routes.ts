/** What a program's object answers to operators; the worker has let them in. */
import { STATES } from "../job-results.js";
import type { CodeState, JobDecision } from "../job-types.js";
import type { VoucherCode } from "../types.js";
import { idsOfCodes } from "./code-ids.js";
import { everybody } from "./everybody.js";
import { resultsFrom } from "./job-reading.js";
import type { ReadableJob } from "../job.js";
import type { ProgramObject } from "./program.js";
import { refuse } from "./problem.js";
import { type JobRecord, restingStatus } from "./records.js";
import { operatorIn, wholeIn } from "./routing.js";
import { settings } from "./settings.js";
import { accepted, flagsOf, readJson, readList } from "./upload.js";

const PATH =
  /^\/api\/programs\/([^/]+)\/(codes|jobs)(?:\/([0-9a-f-]{36})(?:\/(live|results|results\.csv|journal|pause|resume|resolve|drop))?)?$/;
const CALL = /^\/v1\/organizations\/[^/]+\/voucher-programs\/([^/]+)\/codes\/distribute$/;
const DECISIONS: readonly unknown[] = ["resend", "queued", "abandon"];
const MOST_ROWS = 5_000;
const LONGEST_KEY = 200;

export async function routeProgram(program: ProgramObject, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [, called] = CALL.exec(url.pathname) ?? [];
  if (called !== undefined) return program.calls.distribute(decodeURIComponent(called), request);
  const [, segment = "", what, jobId, action] = PATH.exec(url.pathname) ?? [];
  const programId = decodeURIComponent(segment);
  if (what === "codes" && jobId === undefined) {
    only(request, "GET");
    return codes(program, programId, url);
  }
  if (what !== "jobs") throw nothing();
  if (jobId === undefined) {
    only(request, "GET", "POST");
    return request.method === "GET"
      ? Response.json({ jobs: program.records.jobs().map(({ summary }) => summary) })
      : create(program, programId, request, url);
  }
  const record = program.records.byId(jobId);
  if (record === undefined || record.summary.status === "creating") throw nothing();
  return job(program, record, action, request, url);
}

async function job(
  program: ProgramObject,
  record: JobRecord,
  action: string | undefined,
  request: Request,
  url: URL,
): Promise<Response> {
  // Whoever looks at one that was set aside has it read again.
  if (action === undefined || action === "live") await program.setAside.retry(record);
  switch (action) {
    case undefined:
      only(request, "GET");
      return Response.json(await program.detail(record));
    case "live":
      only(request, "GET");
      if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
        throw refuse(
          426,
          "upgrade_required",
          "This is a WebSocket",
          "Connect with `new WebSocket`.",
        );
      }
      return program.live.open(record.summary.id, operatorIn(request).until);
    case "results":
      only(request, "GET");
      return results(program, record, url);
    case "results.csv":
      only(request, "GET");
      return csv(program, record);
    case "journal":
      only(request, "GET");
      return journal(program, record);
    case "pause":
      only(request, "POST");
      return pause(program, record);
    case "resume":
      only(request, "POST");
      return resume(program, record);
    case "drop":
      only(request, "POST");
      await program.setAside.drop(record);
      return Response.json(record.summary);
    default:
      only(request, "POST");
      return resolve(program, record, request);
  }
}

async function create(
  program: ProgramObject,
  programId: string,
  request: Request,
  url: URL,
): Promise<Response> {
  const isDryRun = url.searchParams.get("dryRun") === "true";
  const key = isDryRun ? null : keyOf(request);
  const isAll = url.searchParams.get("all") === "true";
  const given = flagsOf(url);
  const { list: read, flags } = isAll
    ? { list: await confirmed(program, programId, url), flags: given }
    : await readList(request, given);
  if (isDryRun) {
    const list = read.valid();
    const { total, counts, first } = await program.creation.check(list);
    return Response.json({
      codes: list.size,
      duplicates: read.duplicates,
      rejectedCount: read.rejectedCount,
      rejected: read.rejected,
      blocked: { total, ...counts },
      firstBlocked: first,
    });
  }
  const list = accepted(read, flags);
  const batchSize = batchSizeOf(url);
  program.know(programId);
  await program.learnPause();
  const { record, isNew } = await program.creation.create({
    programId,
    list,
    flags,
    // Not to be taken for one of a group's.
    key: key === null ? null : `job:${key}`,
    by: operatorIn(request).name,
    source: sourceOf(url),
    group: null,
    isCall: false,
    batchSize,
    status: url.searchParams.get("start") === "false" ? "paused" : "running",
  });
  if (isNew) {
    // Known to everybody before anything leaves.
    await program.reports.report(record);
    await program.arm();
  }
  return Response.json(record.summary, { status: isNew ? 201 : 200 });
}

/** The key that makes it safe to ask twice. */
export function keyOf(request: Request): string {
  const key = request.headers.get("Idempotency-Key") ?? "";
  if (key !== "" && key.length <= LONGEST_KEY) return key;
  throw refuse(
    400,
    "idempotency_key_required",
    "The request needs an Idempotency-Key of at most 200 characters",
    "Draw a UUID for each list, and repeat it when you ask again.",
  );
}

export function sourceOf({ searchParams }: URL): string | null {
  return searchParams.get("source")?.slice(0, 200) ?? null;
}

export function batchSizeOf({ searchParams }: URL): number {
  const given = searchParams.get("batchSize");
  const size = given === null ? settings().batchSize : Number(given);
  if (Number.isInteger(size) && size >= 1 && size <= 30_000) return size;
  throw refuse(
    400,
    "invalid_options",
    "`batchSize` must be a whole number from 1 to 30000",
    "Correct the query.",
  );
}

/** Everybody, for whom the admin has typed out which program it is. */
async function confirmed(program: ProgramObject, programId: string, { searchParams }: URL) {
  if (searchParams.get("confirm") === programId) return everybody(program, programId);
  throw refuse(
    400,
    "confirmation_required",
    "Everybody has to be confirmed with the program's id",
    "Say `confirm=` and the id of the program.",
  );
}

async function codes(program: ProgramObject, programId: string, url: URL): Promise<Response> {
  const includeUsage = url.searchParams.get("usage") === "true";
  const found = await program.client.listCodes(programId, { includeUsage });
  const known = await program.codeStates(idsOfCodes(found.map(({ codeId }) => codeId)));
  if (url.searchParams.get("summary") === "true") {
    return Response.json({ programId, ...summaryOf(found, known) });
  }
  const rows = found.map((code, place) => ({ ...shown(code), ...known(place) }));
  return Response.json({ programId, codes: rows });
}

/** How many codes there are, and what is known of those that are not cancelled. */
function summaryOf(
  codes: readonly VoucherCode[],
  known: (place: number) => { state: CodeState | null },
) {
  const states: Partial<Record<CodeState | "none", number>> = {};
  let canceled = 0;
  codes.forEach(({ canceledAt }, place) => {
    const state = known(place).state ?? "none";
    if (canceledAt === null) states[state] = (states[state] ?? 0) + 1;
    else canceled += 1;
  });
  return { total: codes.length, canceled, states };
}

function shown({ codeId, codeText, usageCount, usageAmount, canceledAt }: VoucherCode) {
  return { code: codeId, codeText, usageCount, usageAmount, canceledAt };
}

async function results(program: ProgramObject, record: JobRecord, url: URL): Promise<Response> {
  const job = await held(program, record);
  const { searchParams } = url;
  const limit = wholeIn(url, "limit", 500, [1, MOST_ROWS]);
  const state = searchParams.get("state") || undefined;
  if (state !== undefined && !STATES.includes(state as CodeState)) {
    throw refuse(400, "invalid_options", "`state` is no state of a code", "Correct the query.");
  }
  const find = searchParams.get("find")?.toLowerCase() ?? "";
  const cursor = { place: wholeIn(url, "from", 0, [0, 2 ** 32 - 1]) };
  const rows: object[] = [];
  for (const result of resultsFrom(job, cursor, state as CodeState | undefined)) {
    if (!result.code.startsWith(find)) continue;
    if (rows.length === limit) return Response.json({ rows, next: cursor.place });
    rows.push({ place: cursor.place, ...result });
  }
  return Response.json({ rows, next: null });
}

async function csv(program: ProgramObject, record: JobRecord): Promise<Response> {
  const job = await held(program, record);
  return file(job.resultsCsv() as ReadableStream, "text/csv; charset=utf-8", record, "csv");
}

async function journal(program: ProgramObject, record: JobRecord): Promise<Response> {
  if (record.isFolded) await held(program, record);
  const pieces = program.jobs.bytes(record.number);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  return file(stream, "application/octet-stream", record, "journal");
}

function file(
  body: ReadableStream,
  type: string,
  { summary }: JobRecord,
  extension: string,
): Response {
  const name = `distribution-${summary.id.slice(0, 8)}.${extension}`;
  return new Response(body, {
    headers: { "Content-Type": type, "Content-Disposition": `attachment; filename="${name}"` },
  });
}

async function pause(program: ProgramObject, record: JobRecord): Promise<Response> {
  const { summary } = record;
  if (summary.status === "running") {
    summary.status = "paused";
    program.runner.stop(record.number);
    program.runner.settle(record, summary.progress);
    await program.reports.report(record);
  }
  return Response.json(summary);
}

async function resume(program: ProgramObject, record: JobRecord): Promise<Response> {
  await program.learnPause();
  await program.resume(record);
  return Response.json(record.summary);
}

async function resolve(
  program: ProgramObject,
  record: JobRecord,
  request: Request,
): Promise<Response> {
  const { batch, decision } = Object(await readJson(request)) as Record<string, unknown>;
  if (!DECISIONS.includes(decision)) {
    throw refuse(
      400,
      "invalid_options",
      "`decision` must be resend, queued or abandon",
      "Correct the body.",
    );
  }
  await held(program, record);
  const progress = await program.jobs.use(record.number, async (job) => {
    await job.resolve(batch as number | "all", decision as JobDecision);
    return job.progress();
  });
  const { summary } = record;
  if (summary.status !== "running") {
    // What is to be sent again waits for `resume`.
    summary.status = decision === "resend" ? "paused" : restingStatus(progress);
  }
  program.runner.settle(record, progress);
  await program.reports.report(record);
  await program.arm();
  return Response.json(summary);
}

async function held(program: ProgramObject, record: JobRecord): Promise<ReadableJob> {
  const job = await program.jobs.getReadable(record);
  if (job) return job;
  const { status, error } = record.summary;
  if (status === "unreadable") {
    throw refuse(
      409,
      "job_unreadable",
      `The job was set aside, as its journal can't be read: ${error?.message ?? ""}`,
      "Mend the cause and look at the job again; or export its journal, and drop it.",
    );
  }
  if (status === "dropped") {
    throw refuse(
      410,
      "job_dropped",
      "An operator has deleted the journal of this job, which could not be read",
      "What is known of each code is with the program's codes.",
    );
  }
  throw refuse(
    410,
    "job_expired",
    "The list of this job was deleted after its retention",
    "What became of each code is with the program's codes.",
  );
}

function only(request: Request, ...methods: string[]): void {
  if (methods.includes(request.method)) return;
  const allow = methods.join(", ");
  throw refuse(405, "method_not_allowed", `Only ${allow} is served here`, `Use ${allow}.`, {
    headers: { Allow: allow },
  });
}

const nothing = () =>
  refuse(404, "not_found", "There is nothing here", "Look for the job in the list of jobs.");
