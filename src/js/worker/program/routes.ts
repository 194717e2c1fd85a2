/** What a program's object answers to operators; the worker has let them in. */
import { DECISIONS, STATES } from "../../generated/protocol.js";
import type { ReadableJob } from "../../job/job.js";
import type { JobDecision } from "../../job/types.js";
import { approve } from "./approval.js";
import type { Calls } from "./calls.js";
import { dryRun } from "./dry-run.js";
import { resultsFrom } from "./job-reading.js";
import { readJobRequest, requiredKeyOf } from "./job-request.js";
import { JOB_ROUTES, type JobAction, requireState } from "./job-states.js";
import { claimKey } from "../keys.js";
import {
  invalid,
  oneOf,
  readMembers,
  readParameters,
  text,
  wholeNumber,
} from "../http/parameters.js";
import { namingOf, rename } from "./naming.js";
import type { Program } from "./program.js";
import { refuse } from "../http/problem.js";
import { readReason, reasonIn } from "../http/reason.js";
import { type JobRecord, type Who, note, restingStatus } from "./records.js";
import { prepareResend } from "./resending.js";
import { canonicalId, operatorIn } from "../http/routing.js";
import type { JobResultPage } from "../types.js";
import { accepted, readJson, readList, refuseBody } from "../http/upload.js";

const PATH =
  /^\/api\/programs\/([^/]+)\/jobs(?:\/([0-9a-f-]{36})(?:\/(live|results|results\.csv|journal|pause|resume|cancel|approve|resolve|drop|reconcile))?)?$/;
const CALL = /^\/v1\/organizations\/[^/]+\/voucher-programs\/([^/]+)\/codes\/distribute$/;
const MOST_ROWS = 5_000;
const RESULTS = {
  state: oneOf(STATES),
  find: text,
  from: wholeNumber(0, 2 ** 32 - 1),
  limit: wholeNumber(1, MOST_ROWS),
};

export async function routeProgram(
  program: Program,
  calls: Calls,
  request: Request,
): Promise<Response> {
  const url = new URL(request.url);
  const [, called] = CALL.exec(url.pathname) ?? [];
  if (called !== undefined) return calls.distribute(programOf(called), request);
  const [, segment, jobId, action = ""] = PATH.exec(url.pathname) ?? [];
  if (segment === undefined) throw nothing();
  if (jobId === undefined) {
    only(request, "GET", "POST");
    if (request.method === "POST") return create(program, programOf(segment), request, url);
    readParameters(url, {});
    return Response.json({ jobs: program.records.jobs().map(({ summary }) => summary) });
  }
  const record = program.records.byId(jobId);
  if (record === undefined || record.summary.status === "creating") throw nothing();
  return job(program, record, action as JobAction, request, url);
}

/** One spelling of a program's id, so that all that is kept of it is found by any. */
const programOf = (segment: string) => canonicalId(decodeURIComponent(segment));

async function job(
  program: Program,
  record: JobRecord,
  action: JobAction,
  request: Request,
  url: URL,
): Promise<Response> {
  if (action === "" && request.method === "PATCH") {
    readParameters(url, {});
    const naming = namingOf(readMembers(await readJson(request), ["name", "note"]));
    await rename(program, record, naming, operatorIn(request).name);
    return Response.json(record.summary);
  }
  only(request, JOB_ROUTES[action].method, ...(action === "" ? ["PATCH"] : []));
  if (action === "results") return results(program, record, url);
  readParameters(url, {});
  // Whoever looks at one that was set aside has it read again.
  if (action === "" || action === "live") await program.setAside.retry(record);
  requireState(action, record.summary);
  switch (action) {
    case "":
      return Response.json(await program.detail(record));
    case "live":
      if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
        throw refuse(
          426,
          "upgrade_required",
          "This is a WebSocket",
          "Connect with `new WebSocket`.",
        );
      }
      return program.live.open(
        record.summary.id,
        operatorIn(request).until,
        request.headers.get("Sec-WebSocket-Protocol"),
      );
    case "results.csv":
      return csv(program, record);
    case "journal":
      return journal(program, record);
    case "pause":
      return pause(program, record, request);
    case "resume":
      return resume(program, record, request);
    case "resolve":
      return resolve(program, record, request);
    case "cancel":
      await program.cancellation.cancel(record, await whoIn(request));
      return Response.json(record.summary);
    case "approve":
      await approve(program, record, await whoIn(request));
      return Response.json(record.summary);
    case "drop":
      note(record, {
        ...(await whoIn(request)),
        action: "dropped",
        codes: record.summary.progress.total,
      });
      await program.setAside.drop(record);
      return Response.json(record.summary);
    case "reconcile":
      await refuseBody(request);
      requireState("reconcile", record.summary);
      return Response.json(await program.usage.reconcile(record));
  }
}

