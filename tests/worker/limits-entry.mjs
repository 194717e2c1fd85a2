/**
 * The package's worker, where the platform refuses what a test sets: more than a number
 * of requests per invocation, alarms, storage. Locally, workerd enforces none of this.
 *
 * `POST /_limits` sets what is refused, `GET /_limits` returns what was requested.
 */
import { env } from "cloudflare:workers";
import {
  VoucherApp as PublishedApp,
  VoucherProgram as PublishedProgram,
  createWorker,
} from "uber-vouchers/worker";

const TOO_MANY =
  "by single Worker invocation. To configure this limit, refer to https://developers.cloudflare.com/workers/wrangler/configuration/#limits";
const LARGEST_VALUE = 2_000_000;
const LONGEST_STATEMENT = 100_000;
const MAX_KEYS = 128;
const NO_ROWS = "Exceeded allowed rows written in Durable Objects free tier.";

/**
 * What is refused: `outside` and `inside` are how many requests one invocation may send
 * to Uber and to other objects, `inAll` both together; `refuse` names the methods of
 * storage that fail, of the `program` and the `app`. `LIMITS` applies from the start.
 */
const limits = {
  outside: Infinity,
  inside: Infinity,
  inAll: Infinity,
  /** @type {{ program: string[], app: string[] }} */
  refuse: { program: [], app: [] },
  /** Whose alarms are lost: those of the `program` or the `app`. @type {string[]} */
  lost: [],
  /** How far the clock is ahead. */
  aheadMs: 0,
  .../** @type {any} */ (env)["LIMITS"],
};

const now = Date.now.bind(Date);
Date.now = () => now() + limits.aheadMs;

const newSeen = () => ({
  alarms: { program: 0, app: 0 },
  /** Alarms that failed, so that the platform repeats them. */
  failedAlarms: 0,
  /** The most requests of one invocation, by kind of invocation. @type {Record<string, number>} */
  most: {},
  /** The most of them that were under way at a time. */
  atOnce: 0,
  refused: 0,
});
let seen = newSeen();

/** The requests of one invocation. @param {string} who */
function invocation(who) {
  let [outside, inside, underWay] = [0, 0, 0];
  const note = () => {
    seen.most[who] = Math.max(seen.most[who] ?? 0, outside + inside);
  };
  /** @param {string} what */
  const refuse = (what) => {
    seen.refused += 1;
    throw new Error(`Too many ${what} ${TOO_MANY}`);
  };
  return {
    /** @template T @param {Promise<T>} work @returns {Promise<T>} */
    async within(work) {
      underWay += 1;
      seen.atOnce = Math.max(seen.atOnce, underWay);
      try {
        return await work;
      } finally {
        underWay -= 1;
      }
    },
    renew: () => void ([outside, inside] = [0, 0]),
    outside() {
      outside += 1;
      if (outside > limits.outside || outside + inside > limits.inAll) refuse("subrequests");
      note();
    },
    inside() {
      inside += 1;
      if (inside > limits.inside || outside + inside > limits.inAll) refuse("API requests");
      note();
    },
  };
}

/** @typedef {ReturnType<typeof invocation>} Invocation */

/** The other objects; each call is counted. @param {any} env @param {Invocation} counts */
function counted(env, counts) {
  /** @param {any} objects */
  const wrap = (objects) => ({
    idFromName: (/** @type {string} */ name) => objects.idFromName(name),
    get: (/** @type {unknown} */ id) => {
      const stub = objects.get(id);
      return new Proxy(stub, {
        get(_, name) {
          if (typeof name !== "string" || name === "then") return stub[name];
          return async (/** @type {unknown[]} */ ...values) => {
            counts.inside();
            return counts.within(stub[name](...values));
          };
        },
      });
    },
  });
  return {
    ...env,
    VOUCHER_APP: wrap(env.VOUCHER_APP),
    VOUCHER_PROGRAM: wrap(env.VOUCHER_PROGRAM),
    UBER: {
      fetch: async (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
        counts.outside();
        return counts.within(fetch(url, init));
      },
    },
  };
}

