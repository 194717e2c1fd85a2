/** The package's worker, with the options that a test wants. */
import { env } from "cloudflare:workers";
import { VoucherProgram as Program, createWorker } from "uber-vouchers/worker";

export { VoucherApp } from "uber-vouchers/worker";

/** Its answers tell which object in memory gave them, so that a test sees when that is another. */
export class VoucherProgram extends Program {
  instance = crypto.randomUUID();

  /** @override @param {Request} request */
  async fetch(request) {
    const answer = await super.fetch?.(request);
    if (answer.status !== 101) answer.headers.set("X-Instance", this.instance);
    return answer;
  }
}

export default createWorker(/** @type {any} */ (env)["OPTIONS"] ?? {});
