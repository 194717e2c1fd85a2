/** `/api/events`: the kept events, for operators. */
import type { Operator } from "./operator.js";
import { type NewEntry, toEntry } from "../account/audit.js";
import { DEFAULT_ROWS, LIMITS } from "../limits.js";
import { log, logError } from "../log.js";
import {
  flag,
  invalid,
  readMembers,
  readParameters,
  text,
  wholeNumber,
} from "./parse-parameters.js";
import { type Refusal, refuse } from "../problem.js";
import { canonicalId, isProgramId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call, WorkerEnv } from "../types.js";
import { readJson } from "./request-body.js";

const PATH = /^\/api\/events(?:\/(\d{1,15})(\/dismiss)?|\/reread)?$/;
const LIST = {
  unread: flag,
  program: text,
  type: text,
  before: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  limit: wholeNumber(1, LIMITS.rowsPerPage),
};

/** The response, if this is one of these routes. */
export async function answerEvents(call: Call, operator: Operator): Promise<Response | undefined> {
  const { request, url, env } = call;
  const [path, id, dismiss] = PATH.exec(url.pathname) ?? [];
  if (path === undefined) return undefined;
  const events = stubs(env).events();
  switch (`${request.method} ${id === undefined ? path : (dismiss ?? "body")}`) {
    case "GET /api/events": {
      const { before, limit = DEFAULT_ROWS, program, ...filter } = readParameters(url, LIST);
      const wanted = { ...filter, program: program && canonicalId(program) };
      const page = await events.listEvents(wanted, before ?? Number.MAX_SAFE_INTEGER, limit);
      return Response.json(page);
    }
    case "POST /api/events/reread": {
      readParameters(url, {});
      const filter = readFilter(await readJson(request));
      const count = await events.rereadEvents(filter);
      const detail = `${count} events`;
      const programId = filter.program ?? null;
      await noteIn(env, { by: operator.name, action: "events_reread", programId, detail });
      log("events", { state: "reread", events: count, by: operator.by });
      return Response.json({ events: count }, { status: 202 });
    }
    case "GET body": {
      readParameters(url, {});
      const body = await events.eventBody(Number(id));
      if (body === undefined) throw unknown();
      // The body comes from outside: no browser may interpret it as anything else.
      return new Response(body, { headers: { "Content-Type": "text/plain; charset=utf-8" } });
    }
    case "POST /dismiss": {
      readParameters(url, {});
      readMembers(await readJson(request), []);
      const event = await events.dismissEvent(Number(id));
      if (event === undefined) throw unknown();
      const { programId, id: detail } = event;
      await noteIn(env, { by: operator.name, action: "event_dismissed", programId, detail });
      log("events", { state: "dismissed", id: event.id, by: operator.by });
      return Response.json(event);
    }
    default:
      return undefined;
  }
}

/** Adds to the audit trail. The action is done, so a failure here is only logged. */
async function noteIn(env: WorkerEnv, entry: NewEntry): Promise<void> {
  await stubs(env)
    .app()
    .note([toEntry(entry, Date.now())])
    .catch((error: unknown) => logError("audit", error));
}

function readFilter(body: unknown): { unread?: true; program?: string } {
  const { programId, unread = false } = readMembers(body, ["programId", "unread"]);
  if (typeof unread !== "boolean") throw invalid("`unread` must be true or false");
  if (programId !== undefined && (typeof programId !== "string" || !isProgramId(programId))) {
    throw invalid("`programId` must be the id of a program");
  }
  return {
    ...(unread && { unread }),
    ...(programId !== undefined && { program: canonicalId(programId) }),
  };
}

const unknown = (): Refusal =>
  refuse(
    404,
    "unknown_event",
    "There is no such event",
    "It may have been deleted after its retention. GET /api/events lists the events that are kept.",
  );
