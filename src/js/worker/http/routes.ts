/**
 * The routes of the worker, and who may use them. They are matched here and not by a framework's
 * router: a path is served in one spelling only, an id is decoded once, and all routes make the same
 * checks (TLS, operator, origin) in the same order.
 */
import { type Operator, methods, operatorOf, refuseForeign } from "./operator.js";
import { LIMITS } from "../limits.js";
import { log, logError } from "../log.js";
import { audit, history, locate, overview } from "./overall.js";
import { discard, bodyOf } from "../body.js";
import { distribute } from "./distribute.js";
import { invalid, readMembers, readParameters } from "./parse-parameters.js";
import { readReason, reasonIn } from "./reason.js";
import { answerError, problemOf, refuse } from "../problem.js";
import { findCodes } from "./find-codes.js";
import { programCodes } from "./program-codes.js";
import { answerEvents } from "./events.js";
import { createGroup } from "./group-upload.js";
import { listGuests, showGuests } from "./guests.js";
import { answerJobs } from "./job-routes.js";
import { getProgram, listCodes, listPrograms, searchPrograms, showProgram } from "./reading.js";
import { canonicalId, decoded, programIdIn, requireMethod } from "./routing.js";
import { refusePlain, secured } from "./security.js";
import { configure, settings } from "../settings.js";
import { answerSession } from "./sign-in.js";
import { stubs } from "../stubs.js";
import type { HttpService, RequestContext } from "../platform-types.js";
import type {
  Call,
  PauseResult,
  ResumeResult,
  SessionInfo,
  WorkerConfig,
  WorkerEnv,
  WorkerHandler,
  WorkerOptions,
} from "../types.js";
import { logUpstream, upstreamOf } from "../uber.js";
import { readJson } from "./request-body.js";
import { receiveWebhook } from "./webhooks.js";

const OF_PROGRAM = /^\/api\/programs\/([^/]+)(?:\/(?:codes(?:\/\w+)?|guests|jobs(?:\/.*)?))?$/;
const OF_UBER = /^\/v1\/organizations\/([^/]+)\/voucher-programs\/(.+)$/;
const OF_API = /^\/(api|v1)\//;
/**
 * Makes the worker: `export default createWorker()`, beside the two classes of
 * objects, `export { VoucherApp, VoucherProgram } from "uber-vouchers/worker"`.
 *
 * @throws {ValidationError} `invalid_options`, naming the option.
 */
export function createWorker(options?: WorkerOptions): Required<WorkerHandler> {
  configure(options);
  return {
    async fetch(request: Request, env: WorkerEnv, context: RequestContext): Promise<Response> {
      logUpstream(env);
      const call: Call = { request, url: new URL(request.url), env, context };
      const response = await answerTo(call);
      if (!request.bodyUsed) await discard(bodyOf(request));
      return secured(call.url, withCors(call, response));
    },
    async scheduled(_event, env: WorkerEnv): Promise<void> {
      // If storage fails for hours, every alarm is lost; this trigger does not need one.
      await stubs(env)
        .app()
        .watch()
        .catch((error: unknown) => logError("scheduled", error));
    },
  };
}

async function answerTo(call: Call): Promise<Response> {
  try {
    return await route(call);
  } catch (error) {
    const { code, status } = problemOf(error);
    if (status === 500) logError("worker", error);
    else log("refused", { code, status });
    return answerError(error);
  }
}

async function route(call: Call): Promise<Response> {
  const { request, url, env } = call;
  const path = url.pathname;
  if (path === "/health") return Response.json({ status: "ok" });
  const elsewhere = refusePlain(request, url);
  if (elsewhere) return elsewhere;
  if (path === "/webhooks/uber") return receiveWebhook(call);
  if (methods(env).length === 0) {
    throw refuse(
      503,
      "no_authentication",
      "No sign-in is configured, so the worker refuses all requests",
      `Set ADMIN_TOKEN (at least ${LIMITS.tokenCharacters} characters) or OPERATOR_TOKENS, or ACCESS_TEAM_DOMAIN (https) and ACCESS_AUDIENCE.`,
    );
  }
  if (!OF_API.test(path)) return page(call);
  if (request.method === "OPTIONS") return new Response(null, { status: 204 });
  if (path === "/api/session" && request.method !== "GET") return answerSession(call);
  const operator = await operatorOf(call);
  refuseForeign(call, operator, settings().allowedOrigins);
  return path.startsWith("/v1/") ? ubersPaths(call, operator) : ownPaths(call, operator);
}

/** A file of the console, or its page, which serves every screen's address. */
async function page({ request, url, env }: Call): Promise<Response> {
  if (env.ASSETS === undefined) throw noConsole();
  if (request.method !== "GET" && request.method !== "HEAD") throw nothing();
  // The file server would redirect such a path, possibly to another host.
  if (/\/\/|%2f|%5c/i.test(url.pathname)) throw nothing();
  const assets: HttpService = env.ASSETS;
  const file = await assets.fetch(request);
  // A browser can't use the page in place of a missing script.
  const isPage = file.headers.get("Content-Type")?.startsWith("text/html") ?? false;
  if (isPage && url.pathname.startsWith("/assets/")) throw nothing();
  return file;
}

