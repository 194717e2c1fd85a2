/** The package's worker, with the options that a test wants. */
import { env } from "cloudflare:workers";
import { VoucherProgram as Published, createWorker } from "uber-vouchers/worker";

export { VoucherApp } from "uber-vouchers/worker";

/** What its objects do for one another is not in its types. @type {any} */
const Program = Published;
const never = () => new Promise((resolve) => setTimeout(resolve, 24 * 60 * 60 * 1000));

/**
 * Its answers tell which object in memory gave them, so that a test sees when that is another.
 *
 * An upload that spans programs says by its `source` where it breaks off: `stuck` and a program, whose
 * job is never created; `late` and a program, whose job is created with the next request that says `X-Test: late`,
 * and not before; `untold`, of which no program is told that all jobs are created. With `at` and a time, that is when all
 * of its jobs were created.
 *
 * `X-Test: creating` leaves a job behind whose list is not written down yet, and `X-Test: expire` with
 * the id of a job ends its retention. `X-Test: lost` and the name of a binding cuts the objects off.
 */
export class VoucherProgram extends Program {
  instance = crypto.randomUUID();
  /** @type {unknown} */
  late;

  /** @param {{ source: string | null, programId: string }} order */
  async hold(order) {
    const { source, programId } = order;
    if (source === `stuck ${programId}`) await never();
    if (source?.startsWith("at ")) return this.#createdAt(order, Number(source.slice(3)));
    if (source !== `late ${programId}`) return super.hold(order);
    this.late = order;
    throw new Error("The connection broke off");
  }

  /** @param {object} order @param {number} time */
  async #createdAt(order, time) {
    const { records } = /** @type {any} */ (this);
    const held = await super.hold(order);
    const record = records.byId(held.summary.id);
    record.summary.createdAt = time;
    records.save(record);
    return held;
  }

  /** @param {string} jobId */
  async summary(jobId) {
    const { records } = /** @type {any} */ (this);
    if (records.byId(jobId)?.summary.source === "untold") await never();
    return super.summary(jobId);
  }

  /** @param {Request} request */
  async fetch(request) {
    const [what, jobId = ""] = (request.headers.get("X-Test") ?? "").split(" ");
    const { records } = /** @type {any} */ (this);
    if (what === "late") await super.hold(this.late);
    if (what === "expire") await super.fold(records.byId(jobId));
    if (what === "creating") {
      const about = { programId: "", by: "", source: null, group: null, duplicates: 0 };
      const record = { key: null, digest: "", isCall: false, ...about };
      return Response.json(records.add(record, Date.now()).summary);
    }
    const answer = await super.fetch(request);
    if (answer.status !== 101) answer.headers.set("X-Instance", this.instance);
    return answer;
  }
}

const worker = createWorker(/** @type {any} */ (env)["OPTIONS"] ?? {});

/** The objects of a class that can't be reached. */
const unreachable = {
  idFromName: () => undefined,
  get: () =>
    new Proxy({}, { get: () => () => Promise.reject(new Error("Network connection lost.")) }),
};

export default {
  /** @param {Request} request @param {any} env @param {any} context */
  fetch(request, env, context) {
    const [what, name = ""] = (request.headers.get("X-Test") ?? "").split(" ");
    return worker.fetch(request, what === "lost" ? { ...env, [name]: unreachable } : env, context);
  },
};
