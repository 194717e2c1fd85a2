/** Journals in Durable Objects of workerd: `node journal-workerd.mjs <folder of an installed package>`. */
import { join } from "node:path";

import { build } from "esbuild";
import { Miniflare } from "miniflare";

import { report } from "../results.mjs";
import { assert, runTests } from "./harness.mjs";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";

const project = String(process.argv[2]);
const outdir = join(project, "journal-workerd");
await build({
  entryPoints: [join(project, "tests", "package", "journal-worker.mjs")],
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  conditions: ["workerd", "worker", "browser"],
  logLevel: "warning",
});

const KINDS = ["sql", "key-value"];
const options = {
  cf: false,
  compatibilityDate: "2026-04-01",
  // With it, Node.js has files, which are deleted with the request.
  compatibilityFlags: ["nodejs_compat"],
  modulesRoot: outdir,
  modules: [{ type: "ESModule", path: join(outdir, "journal-worker.js") }],
  durableObjects: {
    sql: { className: "SqlObject", useSQLite: true },
    "key-value": { className: "KeyValueObject", useSQLite: false },
  },
  durableObjectsPersist: join(project, "journal-objects"),
  outboundService: () => {
    throw new Error("There is no way out");
  },
};

/** Runs with a fresh workerd on the storage of the last one. @template T @param {(get: (path: string) => Promise<any>) => Promise<T>} work */
async function working(work) {
  const miniflare = new Miniflare(/** @type {any} */ (options));
  try {
    return await work(async (path) => {
      const response = await miniflare.dispatchFetch(`http://worker.example${path}`);
      const text = await response.text();
      try {
        return JSON.parse(text);
      } catch {
        throw new Error(text);
      }
    });
  } finally {
    await miniflare.dispose();
  }
}

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
await working(async (get) => {
  for (const kind of KINDS) {
    const found = await get(`/suite?kind=${kind}`).catch((error) => [
      { name: `the suite, ${kind}`, error: String(error) },
    ]);
    results.push(...found);
  }
});
await runTests(
  (test) => {
    for (const kind of KINDS) {
      test(`durable object, ${kind}: survives a restart of workerd`, async () => {
        for (const count of [50, 100]) {
          assert.equal(await working((get) => get(`/append?kind=${kind}`)), count);
          assert.equal(await working((get) => get(`/read?kind=${kind}`)), count);
        }
      });
    }
  },
  (result) => results.push(result),
);
process.exit(report(results) ? 0 : 1);
