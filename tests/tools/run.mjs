/**
 * The packed package in every build tool and test runner, built and then run:
 * `node tests/tools/run.mjs`, or with parts of names behind it, those.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

import { ROOT } from "../../scripts/setup.mjs";
import { freePort } from "../free-port.mjs";
import { browsers, openPage } from "../hosts/browsers.mjs";
import { POLICY } from "../hosts/front.mjs";
import { ask, installTools, runPlaces } from "../hosts/places.mjs";
import { finish, serving, withSandbox } from "../hosts/processes.mjs";
import { packAndInstall } from "../package/package.mjs";

/** @typedef {import("../hosts/places.mjs").Place} Place */
/** @typedef {import("../hosts/places.mjs").Result} Result */

const HERE = import.meta.dirname;
const { dependencies } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
const tools = installTools(HERE);
const bin = join(tools, "node_modules", ".bin");
const installed = await packAndInstall();
const home = mkdtempSync(join(tools, "run-"));
process.once("exit", () => rmSync(home, { recursive: true, force: true }));
const env = {
  // Some tools want a newer Node.js than the package does.
  PATH: `${bin}${delimiter}${process.env["PATH"]}`,
  CI: "true",
  NEXT_TELEMETRY_DISABLED: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** A project of a user's: the package, the suite, and files of its own. @param {string[]} parts */
function project(...parts) {
  const folder = mkdtempSync(join(home, `${parts.at(-1)}-`));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const inside = join("node_modules", "uber-vouchers");
  cpSync(join(installed, inside), join(folder, inside), { recursive: true });
  for (const file of ["hosts/suite.mjs", "hosts/edge.mjs", "package/harness.mjs"]) {
    cpSync(join(ROOT, "tests", file), join(folder, "tests", file));
  }
  for (const part of parts) {
    const files = join(HERE, "projects", part);
    if (existsSync(files)) cpSync(files, folder, { recursive: true });
  }
  return folder;
}

/** @param {string} folder @param {string} line */
function command(folder, line, more = {}) {
  const [tool = "", ...args] = line.split(" ");
  return finish(join(bin, tool), args, { cwd: folder, env: { ...env, ...more } });
}

/** @param {string} from a folder, or where a server is @param {string} [policy] */
function inChromium(from, policy = POLICY) {
  const [chromium] = browsers;
  if (chromium === undefined) throw new Error("There is no browser");
  return withSandbox(installed, (base) => openPage(chromium, { base, from, policy }, "/"));
}

/** The policy, and what stands in a page itself. @param {string} folder */
function withInline(folder) {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const [, inline = ""] = /<script type="?importmap"?>([^]*?)<\/script>/.exec(page) ?? [];
  const hash = createHash("sha256").update(inline).digest("base64");
  return POLICY.replace("script-src", `script-src 'sha256-${hash}'`);
}

/** @param {string} where @param {Result[]} results */
const named = (where, results) =>
  results.map(({ name, error }) => ({ name: `${where}: ${name}`, error }));

/**
 * @param {string} name
 * @param {string} how
 * @param {() => Promise<Result[]>} run
 * @param {string} [tool]
 * @returns {Place}
 */
const place = (name, how, run, tool = name.toLowerCase()) => ({
  name,
  version: () => String(dependencies[tool] ?? "").replace(/^npm:.*@/, ""),
  how,
  run,
});

/** A page that is built into `dist`. @param {string} tool @param {string} line @param {string[]} also */
async function built(tool, line, ...also) {
  const folder = project("page", tool);
  for (const file of also) cpSync(join(folder, file), join(folder, "dist", file));
  await command(folder, line);
  return join(folder, "dist");
}

/** A development server of Vite's. @param {string} version the package that it is installed as */
async function viteServer(version) {
  const folder = project("page", version);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(tools, "node_modules", version, "bin", "vite.js");
  const args = [file, "--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
  const options = { cwd: folder, env };
  return serving(join(bin, "node"), args, url, () => inChromium(url), options);
}

async function next() {
  const folder = project("next");
  await command(folder, "next build");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["start", "--hostname", "127.0.0.1", "--port", `${port}`];
  return serving(
    join(bin, "next"),
    args,
    url,
    () =>
      withSandbox(installed, async (base) => [
        ...named("client component", await inChromium(url)),
        ...named("route", await ask(`${url}/server`, base)),
        ...named("edge route", await ask(`${url}/edge`, base)),
      ]),
    { cwd: folder, env },
  );
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

await runPlaces([
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
  place("Parcel", "`parcel build`, with packageExports", async () => {
    const folder = project("page", "parcel");
    // Parcel takes the folder of a lock file for the project.
    writeFileSync(join(folder, "package-lock.json"), "{}\n");
    await command(folder, "parcel build index.html");
    return inChromium(join(folder, "dist"), withInline(join(folder, "dist")));
  }),
  place("Next.js", "`next build`, `next start`: client component, route, edge route", next, "next"),
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
]);
