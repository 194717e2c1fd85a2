/** The objects behind the worker, and what they do for one another. */
import type { AppObject } from "./app.js";
import type { Budget } from "./budget.js";
import type { ProgramObject } from "./program.js";
import { canonicalId } from "./routing.js";
import type { WorkerEnv } from "./types.js";

export interface Stubs {
  app(): AppObject;
  program(programId: string): ProgramObject;
}

const APP = "app";

/**
 * Calls on these are calls of the platform's (RPC): what they give is a copy. One
 * is for one call, and counted in the budget.
 */
export function stubs(env: WorkerEnv, budget?: Budget): Stubs {
  const { VOUCHER_APP: apps, VOUCHER_PROGRAM: programs } = env;
  return {
    app: () => {
      budget?.countInside();
      return apps.get(apps.idFromName(APP)) as AppObject;
    },
    program: (programId) => {
      budget?.countInside();
      return programs.get(programs.idFromName(canonicalId(programId))) as ProgramObject;
    },
  };
}
