/** Stubs, through which the worker's objects are called. */
import { membersOf } from "../members.js";
import { isFunction } from "../schema.js";
import { canonicalId } from "../codes/canonical-id.js";
import { isRefused } from "../http/own-fetch.workerd.js";
import type { Budget } from "./budget.js";
import { refuse } from "./problem.js";
import type { AppApi, ProgramApi } from "./objects.js";
import type { WorkerEnv } from "./types.js";

export interface Stubs {
  app(): AppApi;
  /** Keeps the events of all programs. */
  events(): AppApi;
  program(programId: string): ProgramApi;
}

/** The objects of one class, whose methods are called. */
interface Namespace<T> {
  idFromName(name: string): unknown;
  get(id: unknown): T;
}

const APP = "app";
const EVENTS = "events";

/**
 * Calls on these are RPC calls, whose results are copies. Each call gets a new stub and
 * counts in the budget.
 */
export function stubs(env: WorkerEnv, budget?: Budget): Stubs {
  const apps: Namespace<AppApi> = env.VOUCHER_APP;
  const programs: Namespace<ProgramApi> = env.VOUCHER_PROGRAM;
  const ofApp = (name: string) => reachable(() => apps.get(apps.idFromName(name)), budget);
  return {
    app: () => ofApp(APP),
    events: () => ofApp(EVENTS),
    program: (programId) =>
      reachable(() => programs.get(programs.idFromName(canonicalId(programId))), budget),
  };
}

/** A stub whose calls fail with a 503 if the object can't be reached. */
function reachable<T extends object>(get: () => T, budget: Budget | undefined): T {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `get` below makes its members.
  return new Proxy({} as T, {
    get: (_target, name) => {
      // Without `then`, so that `await` does not take it for a promise.
      if (name === "then") return undefined;
      return async (...values: unknown[]) => {
        budget?.countInside();
        try {
          const stub = get();
          const method = membersOf(stub)[name];
          return isFunction(method) ? await Reflect.apply(method, stub, values) : undefined;
        } catch (error) {
          // The platform marks errors that the object itself has thrown.
          const { remote } = membersOf(error);
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
    "Try again in a moment. If this persists, see the platform's status.",
    { headers: { "Retry-After": "5" } },
  );
