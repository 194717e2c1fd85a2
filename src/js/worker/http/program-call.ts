/** Calls of a program's object, and the responses made of their results. */
import type { ProgramApi, RpcResult } from "../objects.js";
import { Refusal, problemResponse } from "../problem.js";
import { UNREACHABLE, stubs } from "../stubs.js";
import type { Call } from "../types.js";

/** Calls a method of the object, and makes a response of its result. */
export function callProgram<T>(
  call: Call,
  programId: string,
  method: (program: ProgramApi) => Promise<RpcResult<T>>,
  respond: (value: T) => Response = (value) => Response.json(value),
): Promise<Response> {
  return withDoubt(call, async () => {
    const result = await method(stubs(call.env).program(programId));
    return "problem" in result ? problemResponse(result.problem) : respond(result.value);
  });
}

/** The call may have reached the object, and only its result was lost. */
async function withDoubt({ request }: Call, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const isLost = error instanceof Refusal && error.problem.code === UNREACHABLE;
    if (!isLost || request.method === "GET") throw error;
    return problemResponse({ ...error.problem, queued: "unknown" });
  }
}
