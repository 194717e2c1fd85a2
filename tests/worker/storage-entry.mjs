/**
 * The package's worker, whose objects also let a test read and change their storage:
 * `POST /_storage` takes the object and the operation.
 */
import { env } from "cloudflare:workers";
import { parseCodes } from "uber-vouchers";
import {
  VoucherApp as PublishedApp,
  VoucherProgram as PublishedProgram,
  createWorker,
} from "uber-vouchers/worker";

/** Tables of the platform's own. */
const FOREIGN = /^(_cf_|sqlite_)/;

/** @param {Uint8Array} bytes */
const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
/** @param {string} text */
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Values as JSON: bytes are `{ base64 }`. @param {unknown} value */
const show = (value) =>
  value instanceof ArrayBuffer
    ? { base64: toText(new Uint8Array(value)) }
    : value instanceof Uint8Array
      ? { base64: toText(value) }
      : value;
/** @param {any} value */
const read = (value) =>
  typeof value === "object" && value !== null ? toBytes(value.base64) : value;

/** Counts reads and writes, as the platform bills them. @param {any} storage */
function countRows(storage) {
  const counts = newCounts();
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  sql.exec = (/** @type {any[]} */ ...values) => {
    const cursor = exec(...values);
    const seen = { read: 0, sql: 0 };
    const count = () => {
      const { rowsRead: read, rowsWritten: written } = cursor;
      counts.read += read - seen.read;
      if (String(values[0]).includes("FROM ledger")) counts.ledger += read - seen.read;
      counts.sql += written - seen.sql;
      Object.assign(seen, { read, sql: written });
    };
    count();
    return {
      *[Symbol.iterator]() {
        try {
          for (const row of cursor) yield row;
        } finally {
          count();
        }
      },
      toArray() {
        const rows = cursor.toArray();
        count();
        return rows;
      },
      one() {
        const row = cursor.one();
        count();
        return row;
      },
    };
  };
  const { put, delete: remove, setAlarm } = storage;
  storage.put = (/** @type {any[]} */ ...values) => {
    counts.puts += 1;
    counts.keys += typeof values[0] === "string" ? 1 : Object.keys(values[0]).length;
    return put.apply(storage, values);
  };
  storage.delete = (/** @type {any[]} */ ...values) => {
    counts.keys += [values[0]].flat().length;
    return remove.apply(storage, values);
  };
  storage.setAlarm = (/** @type {any[]} */ ...values) => {
    counts.alarms += 1;
    return setAlarm.apply(storage, values);
  };
  return counts;
}

/**
 * `read` is rows read, including those of the ledger; `sql` is rows written; `puts` is how often
 * keys were written, such as the records of a journal.
 */
const newCounts = () => ({ read: 0, ledger: 0, sql: 0, keys: 0, puts: 0, alarms: 0 });

/** A test's operation on an object's storage. @param {any} storage */
function doorTo(storage) {
  const run = (/** @type {string} */ query, /** @type {any[]} */ ...values) =>
    storage.sql.exec(query, ...values).toArray();
  const names = (/** @type {"table" | "index"} */ type) =>
    run("SELECT name, sql FROM sqlite_master WHERE type = ? ORDER BY rowid", type).filter(
      (/** @type {any} */ { name }) => !FOREIGN.test(name),
    );
  /** @type {Record<string, (order: any) => unknown>} */
  const acts = {
    sql: ({ query, values = [] }) =>
      run(query, ...values.map(read)).map((/** @type {object} */ row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, show(value)])),
      ),
    size: () => storage.sql.databaseSize,
    keys: async () => [...(await storage.list()).keys()],
    get: async ({ key }) => show(await storage.get(key)),
    put: async ({ key, value }) => storage.put(key, read(value)),
    delete: async ({ key }) => storage.delete(key),
    alarm: async ({ at }) => (at === undefined ? storage.getAlarm() : storage.setAlarm(at)),
    /** Everything that is stored. */
    dump: async () => {
      const tables = names("table").map((/** @type {any} */ { name, sql }) => {
        const rows = run(`SELECT * FROM "${name}"`);
        return {
          sql,
          name,
          rows: rows.map((/** @type {object} */ row) => Object.values(row).map(show)),
        };
      });
      const indexes = names("index").flatMap((/** @type {any} */ { sql }) => sql ?? []);
      const values = [...(await storage.list())].map(([key, value]) => [key, show(value)]);
      return { tables, indexes, values };
    },
    /** Replaces everything that is stored. */
    load: async ({ dump }) => {
      for (const { name } of names("table")) run(`DROP TABLE "${name}"`);
      await storage.delete([...(await storage.list()).keys()]);
      for (const { sql, name, rows } of dump.tables) {
        run(sql);
        for (const row of rows) {
          const marks = row.map(() => "?").join();
          run(`INSERT INTO "${name}" VALUES (${marks})`, ...row.map(read));
        }
      }
      for (const sql of dump.indexes) run(sql);
      for (const [key, value] of dump.values) await storage.put(key, read(value));
      await storage.sync();
    },
  };
  return acts;
}

