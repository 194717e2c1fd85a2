/**
 * The packed package in every build tool and test runner, built and then run: `node
 * tests/tools/run.mjs`, or only those whose names contain an argument. Frameworks take
 * long to build: they run with `--frameworks`, or by their names.
 */
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { freePort } from "../free-port.mjs";
import { ask, runPlaces } from "../hosts/places.mjs";
import { serving, withSandbox } from "../hosts/processes.mjs";
import { frameworks, nextJs } from "./frameworks.mjs";
import {
  bin,
  command,
  env,
  inChromium,
  installed,
  place,
  project,
  tools,
  withInline,
} from "./project.mjs";
import { serverBundles } from "./server-bundles.mjs";

/**
 * A page that is built into `dist`.
 *
 * @param {string} tool
 * @param {string} line
 * @param {string[]} also
 */
async function built(tool, line, ...also) {
  const folder = project("page", tool);
  for (const file of also) cpSync(join(folder, file), join(folder, "dist", file));
  await command(folder, line);
  return join(folder, "dist");
}

/** Vite's development server. @param {string} version the package that it is installed as */
async function viteServer(version) {
  const folder = project("page", version);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(tools, "node_modules", version, "bin", "vite.js");
  const args = [file, "--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
  const options = { cwd: folder, env };
  return serving(join(bin, "node"), args, url, () => inChromium(url), options);
}

async function wrangler() {
  const folder = project("wrangler");
  await command(folder, "wrangler deploy --dry-run --outdir out");
  if (!readdirSync(join(folder, "out")).some((file) => file.endsWith(".wasm"))) {
    throw new Error("The module is not deployed");
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const inspector = ["--inspector-port", `${await freePort()}`];
  const args = ["dev", "--ip", "127.0.0.1", "--port", `${port}`, ...inspector];
  return withSandbox(installed, (base) =>
    serving(join(bin, "wrangler"), args, url, () => ask(url, base), { cwd: folder, env }),
  );
}

/** @param {string[]} parts @param {string} line @param {Record<string, string>} more */
function testRunner(parts, line, more = {}) {
  return withSandbox(installed, async (base) => {
    await command(project(...parts), line, { BASE: base, ...more });
    return [{ name: line }];
  });
}

const common = [
  place("No build tool", "import map", async () => {
    const folder = project("page", "none");
    return inChromium(folder, withInline(folder));
  }),
  place("Vite", "`vite build`", async () => inChromium(await built("vite", "vite build"))),
  place("Vite, development", "`vite`", () => viteServer("vite"), "vite"),
  place("Vite 7, development", "`vite`, with optimizeDeps", () => viteServer("vite-7"), "vite-7"),
  place("webpack", "`webpack build`", async () =>
    inChromium(
      await built("webpack", "webpack build --mode production --entry ./main.js", "index.html"),
    ),
  ),
  place("Rollup", "`rollup -c`, with importMetaAssets()", async () =>
    inChromium(await built("rollup", "rollup -c", "index.html")),
  ),
  place("esbuild", "the module as an entry point", async () =>
    inChromium(
      await built(
        "esbuild",
        "esbuild main.js uber_vouchers_bg=uber-vouchers/wasm --bundle --format=esm --loader:.wasm=copy --outdir=dist",
        "index.html",
      ),
    ),
  ),
  place(
    "Rspack",
    "`rspack build`",
    async () => inChromium(await built("rspack", "rspack build", "index.html")),
    "@rspack/core",
  ),
  place(
    "Rolldown, for pages",
    "with resolveNewUrlToAsset",
    async () => inChromium(await built("rolldown", "rolldown -c", "index.html")),
    "rolldown",
  ),
  place("Parcel", "`parcel build`, with packageExports", async () => {
    const folder = project("page", "parcel");
    // Parcel takes the folder of a lock file as the project.
    writeFileSync(join(folder, "package-lock.json"), "{}\n");
    await command(folder, "parcel build index.html");
    return inChromium(join(folder, "dist"), withInline(join(folder, "dist")));
  }),
  place("wrangler", "`wrangler deploy --dry-run`, `wrangler dev`", wrangler),
  place("Vitest", "`vitest run`", () => testRunner(["vitest"], "vitest run")),
  place("Jest", "`jest`, with --experimental-vm-modules", () =>
    testRunner(["jest"], "jest", { NODE_OPTIONS: "--experimental-vm-modules" }),
  ),
  place(
    "Jest, jsdom",
    "likewise, with jest-fixed-jsdom and customExportConditions",
    () => testRunner(["jest", "jest-jsdom"], "jest", { NODE_OPTIONS: "--experimental-vm-modules" }),
    "jest",
  ),
  nextJs,
  ...serverBundles,
];
const isNamed = process.argv.slice(2).some((argument) => !argument.startsWith("-"));
const wanted = process.argv.includes("--frameworks") ? frameworks : common;
await runPlaces(isNamed ? [...common, ...frameworks] : wanted);
