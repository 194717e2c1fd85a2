/**
 * Calls the objects of many programs. The calls of one invocation are limited, so the
 * called objects make the rest.
 */
import { logError } from "../log.js";
import { inParallel } from "../parallel.js";
import type { ProgramCall, Task, TaskResults } from "../objects.js";
import { settings } from "../settings.js";
import type { Stubs } from "../stubs.js";

/** Calls reserved for other work. */
const RESERVE = 8;
/** With fewer, calls would nest deeper than the platform allows. */
const MIN_FAN_OUT = 4;

/** The result for a program that can't be reached, for tasks that can do without it. */
const LOST: Partial<{ [T in Task]: () => TaskResults[T] }> = { locate: () => null };

/**
 * Calls all these programs, and returns their results in the same order. After a result
 * with a `problem`, no further program is called: then there are fewer results.
 * @param fanOuts how many such calls of many programs one invocation makes
 */
export async function callPrograms<T extends Task>(
  stubs: Stubs,
  task: T,
  calls: readonly ProgramCall<T>[],
  fanOuts: number,
): Promise<TaskResults[T][]> {
  const width = Math.max(MIN_FAN_OUT, Math.floor((settings().subrequests - RESERVE) / fanOuts));
  const size = Math.ceil(calls.length / width);
  const portions: ProgramCall<T>[][] = [];
  for (let from = 0; from < calls.length; from += size) {
    portions.push(calls.slice(from, from + size));
  }
  let hasProblem = false;
  const results = await inParallel(portions, async (portion) => {
    const [first] = portion;
    if (hasProblem || first === undefined) return [];
    const given = await stubs
      .program(first.programId)
      .fanOut(task, portion)
      .catch((error: unknown) => {
        const lost = LOST[task];
        if (lost === undefined) throw error;
        logError("fan out", error);
        return portion.map(lost);
      });
    hasProblem ||= given.some(isProblem);
    return given;
  });
  return results.flat();
}

/** Whether a program's object has refused the call. */
export function isProblem<R>(result: R): result is R & { problem: unknown } {
  return typeof result === "object" && result !== null && "problem" in result;
}
