/**
 * Everybody: never Uber's own "all", but a list of those who are meant. The
 * worker reads it and hands it to the program's object as it hands over an
 * upload: the object that sends has no list of Uber's in its memory.
 */
import { readJobRequest, requiredKeyOf } from "./job-request.js";
import { listedCodes } from "./listed-codes.js";
import { invalid } from "./parameters.js";
import { refuse } from "./problem.js";
import { canonicalId } from "./routing.js";
import { settings } from "./settings.js";
import type { Call } from "./types.js";
import { MOST_JSON_BYTES, mediaType, refuseBody, whole } from "./upload.js";

/** A request whose body lists everybody, and what has gone wrong with that list. */
export interface Everybody {
  request: Request;
  isEverybody: boolean;
  failure(): unknown;
}

/** The request for a job of everybody; undefined where it is for a list of its own. */
export async function everybodyInJob(
  call: Call,
  programId: string,
): Promise<Everybody | undefined> {
  const { request, url } = call;
  const { isAll, isDryRun, confirm } = readJobRequest(url);
  if (!isAll) {
    if (confirm === undefined) return undefined;
    throw invalid("`confirm` is for everybody alone", "Say `all=true` too, or leave it out.");
  }
  if (!isDryRun) requiredKeyOf(request);
  await refuseBody(request);
  if (confirm === undefined || canonicalId(confirm) !== canonicalId(programId)) {
    throw refuse(
      400,
      "confirmation_required",
      "Everybody has to be confirmed with the program's id",
      "Say `confirm=` and the id of the program.",
    );
  }
  return everybody(call, programId);
}

/** Uber's own call, in which a body without `codes` means everybody; else the same call again. */
export async function everybodyInCall(call: Call, programId: string): Promise<Everybody> {
  const { request } = call;
  const same = (body: BodyInit | null) => ({
    request: new Request(request.url, { method: request.method, headers: request.headers, body }),
    isEverybody: false,
    failure: () => undefined,
  });
  if (mediaType(request) !== "application/json") return same(request.body);
  const bytes = await whole(request, MOST_JSON_BYTES);
  return isEmptyObject(bytes) ? everybody(call, programId) : same(bytes);
}

/** `{}`, and nothing that could be meant otherwise: `null` is a list that went missing. */
function isEmptyObject(bytes: Uint8Array): boolean {
  return bytes.length < 64 && /^\s*\{\s*\}\s*$/.test(new TextDecoder().decode(bytes));
}

/** Every code of the program that is not cancelled, a line each. */
function everybody(call: Call, programId: string): Everybody {
  const { request, env } = call;
  if (!settings().allowDistributeAll) {
    throw refuse(
      403,
      "distribute_all_refused",
      "This worker does not distribute to everybody",
      "List the codes, or set `allowDistributeAll` where the worker is created.",
    );
  }
  const pages = listedCodes(env, programId, false);
  const encoder = new TextEncoder();
  let failed: unknown;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pages.next();
        if (done === true) return controller.close();
        const open = value.filter(({ canceledAt }) => canceledAt === null);
        controller.enqueue(encoder.encode(open.map(({ codeId }) => `${codeId}\n`).join("")));
      } catch (error) {
        failed = error;
        // A body that breaks off makes no job.
        controller.error(error);
      }
    },
    async cancel() {
      await pages.return(undefined);
    },
  });
  const headers = new Headers(request.headers);
  headers.set("Content-Type", "text/plain");
  headers.delete("Content-Length");
  return {
    request: new Request(request.url, { method: "POST", headers, body, duplex: "half" } as never),
    isEverybody: true,
    failure: () => failed,
  };
}
