/** Checks the lists of many programs with the worker, several programs in each request. */
import { tryOut, tryOutSeveral } from "../server/jobs.js";
import type { DryRun } from "../server/types.js";
import { type Codes, linesByProgram, linesOf } from "./lines.js";

/** The worker compares about fifty programs a second, so a response takes a few seconds. */
const MAX_PROGRAMS = 100;
/** A list with more codes is checked in a request of its own. */
const MAX_CODES = 50_000;
/** For this many programs with foreign codes, the worker looks up which program has the codes. */
const MAX_NAMED = 3;

export type Answer = Omit<DryRun, "rejected">;
export type Answers = (readonly [programId: string, answer: Answer])[];

type Programs = ReadonlyMap<string, Codes>;

/** The answers, request after request. */
export async function* askPrograms(
  programs: Programs,
  signal: AbortSignal,
): AsyncGenerator<Answers> {
  let named = 0;
  for (const portion of portionsOf(programs)) {
    signal.throwIfAborted();
    const results =
      portion.size === 1 ? [] : await tryOutSeveral(await linesByProgram(portion), signal);
    const known = new Map(results.map((result) => [result.programId, result]));
    const all: Answers = [];
    for (const [programId, list] of portion) {
      let reply: Answer | undefined = known.get(programId);
      const isForeign = reply !== undefined && reply.foreign > 0 && named < MAX_NAMED;
      if (isForeign) named += 1;
      // In a request of its own, the worker also looks up which programs have the foreign codes.
      if (reply === undefined || isForeign)
        reply = await tryOut(programId, await linesOf(list), signal);
      all.push([programId, reply]);
    }
    yield all;
  }
}

function* portionsOf(programs: Programs): Generator<Programs> {
  let portion = new Map<string, Codes>();
  let codes = 0;
  for (const [programId, list] of programs) {
    const isFull = portion.size === MAX_PROGRAMS || codes + list.size > MAX_CODES;
    if (isFull && portion.size > 0) {
      yield portion;
      portion = new Map<string, Codes>();
      codes = 0;
    }
    portion.set(programId, list);
    codes += list.size;
  }
  if (portion.size > 0) yield portion;
}
