/**
 * A worker in an empty project, from the tarball and with the README's lines: Cloudflare's own
 * tool creates the types, checks them and packs the worker, which is then run. The same for the
 * worker of www.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Miniflare } from "miniflare";

import { buildConsole } from "../../scripts/bundle.mjs";
import { ROOT } from "../../scripts/setup.mjs";

const INSTALLED = process.cwd();
const ENTRY = `import { createWorker } from "uber-vouchers/worker";

export { VoucherApp, VoucherProgram } from "uber-vouchers/worker";

export default createWorker() satisfies ExportedHandler<Env>;
`;
const CONFIGURATION = {
  name: "vouchers",
  main: "index.ts",
  compatibility_date: "2026-04-01",
  durable_objects: {
    bindings: [
      { name: "VOUCHER_PROGRAM", class_name: "VoucherProgram" },
      { name: "VOUCHER_APP", class_name: "VoucherApp" },
    ],
  },
  migrations: [{ tag: "v1", new_sqlite_classes: ["VoucherProgram", "VoucherApp"] }],
  vars: { UBER_ORGANIZATION_ID: "", UBER_CLIENT_ID: "" },
  secrets: { required: ["UBER_CLIENT_SECRET", "UBER_SIGNING_KEY", "ADMIN_TOKEN"] },
};
const TYPES = {
  compilerOptions: {
    strict: true,
    target: "es2024",
    module: "esnext",
    moduleResolution: "bundler",
    customConditions: ["workerd"],
    lib: ["es2024"],
    types: ["./worker-configuration.d.ts"],
    noEmit: true,
  },
  files: ["index.ts"],
};

const project = mkdtempSync(join(tmpdir(), "uber-vouchers-worker-"));
after(() => rmSync(project, { recursive: true, force: true }));
mkdirSync(join(project, "home"));
symlinkSync(join(INSTALLED, "node_modules"), join(project, "node_modules"));
writeFileSync(join(project, "index.ts"), ENTRY);
writeFileSync(join(project, "wrangler.jsonc"), JSON.stringify(CONFIGURATION));
writeFileSync(join(project, "tsconfig.json"), JSON.stringify(TYPES));
writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');

/** @param {string} tool @param {string[]} args @param {string} [cwd] */
function run(tool, args, cwd = project) {
  const env = {
    ...process.env,
    CI: "true",
    // Uses no data of the user, and sends no telemetry.
    HOME: join(project, "home"),
    XDG_CONFIG_HOME: join(project, "home"),
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  return execFileSync(join(ROOT, "node_modules", ".bin", tool), args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: 50_000,
  });
}

const outputs = () => readdirSync(join(project, "out"));
const wasmOf = () => outputs().filter((file) => file.endsWith(".wasm"));

test("wrangler's types are compatible with the package's", () => {
  run("wrangler", ["types"]);
  run("tsc", ["-p", "."]);
});

test("wrangler packs the worker with its wasm", () => {
  const told = run("wrangler", ["deploy", "--dry-run", "--outdir", "out"]);
  assert.match(told, /env\.VOUCHER_PROGRAM/);
  assert.equal(wasmOf().length, 1, outputs().join());
});

test("the packed worker serves requests, and only with the token", async () => {
  const wasm = wasmOf();
  const miniflare = new Miniflare({
    cf: false,
    compatibilityDate: CONFIGURATION.compatibility_date,
    modulesRoot: join(project, "out"),
    modules: [
      { type: "ESModule", path: join(project, "out", "index.js") },
      ...wasm.map((file) => ({
        type: /** @type {const} */ ("CompiledWasm"),
        path: join(project, "out", file),
      })),
    ],
    durableObjects: {
      VOUCHER_PROGRAM: { className: "VoucherProgram", useSQLite: true },
      VOUCHER_APP: { className: "VoucherApp", useSQLite: true },
    },
    bindings: {
      UBER_ORGANIZATION_ID: "0a6a1c7e-52d3-4b8f-9c1d-7e4f2a9b3c10",
      UBER_CLIENT_ID: "client",
      UBER_CLIENT_SECRET: "secret",
      ADMIN_TOKEN: "sixteen-letters-or-more",
    },
    outboundService: () => {
      throw new Error("There is no way out");
    },
  });
  try {
    const ask = async (/** @type {string} */ token) => {
      const headers = { Authorization: `Bearer ${token}` };
      const path = "http://localhost/api/programs/p/jobs?dryRun=true";
      const body = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631\nno code";
      return miniflare.dispatchFetch(path, { method: "POST", headers, body });
    };
    assert.equal((await ask("another-token-of-sixteen")).status, 401);
    const response = await ask("sixteen-letters-or-more");
    const { codes, rejected } = /** @type {any} */ (await response.json());
    assert.deepEqual([codes, rejected[0].line], [1, 2]);
  } finally {
    await miniflare.dispose();
  }
});

test("the worker of www can be deployed, with the console", async () => {
  await buildConsole(join(ROOT, "build"));
  const folder = join(ROOT, "www", "worker");
  const told = run("wrangler", ["deploy", "--dry-run", "--outdir", join(project, "www")], folder);
  assert.match(told, /env\.ASSETS/);
  assert.ok(readdirSync(join(project, "www")).some((file) => file.endsWith(".wasm")));
});
