/** Runs a sample's worker in workerd, with a sandbox instead of Uber. */
import { join } from "node:path";

import { build } from "esbuild";
import { Miniflare } from "miniflare";
import typescript from "typescript";
import { createSandbox } from "uber-vouchers/sandbox";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";

/** The variables of a deployment, under the names that the documents use. */
export const BINDINGS = {
  UBER_ORGANIZATION_ID: "my-organization",
  UBER_CLIENT_ID: "my-app",
  UBER_CLIENT_SECRET: "my-secret",
  UBER_SIGNING_KEY: "my-signing-key",
  ADMIN_TOKEN: "an-admin-token-of-the-tests",
  UBER_BASE_URL: "https://api.uber.com",
  UBER_TOKEN_URL: "https://auth.uber.com/oauth/v2/token",
  UBER_SCOPE: "organizations.voucher_programs",
  ACCESS_TEAM_DOMAIN: "",
  ACCESS_AUDIENCE: "",
};

/** The sandbox that accepts this deployment, with this machine's time. */
export function createUber() {
  return createSandbox({
    organizationId: BINDINGS.UBER_ORGANIZATION_ID,
    clientId: BINDINGS.UBER_CLIENT_ID,
    clientSecret: BINDINGS.UBER_CLIENT_SECRET,
    signingKey: BINDINGS.UBER_SIGNING_KEY,
    realTime: true,
    latencyMs: 1,
  });
}

/**
 * Bundles a sample and serves it.
 *
 * @param {object} what
 * @param {string} what.folder the folder of the sample, and of its build
 * @param {string} what.entry its file
 * @param {string} [what.configuration] the document's `wrangler.jsonc`
 * @param {import("uber-vouchers/sandbox").Sandbox} what.uber
 * @param {(request: any) => any} [what.assets]
 */
export async function startWorker({ folder, entry, configuration, uber, assets }) {
  const out = join(folder, `${entry}.out`);
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: { worker: entry },
    outdir: out,
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:*"],
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    metafile: true,
    logLevel: "error",
  });
  const isWasm = (/** @type {string} */ path) => path.endsWith(".wasm");
  const modules = Object.keys(metafile.outputs)
    .sort((a, b) => Number(isWasm(a)) - Number(isWasm(b)))
    .map((path) => ({
      type: /** @type {"CompiledWasm" | "ESModule"} */ (isWasm(path) ? "CompiledWasm" : "ESModule"),
      path: join(folder, path),
    }));
  const config = read(configuration);
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    compatibilityDate: config.compatibility_date ?? "2026-04-01",
    modulesRoot: out,
    modules,
    bindings: { ...config.vars, ...BINDINGS },
    durableObjects: objectsOf(config),
    ...(assets && { serviceBindings: { ASSETS: assets } }),
    outboundService: async (/** @type {any} */ request) =>
      /** @type {any} */ (
        await uber.fetch(request.url, {
          method: request.method,
          headers: [...request.headers],
          ...(request.method === "POST" && { body: await request.text() }),
        })
      ),
  });
  const url = await miniflare.ready;
  return {
    url: url.href,
    /** @param {string} path @param {any} [init] @returns {Promise<any>} */
    fetch: (path, init) => miniflare.dispatchFetch(new URL(path, url).href, init),
    close: () => miniflare.dispose(),
  };
}

/** @param {string | undefined} text */
function read(text) {
  if (text === undefined) return {};
  const { config, error } = typescript.parseConfigFileTextToJson("wrangler.jsonc", text);
  if (error) throw new Error(String(error.messageText));
  // Each variable that the documents give a worker must be one that it reads.
  for (const name of [...Object.keys(config.vars ?? {}), ...(config.secrets?.required ?? [])]) {
    if (!Object.hasOwn(BINDINGS, name)) throw new Error(`wrangler.jsonc: what is ${name}?`);
  }
  return config;
}

/** @param {any} config */
function objectsOf(config) {
  const stored = (config.migrations ?? []).flatMap(
    (/** @type {{ new_sqlite_classes?: string[] }} */ { new_sqlite_classes: names = [] }) => names,
  );
  return Object.fromEntries(
    (config.durable_objects?.bindings ?? []).map(
      (/** @type {{ name: string, class_name: string }} */ { name, class_name: className }) => {
        if (!stored.includes(className)) throw new Error(`There is no migration for ${className}`);
        return [name, { className, useSQLite: true }];
      },
    ),
  );
}
