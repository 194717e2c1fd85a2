/**
 * Builds the console, and the workers with their wasm, with vite and esbuild only:
 * `@cloudflare/vite-plugin` and wrangler start their own servers, with one worker and no second
 * one in Uber's place.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { ROOT } from "./setup.mjs";

/** @typedef {{ type: "ESModule" | "CompiledWasm", path: string }} Module */

/** @param {string} out */
export async function buildConsole(out) {
  const { build } = await import("vite");
  await build({
    configFile: join(ROOT, "www/console/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: join(out, "console") },
  });
}

/**
 * Bundles workers; their wasm is copied to the same folder, as separate modules.
 * @param {string} out
 * @param {Record<string, string>} entries their files, below the project's root
 */
export async function buildWorkers(out, entries) {
  const { build } = await import("esbuild");
  await rm(join(out, "workers"), { recursive: true, force: true });
  /** @type {Record<string, Module[]>} */
  const workers = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: { [name]: entry },
      outdir: join(out, "workers"),
      bundle: true,
      format: "esm",
      target: "es2024",
      external: ["cloudflare:*"],
      conditions: ["workerd", "worker", "browser"],
      loader: { ".wasm": "copy" },
      assetNames: "[name]",
      metafile: true,
      logLevel: "warning",
    });
    // The entry must be first.
    workers[name] = Object.keys(metafile.outputs)
      .sort((a, b) => Number(isWasm(a)) - Number(isWasm(b)))
      .map((path) => moduleAt(join(ROOT, path)));
  }
  return workers;
}

/**
 * @param {string} path
 * @returns {Module}
 */
function moduleAt(path) {
  return { type: isWasm(path) ? "CompiledWasm" : "ESModule", path };
}

/** @param {string} path */
function isWasm(path) {
  return path.endsWith(".wasm");
}