/**
 * With `FORWARD_TO`, requests to Uber go to that address, so that the base URL in a journal need
 * not be the sandbox's.
 * @param {any} env
 */
const forwarding = (env) => {
  const { FORWARD_TO: target } = env;
  if (!target) return env;
  const forward = (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
    const { pathname, search } = new URL(url);
    return fetch(target + pathname + search, init);
  };
  return { ...env, UBER: { fetch: forward } };
};

/** @param {any} Published */
const inspected = (Published) =>
  class extends Published {
    /** @param {any} ctx @param {unknown} env */
    constructor(ctx, env) {
      const counts = countRows(ctx.storage);
      super(ctx, forwarding(env));
      const object = /** @type {any} */ (this);
      object.acts = {
        ...doorTo(ctx.storage),
        /** As after an event that reports a use. */
        evidence: () => object.noteEvidence("usage"),
        /** Rows since the last call. */
        rows: () => {
          const now = { ...counts };
          Object.assign(counts, newCounts());
          return now;
        },
      };
    }

    /** @param {{ act: string }} order */
    async inspect(order) {
      return JSON.stringify((await /** @type {any} */ (this).acts[order.act](order)) ?? null);
    }
  };

export const VoucherProgram = inspected(PublishedProgram);
export const VoucherApp = inspected(PublishedApp);

/** Readers of webhooks, which the option `outcomes` names. @type {Record<string, (raw: any) => any>} */
const READERS = {
  /** `{ rows: [[code, 1 or 0, reason]] }`, wherever that is. */
  rows: (raw) =>
    (raw.rows ?? raw.deep?.rows ?? []).map((/** @type {any} */ [code, ok, reason]) => ({
      ...{ code, status: ok ? "distributed" : "failed", reason },
    })),
  throws: (raw) => {
    throw new RangeError(`no idea of ${JSON.stringify(raw)}`);
  },
  promise: async () => [],
  wrong: () => [{ code: "jane@example.com", status: "failed" }],
};

const { outcomes, ...options } = /** @type {any} */ (env)["OPTIONS"] ?? {};
const worker = createWorker({ ...options, ...(outcomes && { outcomes: READERS[outcomes] }) });

export default {
  /** @param {Request} request @param {any} env @param {unknown} context */
  async fetch(request, env, context) {
    if (!request.url.endsWith("/_storage")) return worker.fetch(request, forwarding(env), context);
    const { program, app = "app", ...order } = /** @type {any} */ (await request.json());
    if (order.act === "trap") return Response.json(await trap(order.codes));
    const objects = program === undefined ? env.VOUCHER_APP : env.VOUCHER_PROGRAM;
    const stub = objects.get(objects.idFromName(program ?? app));
    return new Response(await stub.inspect(order));
  },
};

/**
 * Crashes the instance of the module, with a list that its memory can't hold.
 *
 * @param {number} codes
 */
async function trap(codes) {
  try {
    await parseCodes(manyCodes(codes));
    return "it held";
  } catch (error) {
    return /** @type {any} */ (error).code ?? String(error);
  }
}

/** @param {number} count */
async function* manyCodes(count) {
  const encoder = new TextEncoder();
  for (let from = 0; from < count; from += 1_000) {
    const lines = Array.from({ length: Math.min(1_000, count - from) }, (_, at) =>
      (from + at).toString(16).padStart(12, "0"),
    );
    yield encoder.encode(lines.map((end) => `1f913a96-f52c-42a0-aa0b-${end}\n`).join(""));
  }
}