async function create(
  program: Program,
  programId: string,
  request: Request,
  url: URL,
): Promise<Response> {
  const asked = readJobRequest(url);
  const { isDryRun, isAll, batchSize, source, name, starts, check, fingerprint } = asked;
  const { startInSeconds, pauseAfter } = asked;
  const key = isDryRun ? null : requiredKeyOf(request);
  // The worker has put the codes of everybody into the body.
  if (isAll && !operatorIn(request).isEverybody) throw nothing();
  const { list: read, flags } = await readList(request, asked);
  if (isDryRun) return Response.json(await dryRun(program, programId, read, false));
  const list = accepted(read, flags);
  program.know(programId);
  await program.learnPause();
  if (key !== null) await claimKey(program.stubs.app(), key, { route: "job", program: programId });
  const { record, isNew } = await program.creation.create({
    programId,
    list,
    flags,
    check,
    fingerprint,
    // Not to be taken for one of a group's.
    key: key === null ? null : `job:${key}`,
    by: operatorIn(request).name,
    source,
    name,
    group: null,
    isCall: false,
    batchSize,
    pauseAfter,
    plan: { starts, startInSeconds },
    isHeld: false,
  });
  if (isNew) {
    // Known to everybody before anything leaves.
    await program.reports.report(record);
    await program.arm();
  }
  return Response.json(record.summary, { status: isNew ? 201 : 200 });
}

async function results(program: Program, record: JobRecord, url: URL): Promise<Response> {
  const { limit = 500, state, find = "", from = 0 } = readParameters(url, RESULTS);
  const job = await openFor("results", program, record);
  const cursor = { place: from };
  const page = (results: JobResultPage) => Response.json(results);
  const rows: JobResultPage["rows"] = [];
  for (const result of resultsFrom(job, cursor, state)) {
    if (!result.code.startsWith(find.toLowerCase())) continue;
    if (rows.length === limit) return page({ rows, next: cursor.place });
    rows.push({ place: cursor.place, ...result });
  }
  return page({ rows, next: null });
}

async function csv(program: Program, record: JobRecord): Promise<Response> {
  const job = await openFor("results.csv", program, record);
  return file(job.resultsCsv() as ReadableStream, "text/csv; charset=utf-8", record, "csv");
}

async function journal(program: Program, record: JobRecord): Promise<Response> {
  const pieces = program.jobs.bytes(record.number);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = (await pieces.next()) as { done?: boolean; value?: Uint8Array };
      if (done === true) controller.close();
      else if (value) controller.enqueue(value);
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

/** Who asks for it, and why. */
async function whoIn(request: Request): Promise<Who> {
  return { by: operatorIn(request).name, reason: await readReason(request) };
}

async function pause(program: Program, record: JobRecord, request: Request) {
  const who = await whoIn(request);
  const { summary } = record;
  requireState("pause", summary);
  if (summary.status === "running" || summary.status === "scheduled") {
    note(record, { ...who, action: "paused", codes: summary.progress.pending });
    Object.assign(summary, { status: "paused", startsAt: null });
    program.runner.stop(record.number);
    program.runner.settle(record, summary.progress);
    await program.reports.report(record);
  }
  return Response.json(summary);
}

async function resume(program: Program, record: JobRecord, request: Request) {
  const who = await whoIn(request);
  await program.learnPause();
  requireState("resume", record.summary);
  await program.resume(record, who);
  return Response.json(record.summary);
}

async function resolve(program: Program, record: JobRecord, request: Request) {
  const { batch, decision, reason } = await readDecision(request);
  const { summary } = record;
  await openFor("resolve", program, record);
  const before = summary.progress;
  if (decision === "resend") await prepareResend(program, record);
  const progress = await program.jobs.use(record.number, async (job) => {
    requireState("resolve", summary);
    await job.resolve(batch, decision);
    return job.progress();
  });
  if (summary.status !== "running") {
    // What is to be sent again waits for `resume`.
    summary.status = decision === "resend" ? "paused" : restingStatus(progress);
  }
  const detail = `${decision}, ${batch === "all" ? "all batches" : `batch ${batch + 1}`}`;
  const { unknown: codes } = before;
  note(record, { by: operatorIn(request).name, reason, action: "decided", codes, detail });
  program.runner.settle(record, progress);
  await program.reports.report(record);
  await program.arm();
  return Response.json(summary);
}

/** The job, where what is asked for is possible in its state and its journal can be read. */
async function openFor(
  action: JobAction,
  program: Program,
  record: JobRecord,
): Promise<ReadableJob> {
  requireState(action, record.summary);
  const job = await program.jobs.getReadable(record);
  if (job) return job;
  // It was set aside by that.
  requireState(action, record.summary);
  throw nothing();
}

async function readDecision(
  request: Request,
): Promise<{ batch: number | "all"; decision: JobDecision; reason: string | null }> {
  const members = ["batch", "decision", "reason"] as const;
  const { batch, decision, reason } = readMembers(await readJson(request), members);
  const decided = DECISIONS.find((known) => known === decision);
  if (decided === undefined) {
    throw invalid(`\`decision\` must be one of ${DECISIONS.join(", ")}`);
  }
  if (batch !== "all" && !(Number.isSafeInteger(batch) && (batch as number) >= 0)) {
    throw invalid('`batch` must be the number of a batch, or "all"');
  }
  return { batch: batch as number | "all", decision: decided, reason: reasonIn(reason) };
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
