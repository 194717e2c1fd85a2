/** A user's project with the packed package, and the commands that run in it. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

import { ROOT } from "../../scripts/setup.mjs";
import { browsers, openPage } from "../hosts/browsers.mjs";
import { POLICY } from "../hosts/front.mjs";
import { installTools } from "../hosts/places.mjs";
import { finish, withSandbox } from "../hosts/processes.mjs";
import { packAndInstall } from "../package/package.mjs";

/** @typedef {import("../hosts/places.mjs").Place} Place */
/** @typedef {import("../hosts/places.mjs").Result} Result */

const HERE = import.meta.dirname;
const { dependencies } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
export const tools = installTools(HERE);
export const bin = join(tools, "node_modules", ".bin");
export const installed = await packAndInstall();
const home = mkdtempSync(join(tools, "run-"));
process.once("exit", () => rmSync(home, { recursive: true, force: true }));
export const env = {
  // Some tools need a newer Node.js than the package does.
  PATH: `${bin}${delimiter}${process.env["PATH"]}`,
  CI: "true",
  NEXT_TELEMETRY_DISABLED: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** A user's project: the package, the suite, and files of its own. @param {string[]} parts */
export function project(...parts) {
  const folder = mkdtempSync(join(home, `${parts.at(-1)}-`));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const inside = join("node_modules", "uber-vouchers");
  cpSync(join(installed, inside), join(folder, inside), { recursive: true });
  for (const file of ["hosts/suite.mjs", "hosts/edge.mjs", "package/harness.mjs"]) {
    cpSync(join(ROOT, "tests", file), join(folder, "tests", file));
  }
  takeAssertions(join(folder, "tests", "package"));
  for (const part of parts) {
    const files = join(HERE, "projects", part);
    if (existsSync(files)) cpSync(files, folder, { recursive: true });
  }
  return folder;
}

/**
 * The harness's assertions beside it, because a tool may leave out what is in `node_modules`.
 * @param {string} folder
 */
function takeAssertions(folder) {
  const [harness, elsewhere] = [join(folder, "harness.mjs"), "../../node_modules/chai/index.js"];
  cpSync(join(ROOT, "node_modules", "chai", "index.js"), join(folder, "chai.js"));
  writeFileSync(harness, readFileSync(harness, "utf8").replace(elsewhere, "./chai.js"));
}

/** @param {string} folder @param {string} line */
export function command(folder, line, more = {}) {
  const [tool = "", ...args] = line.split(" ");
  return finish(join(bin, tool), args, { cwd: folder, env: { ...env, ...more } });
}

/** @param {string} from a folder, or where a server is @param {string} [policy] @param {string} [path] */
export function inChromium(from, policy = POLICY, path = "/") {
  const [chromium] = browsers;
  if (chromium === undefined) throw new Error("There is no browser");
  return withSandbox(installed, (base) => openPage(chromium, { base, from, policy }, path));
}

/** The policy of a page, which allows its inline scripts. @param {string} folder */
export function withInline(folder) {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const [, inline = ""] = /<script type="?importmap"?>([^]*?)<\/script>/.exec(page) ?? [];
  const hash = createHash("sha256").update(inline).digest("base64");
  return POLICY.replace("script-src", `script-src 'sha256-${hash}'`);
}

/** @param {string} where @param {Result[]} results */
export const named = (where, results) =>
  results.map(({ name, error }) => ({ name: `${where}: ${name}`, error }));

/**
 * @param {string} name
 * @param {string} how
 * @param {() => Promise<Result[]>} run
 * @param {string} [tool]
 * @returns {Place}
 */
export const place = (name, how, run, tool = name.toLowerCase()) => ({
  name,
  version: () => String(dependencies[tool] ?? "").replace(/^npm:.*@/, ""),
  how,
  run,
});
