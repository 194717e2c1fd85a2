/** Calls of a program's object, and the answers to what it gives. */
import type { ProgramApi, RpcResult } from "../objects.js";
import { Refusal, answer } from "../problem.js";
import { UNREACHABLE, stubs } from "../stubs.js";
import type { Call } from "../types.js";

/** Calls a method of the object, and answers with what it gives. */
export function callProgram<T>(
  call: Call,
  programId: string,
  method: (program: ProgramApi) => Promise<RpcResult<T>>,
  respond: (value: T) => Response = (value) => Response.json(value),
): Promise<Response> {
  return withDoubt(call, async () => {
    const result = await method(stubs(call.env).program(programId));
    return "problem" in result ? answer(result.problem) : respond(result.value);
  });
}

/** The call may have reached the object, where only what it gave is lost. */
async function withDoubt({ request }: Call, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const isLost = error instanceof Refusal && error.problem.code === UNREACHABLE;
    if (!isLost || request.method === "GET") throw error;
    return answer({ ...error.problem, queued: "unknown" });
  }
}
