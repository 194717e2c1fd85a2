/** The package's worker, with the options that a test sets. */
import { env } from "cloudflare:workers";
import { VoucherProgram as Published, createWorker } from "uber-vouchers/worker";

export { VoucherApp } from "uber-vouchers/worker";

/** The methods that its objects call on each other are not in its types. @type {any} */
const Program = Published;
/** A route of one program. */
const OF_PROGRAM = /^\/api\/programs\/([^/]+)\//;
/** Replacements for results of the account's object. @type {Record<string, unknown>} */
const GOES_ON = { continueGroup: async () => true };
const never = () => new Promise((resolve) => setTimeout(resolve, 24 * 60 * 60 * 1000));

/**
 * The `source` of an upload for several programs says where it is interrupted: `stuck` and a
 * program, whose job is never created; `late` and a program, whose job is created with the next
 * request that has `X-Test: late`, and not before; `untold`: no program is notified that all jobs
 * are created. With `at` and a time, that is when all of its jobs were created.
 *
 * `X-Test: creating` leaves behind a job whose list is not stored completely, and `X-Test: expire`
 * with the id of a job ends its retention. `X-Test: memory` returns which object is in memory, and
 * `X-Test: lost` with the name of a binding makes its objects unreachable.
 */
export class VoucherProgram extends Program {
  instance = crypto.randomUUID();
  /** @type {unknown} */
  late;

  /** @param {{ source: string | null, programId: string }} order */
  async createHeld(order) {
    const { source, programId } = order;
    if (source === `stuck ${programId}`) await never();
    if (source?.startsWith("at ")) return this.#createdAt(order, Number(source.slice(3)));
    if (source !== `late ${programId}`) return super.createHeld(order);
    this.late = order;
    throw new Error("The connection broke off");
  }

  /** As if the upload had been undone right after the question whether to continue. */
  async #holdLate() {
    const { parts } = /** @type {any} */ (this);
    const { stubs } = parts;
    parts.stubs = {
      ...stubs,
      app: () => new Proxy(stubs.app(), { get: (app, name) => GOES_ON[String(name)] ?? app[name] }),
    };
    try {
      await super.createHeld(this.late);
    } finally {
      parts.stubs = stubs;
    }
  }

  /** @param {object} order @param {number} time */
  async #createdAt(order, time) {
    const { records } = /** @type {any} */ (this).parts;
    const held = await super.createHeld(order);
    const record = records.byId(held.summary.id);
    record.summary.createdAt = time;
    records.save(record);
    return held;
  }

  /** @param {string} jobId */
  async summary(jobId) {
    const { records } = /** @type {any} */ (this).parts;
    if (records.byId(jobId)?.summary.source === "untold") await never();
    return super.summary(jobId);
  }

  /** The commands of `X-Test`. @param {string} what @param {string} jobId */
  async test(what, jobId) {
    const { parts } = /** @type {any} */ (this);
    if (what === "late") await this.#holdLate();
    if (what === "expire") await parts.expiry.archive(parts.records.byId(jobId));
    if (what === "memory") return this.instance;
    if (what !== "creating") return undefined;
    parts.tables.create();
    const about = { programId: "", by: "", source: null, group: null, duplicates: 0 };
    const record = { key: null, digest: "", isCall: false, ...about };
    return parts.records.add(record, Date.now()).summary;
  }
}

const { notify, ...options } = /** @type {any} */ (env)["OPTIONS"] ?? {};
const worker = createWorker({
  ...options,
  // Notices are sent to an address that a test names.
  ...(notify && {
    onEvent: async (/** @type {object} */ event) => {
      await fetch(notify, { method: "POST", body: JSON.stringify(event) });
    },
  }),
});

/** Objects of a class that can't be reached. */
const unreachable = {
  idFromName: () => undefined,
  get: () =>
    new Proxy({}, { get: () => () => Promise.reject(new Error("Network connection lost.")) }),
};

export default {
  /** @param {Request} request @param {any} env @param {any} context */
  async fetch(request, env, context) {
    const [what = "", name = ""] = (request.headers.get("X-Test") ?? "").split(" ");
    if (what === "lost") return worker.fetch(request, { ...env, [name]: unreachable }, context);
    if (what === "") return worker.fetch(request, env, context);
    const [, programId = ""] = OF_PROGRAM.exec(new URL(request.url).pathname) ?? [];
    const { VOUCHER_PROGRAM: programs } = env;
    const done = await programs.get(programs.idFromName(programId)).test(what, name);
    return done === undefined ? worker.fetch(request, env, context) : Response.json(done);
  },
};
