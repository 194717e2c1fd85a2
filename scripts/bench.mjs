/**
 * `npm run bench`: benchmarks the packed tarball against other packages.
 *
 *     npm run bench                      all parts; writes BENCHMARKS.md and benches/results
 *     npm run bench -- rows job          these parts; keeps the newest results of the others
 *     npm run bench -- --quick           rough and fast
 *     npm run bench -- --report          writes both again from the newest results
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { buildHot } from "../benches/native.mjs";
import { PARTS, machine, writeReport } from "../benches/report.mjs";
import { build } from "./build.mjs";
import { Missing, ROOT, TARGET, main, run } from "./setup.mjs";

const BENCHES = join(ROOT, "benches");
const RESULTS = join(ROOT, "build", "bench");
/** A user's project: the package and its peers, installed. */
const PROJECT = join(TARGET, "bench");
const PART_TIMEOUT_MS = 15 * 60_000;

/** Installs the peers, unless they are installed. */
function installPeers() {
  const files = ["package.json", "package-lock.json"];
  const read = (/** @type {string} */ folder) =>
    files.map((file) => readFileSync(join(folder, file), "utf8")).join("");
  const marker = join(PROJECT, "complete");
  if (existsSync(marker) && read(BENCHES) === read(PROJECT)) return;
  rmSync(PROJECT, { recursive: true, force: true });
  mkdirSync(PROJECT, { recursive: true });
  for (const file of files) cpSync(join(BENCHES, file), join(PROJECT, file));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["ci", ...flags], { cwd: PROJECT });
  writeFileSync(marker, "");
}

/** Packs the package, and unpacks it where npm would install it: it has no dependencies. */
function installTarball() {
  const packed = join(PROJECT, "packed");
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(packed);
  const flags = ["--silent", "--ignore-scripts", "--pack-destination", packed];
  run("npm", ["pack", ...flags], { quiet: true });
  const [tarball = ""] = readdirSync(packed);
  run("tar", ["-xzf", join(packed, tarball), "-C", packed], { quiet: true });
  const installed = join(PROJECT, "node_modules", "uber-vouchers");
  rmSync(installed, { recursive: true, force: true });
  cpSync(join(packed, "package"), installed, { recursive: true });
  // The parts are in the same folder, so that they import this copy and no other.
  const parts = join(PROJECT, "benches");
  rmSync(parts, { recursive: true, force: true });
  cpSync(BENCHES, parts, { recursive: true });
}

/** @param {string} part @param {string} hot the native program */
async function runPart(part, hot) {
  const file = join(PROJECT, "benches", `${part}.mjs`);
  const flags = ["--expose-gc", "--no-warnings", "--max-old-space-size=8192"];
  const child = spawn(process.execPath, [...flags, file, ...process.argv.slice(2)], {
    cwd: PROJECT,
    env: { ...process.env, BENCH_RESULTS: RESULTS, BENCH_HOT: hot, BENCH_ROOT: ROOT },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: PART_TIMEOUT_MS,
  });
  const [code, signal] = await once(child, "exit");
  if (code !== 0) throw new Error(`${part} ended with ${signal ?? code}`);
  const kept = join(RESULTS, `${part}.json`);
  const result = JSON.parse(readFileSync(kept, "utf8"));
  writeFileSync(kept, `${JSON.stringify({ ...result, machine: machine() }, undefined, 2)}\n`);
}

await main(async () => {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
  const all = Object.keys(PARTS);
  for (const name of names) {
    if (!all.includes(name))
      throw new Missing(`There is no part ${name}; there are ${all.join()}.`);
  }
  /** @type {string[]} */
  const failed = [];
  if (!process.argv.includes("--report")) {
    await build();
    installPeers();
    installTarball();
    const hot = buildHot();
    for (const part of names.length > 0 ? names : all) {
      console.log(`\n── ${part}`);
      const began = performance.now();
      try {
        await runPart(part, hot);
      } catch (error) {
        console.error(error);
        failed.push(part);
      }
      console.log(`${part}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    }
  }
  writeReport(RESULTS);
  if (failed.length > 0) throw new Missing(`These parts failed: ${failed.join()}.`);
});
