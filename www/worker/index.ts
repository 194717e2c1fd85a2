/**
 * The console's worker: the package's, and beside it what the console shows of
 * the sandbox where that stands in Uber's place.
 */
import { type WorkerEnv, createWorker } from "uber-vouchers/worker";

import { sandboxPanel } from "./sandbox-panel.js";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

const worker = createWorker({ allowDistributeAll: true });

export default {
  ...worker,
  async fetch(request: Request, env: WorkerEnv, context: unknown): Promise<Response> {
    const serve = (passed: Request): Promise<Response> => worker.fetch(passed, env, context);
    return (await sandboxPanel(request, env, serve)) ?? serve(request);
  },
};
