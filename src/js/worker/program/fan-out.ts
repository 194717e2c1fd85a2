/**
 * One call of each of many programs' objects. An invocation may make only so many
 * calls: it makes these, and the objects that it calls make the others.
 */
import { inParallel } from "../parallel.js";
import type { ProgramCall, Task, TaskResults } from "../objects.js";
import { settings } from "../settings.js";
import type { Stubs } from "../stubs.js";

/** What an invocation has to call besides. */
const RESERVE = 8;
/** With fewer, calls would lead to calls more often than the platform allows. */
const LEAST_WIDTH = 4;

/**
 * Calls all these programs; gives what they gave, in the same order. After one that
 * gives a `problem`, no further one is called: then there are fewer results.
 * @param fanOuts how many of these one invocation makes
 */
export async function callPrograms<T extends Task>(
  stubs: Stubs,
  task: T,
  calls: readonly ProgramCall<T>[],
  fanOuts: number,
): Promise<TaskResults[T][]> {
  const width = Math.max(LEAST_WIDTH, Math.floor((settings().subrequests - RESERVE) / fanOuts));
  const size = Math.ceil(calls.length / width);
  const portions: ProgramCall<T>[][] = [];
  for (let from = 0; from < calls.length; from += size) {
    portions.push(calls.slice(from, from + size));
  }
  let hasProblem = false;
  const results = await inParallel(portions, async (portion) => {
    const [first] = portion;
    if (hasProblem || first === undefined) return [];
    const given = await stubs.program(first.programId).passOn(task, portion);
    hasProblem ||= given.some(isProblem);
    return given;
  });
  return results.flat();
}

/** Whether a program's object has refused what was asked of it. */
export function isProblem<R>(result: R): result is R & { problem: unknown } {
  return typeof result === "object" && result !== null && "problem" in result;
}
