/** `/api/programs/{program}/codes`: Uber's list, and what is known here of each code. */
import type { CodeState } from "../../job/types.js";
import type { VoucherCode } from "../../types.js";
import { idsOfCodes } from "../code-ids.js";
import { jobAt, stateAt } from "../program/jobs/code-states.js";
import { type ListedIds, listedCodes, listedIds } from "../listed-codes.js";
import { flag, readParameters } from "./parse-parameters.js";
import type { ProgramApi } from "../objects.js";
import { canonicalId } from "./routing.js";
import { stubs } from "../stubs.js";
import type { Call } from "../types.js";

const PARAMETERS = { usage: flag, summary: flag };
/** How many codes are counted at a time: 17 bytes each, and one call of the program's object. */
const COUNTED_AT_ONCE = 65_536;
/** How many codes are shown at a time: more of them at once would take much more memory. */
const SHOWN_AT_ONCE = 2_048;

export async function programCodes(call: Call, programId: string): Promise<Response> {
  const { usage = false, summary = false } = readParameters(call.url, PARAMETERS);
  const program = stubs(call.env).program(programId);
  const id = canonicalId(programId);
  if (summary) {
    const counts = await summaryOf(listedIds(call.env, programId), program);
    return Response.json({ programId: id, ...counts });
  }
  const pages = rowsOf(listedCodes(call.env, programId, usage), program);
  // A failure at the start is returned as an error.
  const first = await pages.next();
  return new Response(streamOf(id, first, pages), {
    headers: { "Content-Type": "application/json" },
  });
}

/** How many codes there are, and what is known of those that are not cancelled. */
async function summaryOf(pages: AsyncIterable<ListedIds>, program: ProgramApi) {
  const states: Partial<Record<CodeState | "none", number>> = {};
  const ids = new Uint8Array(COUNTED_AT_ONCE * 16);
  const cancelled = new Uint8Array(COUNTED_AT_ONCE);
  let [total, canceled, filled] = [0, 0, 0];
  const count = async () => {
    const known = await program.codeStates(ids.slice(0, filled * 16));
    for (let index = 0; index < filled; index += 1) {
      const state = stateAt(known, index) ?? "none";
      if (cancelled[index] === 0) states[state] = (states[state] ?? 0) + 1;
      else canceled += 1;
    }
    total += filled;
    filled = 0;
  };
  for await (const page of pages) {
    for (let from = 0; from < page.length;) {
      const until = Math.min(page.length, from + COUNTED_AT_ONCE - filled);
      ids.set(page.ids.subarray(from * 16, until * 16), filled * 16);
      cancelled.set(page.cancelled.subarray(from, until), filled);
      filled += until - from;
      from = until;
      if (filled === COUNTED_AT_ONCE) await count();
    }
  }
  if (filled > 0) await count();
  return { total, canceled, states };
}

/** A row for each code. */
async function* rowsOf(
  pages: AsyncIterable<VoucherCode[]>,
  program: ProgramApi,
): AsyncGenerator<string, void, void> {
  for await (const codes of bundlesOf(pages)) {
    const known = await program.codeStates(idsOfCodes(codes.map(({ codeId }) => codeId)));
    const rows = codes.map((code, index) =>
      JSON.stringify({ ...shown(code), state: stateAt(known, index), job: jobAt(known, index) }),
    );
    yield rows.join(",");
  }
}

/** Several pages at a time: each question to the program's object reads the states of whole jobs. */
async function* bundlesOf(
  pages: AsyncIterable<VoucherCode[]>,
): AsyncGenerator<VoucherCode[], void, void> {
  let bundle: VoucherCode[] = [];
  for await (const page of pages) {
    bundle.push(...page);
    if (bundle.length < SHOWN_AT_ONCE) continue;
    yield bundle;
    bundle = [];
  }
  if (bundle.length > 0) yield bundle;
}

function streamOf(
  programId: string,
  first: IteratorResult<string, void>,
  pages: AsyncGenerator<string, void, void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<string, void> | undefined = first;
  let separator = "";
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`{"programId":${JSON.stringify(programId)},"codes":[`));
    },
    async pull(controller) {
      const { done, value: rows } = next ?? (await pages.next());
      next = undefined;
      if (done === true) {
        controller.enqueue(encoder.encode("]}"));
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(separator + rows));
      separator = ",";
    },
    async cancel() {
      await pages.return();
    },
  });
}

function shown({ codeId, codeText, usageCount, usageAmount, canceledAt }: VoucherCode) {
  return { code: codeId, codeText, usageCount, usageAmount, canceledAt };
}
