/** Bulk Distribution, for the client in the page. */
import { VoucherError } from "uber-vouchers";

import type { Call } from "./env.js";
import { readJson, refuseOtherOrigins } from "./guard.js";
import { distributeProblem, refused } from "./problem.js";
import { ONCE, uber } from "./uber.js";

export async function distribute(call: Call, program: string): Promise<Response> {
  const foreign = refuseOtherOrigins(call);
  if (foreign) return foreign;
  const body = await readJson(call.request);
  if ("refusal" in body) return body.refusal;
  const codes = codesOf(body.json);
  if (codes instanceof Response) return codes;

  const sending = send(call, program, codes);
  // A page that goes away ends its request; the call it began goes on to its
  // answer, so that the log knows what became of it.
  call.context.waitUntil(sending);
  return sending;
}

/** The list in the body. Whatever could mean "everybody" at Uber ends here. */
function codesOf(json: unknown): string[] | Response {
  const codes = isObject(json) ? json["codes"] : json;
  if (codes === undefined || codes === null) {
    return refused(
      403,
      "everybody_refused",
      "Without a list of codes, Uber sends every code of the program",
      "List the codes. This worker never distributes to everybody.",
    );
  }
  if (!Array.isArray(codes) || !isObject(json)) {
    return refused(
      400,
      "invalid_json",
      "The body holds no list of codes",
      'Send {"codes": ["…"]}.',
    );
  }
  if (codes.length === 0) {
    return refused(
      400,
      "empty_codes",
      "The list of codes is empty: Uber would send every code of the program",
      "List at least one code.",
    );
  }
  return codes;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function send(call: Call, program: string, codes: string[]): Promise<Response> {
  const began = Date.now();
  const log = (outcome: Record<string, unknown>) =>
    console.log(
      JSON.stringify({ event: "distribute", program, ...outcome, ms: Date.now() - began }),
    );
  try {
    const receipt = await uber(call.env).distribute(program, codes, ONCE);
    log({ codes: receipt.codes, state: "queued" });
    return Response.json({ codes: receipt.codes }, { headers: receipt.headers });
  } catch (error) {
    const known = error instanceof VoucherError;
    log({
      codes: codes.length,
      error: known ? error.code : "internal",
      queued: known ? error.queued : "unknown",
    });
    return distributeProblem(error);
  }
}
