/** The routes of a program's jobs: requests are read here, and carried out by the program's object. */
import { DECISIONS, STATES } from "../../generated/protocol.js";
import { bodyOf } from "../body.js";
import { listAllCodesForJob } from "./all-codes.js";
import { type JobRequest, readJobRequest, requiredKeyOf } from "./job-request.js";
import { LIMITS } from "../limits.js";
import { type ListInput, partsOf } from "../lists.js";
import type { BatchDecision, ProgramApi, ResultFilter, RpcResult } from "../objects.js";
import type { Operator } from "./operator.js";
import {
  invalid,
  oneOf,
  readMembers,
  readParameters,
  text,
  wholeNumber,
} from "./parse-parameters.js";
import type { ListFlags } from "../fingerprint.js";
import { JOB_ROUTES, isAction, noJob } from "../program/jobs/job-states.js";
import { namingOf } from "../program/operations/naming.js";
import type { Who } from "../program/jobs/records.js";
import { callProgram } from "./program-call.js";
import { readReason, reasonIn } from "./reason.js";
import {
  MAX_JSON_BYTES,
  listIn,
  mediaType,
  parseJson,
  readJson,
  readJsonBytes,
} from "./request-body.js";
import { canonicalId, requireMethod } from "./routing.js";
import { chosenOf } from "../live-protocol.js";
import { stubs } from "../stubs.js";
import type { Call, JobPage, JobSummary, Reconciled } from "../types.js";

const PATH = /^\/api\/programs\/[^/]+\/jobs(?:\/([0-9a-f-]{36})(?:\/([a-z.]+))?)?$/;
const CSV = { state: oneOf(STATES), find: text, reason: text };
const RESULTS = {
  ...CSV,
  from: wholeNumber(0, 2 ** 32 - 1),
  limit: wholeNumber(1, LIMITS.resultsPerPage),
};

export async function answerJobs(
  call: Call,
  program: string,
  operator: Operator,
): Promise<Response> {
  const { request, url } = call;
  const [path, jobId, segment = ""] = PATH.exec(url.pathname) ?? [];
  const programId = canonicalId(program);
  if (path === undefined) throw noJob();
  if (jobId !== undefined) return answerJob(call, programId, jobId, segment, operator);
  requireMethod(request, "GET", "POST");
  if (request.method === "POST") return createJob(call, programId, operator);
  readParameters(url, {});
  return callProgram(
    call,
    programId,
    (object) => object.jobs(),
    (jobs) => Response.json({ jobs } satisfies JobPage),
  );
}

async function answerJob(
  call: Call,
  programId: string,
  jobId: string,
  segment: string,
  { name: by, until }: Operator,
): Promise<Response> {
  const { request, url } = call;
  if (!isAction(segment)) throw noJob();
  const action = segment;
  const ask = <T>(
    method: (program: ProgramApi) => Promise<RpcResult<T>>,
    respond?: (value: T) => Response,
  ) => callProgram(call, programId, method, respond);
  if (action === "" && request.method === "PATCH") {
    readParameters(url, {});
    const naming = namingOf(readMembers(await readJson(request), ["name", "note"]));
    return ask((program) => program.rename(jobId, naming, by));
  }
  requireMethod(request, JOB_ROUTES[action].method, ...(action === "" ? ["PATCH"] : []));
  const types = action === "results" ? RESULTS : action === "results.csv" ? CSV : {};
  const filter: ResultFilter = readParameters(url, types);
  switch (action) {
    case "":
      return ask((program) => program.job(jobId));
    case "live":
      return watch(call, programId, jobId, until);
    case "results":
      return ask((program) => program.results(jobId, filter));
    case "results.csv":
      return ask(
        (program) => program.resultsCsv(jobId, filter),
        (csv) => file(csv, "text/csv; charset=utf-8", jobId, "csv"),
      );
    case "journal":
      return ask(
        (program) => program.journal(jobId),
        (bytes) => file(bytes, "application/octet-stream", jobId, "journal"),
      );
    case "resolve": {
      const { reason, ...decision } = await readDecision(request);
      return ask((program) => program.resolve(jobId, decision, { by, reason }));
    }
    default: {
      const who = { by, reason: await readReason(request) };
      return ask<JobSummary | Reconciled>((program) => program[action](jobId, who));
    }
  }
}

async function createJob(call: Call, programId: string, { name: by }: Operator): Promise<Response> {
  const { request, url } = call;
  const asked = readJobRequest(url);
  const allCodes = await listAllCodesForJob(call, programId, asked);
  const key = asked.isDryRun ? null : requiredKeyOf(request);
  const { list, flags } = allCodes
    ? { list: allCodes, flags: asked.flags }
    : await inputOf(request, asked);
  if (key === null) {
    const checked = { programId, list, isOneOfMany: false };
    return callProgram(call, programId, (program) => program.dryRun(checked));
  }
  const { fingerprint, source, name, batchSize, pauseAfter, check, starts } = asked;
  const plan = { starts, startInSeconds: asked.startInSeconds };
  const { reviewed } = asked;
  const about = { source, name, batchSize, pauseAfter, check, plan, reviewed };
  const order = { programId, flags, fingerprint, key, by, ...about };
  return callProgram(
    call,
    programId,
    (program) => program.createJob(order, list),
    ({ summary, isNew }) => Response.json(summary, { status: isNew ? 201 : 200 }),
  );
}

/** The list of a request: already read from JSON, or a body that is still to be read. */
async function inputOf(
  request: Request,
  { flags, column }: JobRequest,
): Promise<{ list: ListInput; flags: ListFlags }> {
  if (mediaType(request) !== "application/json") {
    return { list: { ...bodyOf(request), column }, flags };
  }
  const read = await listIn(parseJson(await readJsonBytes(request, MAX_JSON_BYTES)), flags);
  return { list: partsOf(read.list), flags: read.flags };
}

async function readDecision(request: Request): Promise<BatchDecision & Pick<Who, "reason">> {
  const members = ["batch", "decision", "reason"] as const;
  const { batch, decision, reason } = readMembers(await readJson(request), members);
  const decided = DECISIONS.find((known) => known === decision);
  if (decided === undefined) {
    throw invalid(`\`decision\` must be one of ${DECISIONS.join(", ")}`);
  }
  const isNumber = typeof batch === "number" && Number.isSafeInteger(batch) && batch >= 0;
  if (batch !== "all" && !isNumber) {
    throw invalid('`batch` must be the number of a batch, or "all"');
  }
  return { batch, decision: decided, reason: reasonIn(reason) };
}

/** Connects a WebSocket with the program's object, which gets its parameters in the URL. */
function watch(
  { request, env }: Call,
  programId: string,
  jobId: string,
  until: number | null,
): Promise<Response> {
  const url = new URL(`https://program/${jobId}`);
  if (until !== null) url.searchParams.set("until", String(until));
  const headers = new Headers();
  const upgrade = request.headers.get("Upgrade");
  if (upgrade !== null) headers.set("Upgrade", upgrade);
  const protocol = chosenOf(request.headers.get("Sec-WebSocket-Protocol"));
  if (protocol !== undefined) headers.set("Sec-WebSocket-Protocol", protocol);
  return stubs(env).program(programId).fetch(new Request(url, { headers }));
}

function file(body: ReadableStream, type: string, jobId: string, extension: string): Response {
  const name = `distribution-${jobId.slice(0, 8)}.${extension}`;
  return new Response(body, {
    headers: { "Content-Type": type, "Content-Disposition": `attachment; filename="${name}"` },
  });
}
