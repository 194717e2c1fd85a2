/**
 * Everybody: never Uber's own "all", but a list of those who are meant. The
 * worker reads it and hands it to the program's object as it hands over an
 * upload: the object that sends has no list of Uber's in its memory.
 */
import { hexOf } from "../../codes/code-list.js";
import { readJobRequest, requiredKeyOf } from "../program/job-request.js";
import { type ListedIds, listedIds } from "./listed-codes.js";
import { invalid } from "./parameters.js";
import { refuse } from "./problem.js";
import { canonicalId } from "./routing.js";
import { settings } from "../settings.js";
import type { Call } from "../types.js";
import { MOST_JSON_BYTES, mediaType, refuseBody, whole } from "./upload.js";

/** A request whose body the worker has put together, if it lists everybody. */
export interface Passed {
  request: Request;
  isEverybody: boolean;
}

/** The request for a job of everybody; undefined where it is for a list of its own. */
export async function everybodyInJob(call: Call, programId: string): Promise<Passed | undefined> {
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
export async function everybodyInCall(call: Call, programId: string): Promise<Passed> {
  const { request } = call;
  const same = (body: BodyInit | null) => ({
    request: new Request(request.url, { method: request.method, headers: request.headers, body }),
    isEverybody: false,
  });
  if (mediaType(request) !== "application/json") return same(request.body);
  const bytes = await whole(request, MOST_JSON_BYTES);
  return isEmptyObject(bytes) ? everybody(call, programId) : same(bytes);
}

/** `{}`, and nothing that could be meant otherwise: `null` is a list that went missing. */
function isEmptyObject(bytes: Uint8Array): boolean {
  return bytes.length < 64 && /^\s*\{\s*\}\s*$/.test(new TextDecoder().decode(bytes));
}

/**
 * Every code of the program that is not cancelled, a line each. The list is read
 * to its end first, at 17 bytes a code: a body that breaks off on its way to an
 * object is a shorter body there, and would be a job of fewer codes.
 */
async function everybody({ request, env }: Call, programId: string): Promise<Passed> {
  if (!settings().allowDistributeAll) {
    throw refuse(
      403,
      "distribute_all_refused",
      "This worker does not distribute to everybody",
      "List the codes, or set `allowDistributeAll` where the worker is created.",
    );
  }
  const pages: ListedIds[] = [];
  for await (const page of listedIds(env, programId)) pages.push(page);
  const headers = new Headers(request.headers);
  headers.set("Content-Type", "text/plain");
  headers.delete("Content-Length");
  const init = { method: "POST", headers, body: linesOf(pages), duplex: "half" };
  return { request: new Request(request.url, init), isEverybody: true };
}

/** Those that are not cancelled. */
function linesOf(pages: readonly ListedIds[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const page = pages[next++];
      if (page === undefined) {
        controller.close();
        return;
      }
      let lines = "";
      page.cancelled.forEach((isCancelled, index) => {
        if (isCancelled === 0) lines += `${hexOf(page.ids, index * 16)}\n`;
      });
      controller.enqueue(encoder.encode(lines));
    },
  });
}
