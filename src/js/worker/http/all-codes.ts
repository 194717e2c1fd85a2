/**
 * A job of every code: the codes are listed explicitly, and never sent as Uber's empty
 * list. The worker reads Uber's list and streams it to the program's object like an
 * upload, so that the object never holds it in memory.
 */
import { hexOf } from "../../codes/code-list.js";
import { type JobRequest, requiredKeyOf } from "./job-request.js";
import { type ListedIds, listedIds } from "../listed-codes.js";
import type { ListText } from "../lists.js";
import { invalid } from "./parse-parameters.js";
import { refuse } from "../problem.js";
import { refuseBody } from "./request-body.js";
import { canonicalId } from "./routing.js";
import { settings } from "../settings.js";
import type { Call, WorkerEnv } from "../types.js";

/** The list for a job of every code; undefined if the request has its own list. */
export async function listAllCodesForJob(
  { request, env }: Call,
  programId: string,
  { isAll, isDryRun, confirm }: JobRequest,
): Promise<ListText | undefined> {
  if (!isAll) {
    if (confirm === undefined) return undefined;
    throw invalid("`confirm` is only for `all=true`", "Pass `all=true` too, or leave it out.");
  }
  if (!isDryRun) requiredKeyOf(request);
  await refuseBody(request);
  if (confirm === undefined || canonicalId(confirm) !== canonicalId(programId)) {
    throw refuse(
      400,
      "confirmation_required",
      "Sending every code must be confirmed with the program's id",
      "Pass `confirm=` with the program's id.",
    );
  }
  return listAllCodes(env, programId);
}

/**
 * Every code of the program that is not cancelled, one in each line. The list is read to
 * its end first, at 17 bytes a code: an incomplete list creates nothing.
 */
export async function listAllCodes(env: WorkerEnv, programId: string): Promise<ListText> {
  if (!settings().allowDistributeAll) {
    throw refuse(
      403,
      "distribute_all_refused",
      "This worker does not distribute every code of a program",
      "List the codes, or set `allowDistributeAll` in the options of `createWorker`.",
    );
  }
  const pages: ListedIds[] = [];
  for await (const page of listedIds(env, programId)) pages.push(page);
  return { stream: linesOf(pages), length: null, column: undefined };
}

/** The codes that are not cancelled. */
function linesOf(pages: readonly ListedIds[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    // RPC carries only byte streams.
    type: "bytes",
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
