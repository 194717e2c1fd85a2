/** Uber's own distribute call, of a client in a page: its list is read here, and the program's object sends it. */
import { VoucherError } from "../../errors.js";
import { listAllCodes } from "./all-codes.js";
import { CALL_PARAMETERS, keyOf } from "./job-request.js";
import { type ListInput, partsOf } from "../lists.js";
import type { CallOrder } from "../objects.js";
import type { Operator } from "./operator.js";
import { readParameters } from "./parse-parameters.js";
import { problemResponse, distributeProblem } from "../problem.js";
import { callProgram } from "./program-call.js";
import { MAX_JSON_BYTES, listIn, parseJson, readJsonBytes } from "./request-body.js";
import { canonicalId } from "./routing.js";
import type { Call } from "../types.js";

export async function distribute(
  call: Call,
  program: string,
  { name: by }: Operator,
): Promise<Response> {
  const { request, url, env } = call;
  const programId = canonicalId(program);
  try {
    const asked = readParameters(url, CALL_PARAMETERS);
    const key = keyOf(request);
    const bytes = await readJsonBytes(request, MAX_JSON_BYTES);
    if (isEmptyObject(bytes)) {
      const order = { programId, key, by, flags: asked, isEverybody: true };
      return await send(call, order, await listAllCodes(env, program));
    }
    const { list, flags } = await listIn(parseJson(bytes), asked);
    const order = { programId, key, by, flags, isEverybody: false };
    return await send(call, order, partsOf(list));
  } catch (error) {
    // The caller takes a 5xx to mean unknown.
    if (error instanceof VoucherError) return problemResponse(distributeProblem(error));
    throw error;
  }
}

const send = (call: Call, order: CallOrder, list: ListInput) =>
  callProgram(call, order.programId, (program) => program.distribute(order, list));

/** Only `{}` counts: `null` may be a list that got lost. */
function isEmptyObject(bytes: Uint8Array): boolean {
  return bytes.length < 64 && /^\s*\{\s*\}\s*$/.test(new TextDecoder().decode(bytes));
}
