/** The objects behind the worker, and what they do for one another. */
import { canonicalId } from "../codes/canonical-id.js";
import { isRefused } from "../http/own-fetch.workerd.js";
import type { Budget } from "./program/budget.js";
import { refuse } from "./problem.js";
import type { AppApi, ProgramApi } from "./objects.js";
import type { WorkerEnv } from "./types.js";

export interface Stubs {
  app(): AppApi;
  /** Keeps the events of all programs. */
  events(): AppApi;
  program(programId: string): ProgramApi;
}

const APP = "app";
const EVENTS = "events";

/**
 * Calls on these are calls of the platform's (RPC): what they give is a copy. One
 * is for one call, and counted in the budget.
 */
export function stubs(env: WorkerEnv, budget?: Budget): Stubs {
  const { VOUCHER_APP: apps, VOUCHER_PROGRAM: programs } = env;
  const ofApp = (name: string) =>
    reachable(() => apps.get(apps.idFromName(name)) as AppApi, budget);
  return {
    app: () => ofApp(APP),
    events: () => ofApp(EVENTS),
    program: (programId) =>
      reachable(
        () => programs.get(programs.idFromName(canonicalId(programId))) as ProgramApi,
        budget,
      ),
  };
}

/** The same stub, whose calls fail with a 503 where the object can't be reached. */
function reachable<T extends object>(get: () => T, budget: Budget | undefined): T {
  return new Proxy({} as T, {
    get: (_target, name) => {
      // No promise, whoever waits for it.
      if (name === "then") return undefined;
      return async (...values: unknown[]) => {
        budget?.countInside();
        try {
          const stub = get() as Record<PropertyKey, (...values: unknown[]) => unknown>;
          return await stub[name]?.(...values);
        } catch (error) {
          // What the object itself has thrown is a fault of ours, and marked so by the platform.
          const { remote } = Object(error) as { remote?: unknown };
          if (remote === true || isRefused(error)) throw error;
          throw unreachable();
        }
      };
    },
  });
}

export const UNREACHABLE = "object_unreachable";

const unreachable = () =>
  refuse(
    503,
    UNREACHABLE,
    "A part of the worker can't be reached",
    "Try again in a moment. If it stays so, see the platform's status.",
    { headers: { "Retry-After": "5" } },
  );