async function ownPaths(call: Call, operator: Operator): Promise<Response> {
  const { request, url, env } = call;
  const of = OF_PROGRAM.exec(url.pathname)?.[1];
  if (of !== undefined) return ofProgram(call, of, operator);
  const ofEvents = await answerEvents(call, operator);
  if (ofEvents !== undefined) return ofEvents;
  switch (`${request.method} ${url.pathname}`) {
    case "GET /api/session":
      readParameters(url, {});
      return Response.json(sessionOf(operator));
    case "GET /api/config":
      readParameters(url, {});
      return Response.json(await config(call, operator));
    case "GET /api/programs":
      return listPrograms(call);
    case "GET /api/jobs":
      return history(call);
    case "GET /api/codes":
      return locate(call);
    case "GET /api/overview":
      return overview(call);
    case "GET /api/audit":
      return audit(call);
    case "POST /api/jobs":
      return createGroup(call, operator);
    case "POST /api/pause": {
      readParameters(url, {});
      const { paused, reason } = readMembers(await readJson(request), ["paused", "reason"]);
      if (typeof paused !== "boolean") throw invalid("`paused` must be true or false");
      const who = { by: operator.name, reason: reasonIn(reason) };
      const jobs = await stubs(env).app().pause(paused, who);
      log("pause", { paused, jobs, by: operator.by });
      return Response.json({ paused, jobs } satisfies PauseResult);
    }
    case "POST /api/resume": {
      const who = { by: operator.name, reason: await readReason(request) };
      const jobs = await stubs(env).app().resumeHalted(who);
      log("resume", { jobs, by: operator.by });
      return Response.json({ jobs } satisfies ResumeResult);
    }
    default:
      throw nothing();
  }
}

async function ubersPaths(call: Call, operator: Operator): Promise<Response> {
  const { request, url, env } = call;
  const [, organization, rest = ""] = OF_UBER.exec(url.pathname) ?? [];
  if (organization === undefined) throw nothing();
  if (canonicalId(decoded(organization)) !== canonicalId(env.UBER_ORGANIZATION_ID)) {
    throw refuse(
      404,
      "unknown_organization",
      "This worker serves another organization",
      "GET /api/config names it.",
    );
  }
  if (request.method === "POST" && rest === "search") return searchPrograms(call);
  const [, program, what] = /^([^/]+)(?:\/(codes|guests|codes\/distribute))?$/.exec(rest) ?? [];
  if (program === undefined) throw nothing();
  switch (`${request.method} ${what ?? "program"}`) {
    case "GET program":
      return getProgram(call, programIdIn(program));
    case "GET codes":
      return listCodes(call, programIdIn(program));
    case "GET guests":
      return listGuests(call, programIdIn(program), operator);
    case "POST codes/distribute":
      return distribute(call, programIdIn(program), operator);
    default:
      throw nothing();
  }
}

/** The routes of one program. All but Uber's list is in the program's object. */
async function ofProgram(call: Call, segment: string, operator: Operator): Promise<Response> {
  const { request, url } = call;
  const program = programIdIn(segment);
  const [, , , , what, which] = url.pathname.split("/");
  if (what === "codes" && which !== undefined) return findCodes(call, program, which);
  if (what !== "jobs") requireMethod(request, "GET");
  if (what === undefined) return showProgram(call, program);
  if (what === "codes") return programCodes(call, program);
  if (what === "guests") return showGuests(call, program, operator);
  return answerJobs(call, program, operator);
}

const sessionOf = ({ name, by }: Operator): SessionInfo => ({ operator: name, by });

async function config({ env }: Call, operator: Operator): Promise<WorkerConfig> {
  const { requestsPerSecond, maxCodes, maxUploadBytes, allowDistributeAll } = settings();
  const { settleMinutes, startDelaySeconds, approval = null } = settings();
  return {
    organizationId: env.UBER_ORGANIZATION_ID,
    ...upstreamOf(env),
    ...sessionOf(operator),
    requestsPerSecond,
    maxCodes,
    maxUploadBytes,
    allowDistributeAll,
    settleMinutes,
    startDelaySeconds,
    approval,
    paused: await stubs(env).app().isPaused(),
    hasSigningKey: (env.UBER_SIGNING_KEY ?? "").trim() !== "",
    counts: await stubs(env).app().counts(),
  };
}

/** Lets pages of allowed origins read the response. Never with cookies. */
function withCors({ request, url }: Call, response: Response): Response {
  if (response.status === 101 || !OF_API.test(url.pathname)) return response;
  const origin = request.headers.get("Origin");
  if (origin === null || !settings().allowedOrigins.includes(origin)) return response;
  const answering = new Response(response.body, response);
  const { headers } = answering;
  headers.set("Access-Control-Allow-Origin", origin);
  headers.append("Vary", "Origin");
  headers.set("Access-Control-Expose-Headers", "Retry-After");
  if (request.method === "OPTIONS") {
    headers.set("Access-Control-Allow-Methods", "GET, POST, PATCH");
    headers.set(
      "Access-Control-Allow-Headers",
      "Authorization, Accept-Language, Content-Type, Idempotency-Key",
    );
    headers.set("Access-Control-Max-Age", "600");
  }
  return answering;
}

const nothing = () =>
  refuse(
    404,
    "not_found",
    "There is nothing at this address",
    "The documentation lists the routes.",
  );
const noConsole = () =>
  refuse(404, "not_found", "This worker serves no console", "Its API is below /api/ and /v1/.");
