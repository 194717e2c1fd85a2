/**
 * The console's worker: the package's worker, plus the routes of the sandbox panel if
 * the sandbox replaces Uber.
 */
import { env as variables } from "cloudflare:workers";
import { type WorkerEnv, type WorkerOptions, createWorker } from "uber-vouchers/worker";

import { sandboxPanel } from "./sandbox-panel.js";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

const worker = createWorker({ allowDistributeAll: true, ...trial() });

/** If the sandbox replaces Uber, waits are shorter than with real people. */
function trial(): WorkerOptions {
  const { SETTLE_MINUTES, START_DELAY_SECONDS, APPROVAL_ABOVE } = variables;
  return {
    ...(SETTLE_MINUTES && { settleMinutes: Number(SETTLE_MINUTES) }),
    ...(START_DELAY_SECONDS && { startDelaySeconds: Number(START_DELAY_SECONDS) }),
    ...(APPROVAL_ABOVE && { approval: { above: Number(APPROVAL_ABOVE) } }),
  };
}

export default {
  ...worker,
  async fetch(request: Request, env: WorkerEnv, context: unknown): Promise<Response> {
    const serve = (passed: Request): Promise<Response> => worker.fetch(passed, env, context);
    return (await sandboxPanel(request, env, serve)) ?? serve(request);
  },
};
