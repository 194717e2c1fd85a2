/** The suite in workerd: `node workerd.mjs <folder of an installed package>`. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";
import { Miniflare } from "miniflare";

import { report } from "../results.mjs";
import { assert, runTests } from "./harness.mjs";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";

const project = String(process.argv[2]);
const outdir = join(project, "workerd");
await build({
  entryPoints: [join(project, "tests", "package", "worker.mjs")],
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  conditions: ["workerd", "worker", "browser"],
  loader: { ".wasm": "copy" },
  assetNames: "[name]",
  logLevel: "warning",
});
const wasm = readdirSync(outdir).filter((file) => file.endsWith(".wasm"));

// Uber, with a slow token endpoint.
const UBER = `
  let tokens = 0, calls = 0;
  export default {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/counts") return Response.json([tokens, calls]);
      await request.text();
      if (!pathname.startsWith("/oauth/")) {
        calls += 1;
        return Response.json({}, { headers: { "x-uber-call": String(calls) } });
      }
      tokens += 1;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return Response.json({ access_token: "t" + tokens, expires_in: 3_600 });
    },
  };`;
const compatibilityDate = "2026-04-01";
const options = {
  cf: false,
  workers: [
    {
      name: "app",
      compatibilityDate,
      modulesRoot: outdir,
      modules: [
        { type: /** @type {const} */ ("ESModule"), path: join(outdir, "worker.js") },
        ...wasm.map((file) => ({
          type: /** @type {const} */ ("CompiledWasm"),
          path: join(outdir, file),
        })),
      ],
      serviceBindings: { UBER: "uber" },
      outboundService: () => {
        throw new Error("There is no way out");
      },
    },
    { name: "uber", compatibilityDate, modules: true, script: UBER },
  ],
};

/** Runs with a fresh worker. @template T @param {(get: (path: string) => Promise<any>, miniflare: Miniflare) => Promise<T>} work */
async function working(work) {
  const miniflare = new Miniflare(/** @type {any} */ (options));
  try {
    const get = async (/** @type {string} */ path) => {
      const response = await miniflare.dispatchFetch(`http://worker.example${path}`);
      const text = await response.text();
      return response.ok && text.startsWith("{") ? JSON.parse(text) : text;
    };
    return await work(get, miniflare);
  } finally {
    await miniflare.dispose();
  }
}

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
await working(async (get) => {
  const text = await get("/suite");
  try {
    results.push(...JSON.parse(text));
  } catch {
    results.push({ name: "the suite", error: text });
  }
});
await runTests(
  (test) => {
    test("a service binding works as fetch; requests share a token", () =>
      working(async (get, miniflare) => {
        const replies = await Promise.all(Array.from({ length: 10 }, () => get("/call")));
        for (const response of replies) assert.equal(response.codes, 1, JSON.stringify(response));
        const uber = /** @type {any} */ (await miniflare.getWorker("uber"));
        assert.equal(await (await uber.fetch("http://uber.example/counts")).json(), [1, 10]);
      }));
    test("a request that ends before its token arrives does not end others", () =>
      working(async (get) => {
        assert.equal(await get("/leave"), "left");
        const started = Date.now();
        const replies = await Promise.all([get("/call"), get("/call")]);
        for (const response of replies) assert.equal(response.codes, 1, JSON.stringify(response));
        assert.ok(Date.now() - started < 5_000, `It took ${Date.now() - started} ms`);
      }));
  },
  (result) => results.push(result),
);
process.exit(report(results) ? 0 : 1);