/** Storage that refuses what the test sets. @param {any} storage @param {"program" | "app"} kind */
function refusing(storage, kind) {
  /** @param {string} name */
  const check = (name) => {
    if (limits.refuse[kind].includes(name)) throw new Error(NO_ROWS);
  };
  // Limits that stay in place.
  const checkSizes = (/** @type {unknown[]} */ values) => {
    for (const value of values) {
      const { byteLength = 0, length = byteLength } = /** @type {any} */ (value ?? 0);
      if (length > LARGEST_VALUE) throw new Error("string or blob too big: SQLITE_TOOBIG");
    }
  };
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  sql.exec = (/** @type {unknown[]} */ ...values) => {
    if (String(values[0]).length > LONGEST_STATEMENT) throw new Error("statement too long");
    checkSizes(values);
    check("sql");
    if (!/^\s*SELECT/i.test(String(values[0]))) check("writes");
    return exec(...values);
  };
  for (const name of ["put", "list", "delete", "setAlarm", "getAlarm"]) {
    const method = storage[name].bind(storage);
    storage[name] = async (/** @type {unknown[]} */ ...values) => {
      check(name);
      if (["put", "delete"].includes(name)) check("writes");
      if (name === "put" && typeof values[0] === "object") {
        const entries = Object.values(/** @type {object} */ (values[0]));
        if (entries.length > MAX_KEYS) throw new Error("too many keys");
        checkSizes(entries);
      }
      return method(...values);
    };
  }
}

/** The methods with which an invocation begins. */
const CALLED = {
  program: [
    ...["createJob", "distribute", "dryRun", "jobs", "job", "results", "resultsCsv", "journal"],
    ...[
      "pause",
      "start",
      "resume",
      "abandon",
      "cancel",
      "approve",
      "rename",
      "resolve",
      "drop",
      "reconcile",
      "fetch",
    ],
    ...["hasCodes", "searchCodes", "selectCodes", "usedCodes", "locate"],
    ...["webhook", "createHeld", "fanOut", "summary", "setPaused", "restartSilent", "resumeHalted"],
  ],
  app: ["resumeHalted"],
};

/** @param {any} Published @param {"program" | "app"} kind */
function limited(Published, kind) {
  const Limited = class extends Published {
    /** @param {any} ctx @param {any} env */
    constructor(ctx, env) {
      const counts = invocation(kind);
      refusing(ctx.storage, kind);
      super(ctx, counted(env, counts));
      const object = /** @type {any} */ (this);
      object.counts = counts;
      object.isAlarm = false;
    }

    async alarm() {
      const object = /** @type {any} */ (this);
      seen.alarms[kind] += 1;
      if (limits.lost.includes(kind)) return;
      object.counts.renew();
      object.isAlarm = true;
      try {
        await super.alarm();
      } catch (error) {
        seen.failedAlarms += 1;
        throw error;
      } finally {
        object.isAlarm = false;
      }
    }

    /** Runs the alarm at once. */
    async ring() {
      await this.alarm();
    }

    /** Evicts this object, and nothing else. */
    async leave() {
      /** @type {any} */ (this).ctx.abort("It leaves memory");
    }
  };
  // Other objects can call only methods of a class. Calls while the alarm runs count as a part of
  // it.
  for (const name of CALLED[kind]) {
    const method = Published.prototype[name];
    /** @this {any} */
    Limited.prototype[name] = function (/** @type {unknown[]} */ ...values) {
      if (!this.isAlarm) this.counts.renew();
      return method.apply(this, values);
    };
  }
  return Limited;
}

export const VoucherProgram = limited(PublishedProgram, "program");
export const VoucherApp = limited(PublishedApp, "app");

const worker = createWorker(/** @type {any} */ (env)["OPTIONS"] ?? {});

export default {
  /** @param {Request} request @param {any} env @param {any} context */
  async fetch(request, env, context) {
    if (!request.url.endsWith("/_limits")) {
      return worker.fetch(request, counted(env, invocation("worker")), context);
    }
    if (request.method === "POST") {
      const { alarm, cron, leave, ...others } = /** @type {any} */ (await request.json());
      Object.assign(limits, others);
      seen = newSeen();
      if (alarm) await env.VOUCHER_APP.get(env.VOUCHER_APP.idFromName("app")).ring();
      if (leave)
        await env.VOUCHER_APP.get(env.VOUCHER_APP.idFromName("app"))
          .leave()
          .catch(() => {});
      if (cron) await worker.scheduled({}, env, context);
    }
    return Response.json(seen);
  },
};
