/** Runs the same suite in many places, and reports each. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { Missing, run } from "../../scripts/setup.mjs";
import { recordResults } from "../results.mjs";

/**
 * One place where users run the package.
 * @typedef {object} Place
 * @property {string} name
 * @property {() => string} version
 * @property {string} how how it is tested, for the table
 * @property {() => Promise<Result[]>} run
 */
/** @typedef {{ name: string, error?: string | undefined }} Result */

/**
 * Installs what the lock file beside a runner lists, once, and returns the folder. The
 * folder is outside the repository, so that a project in it finds only what a user's
 * project would.
 * @param {string} from
 */
export function installTools(from) {
  const files = ["package.json", "package-lock.json"];
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(from, file)));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "uber-vouchers", hash.digest("hex").slice(0, 16));
  const marker = join(folder, "complete");
  if (existsSync(marker)) return folder;
  console.log(`Installing ${join(from, "package-lock.json")} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of files) cpSync(join(from, file), join(folder, file));
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  writeFileSync(marker, "");
  return folder;
}

/**
 * Runs the places whose names contain an argument, or all, and ends the process.
 * `--table` prints the results as the table of the documentation.
 * @param {Place[]} places
 */
export async function runPlaces(places) {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
  const chosen = places.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.toLowerCase().includes(part)),
  );
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const rows = ["| Place | Version | How | Date | Result |", "| --- | --- | --- | --- | --- |"];
  for (const place of chosen) {
    const started = performance.now();
    const { outcome, why } = await tryPlace(place);
    counts[outcome] += 1;
    if (outcome !== "skipped") {
      recordResults([{ name: place.name, passed: outcome === "passed" }]);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const mark = { passed: "✔", failed: "✖", skipped: "–" }[outcome];
    console.log(`${mark} ${place.name} (${seconds} s)${why && `: ${outcome}, ${why}`}`);
    const version = outcome === "skipped" ? "" : place.version();
    const date = new Date().toISOString().slice(0, 10);
    const result = outcome === "skipped" ? why : outcome;
    rows.push(`| ${[place.name, version, place.how, date, result].join(" | ")} |`);
  }
  if (process.argv.includes("--table")) console.log(rows.join("\n"));
  console.log(`# pass ${counts.passed}\n# fail ${counts.failed}\n# skipped ${counts.skipped}`);
  process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
}

/** @param {Place} place @returns {Promise<{ outcome: "passed" | "failed" | "skipped", why: string }>} */
async function tryPlace(place) {
  try {
    const results = await place.run();
    const failures = results.filter(({ error }) => error !== undefined);
    if (results.length === 0) throw new Error("It ran no test");
    if (failures.length === 0) return { outcome: "passed", why: "" };
    const told = failures.map(({ name, error }) => `\n  ${name}\n${error}`);
    return { outcome: "failed", why: told.join("") };
  } catch (error) {
    if (error instanceof Missing) return { outcome: "skipped", why: error.message };
    return { outcome: "failed", why: String(/** @type {any} */ (error)?.stack ?? error) };
  }
}

/**
 * Calls a worker that runs the suite on request.
 *
 * @param {string} url
 * @param {string} base
 * @returns {Promise<Result[]>}
 */
export async function ask(url, base) {
  const answer = await fetch(`${url}?base=${encodeURIComponent(base)}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return JSON.parse(text);
}
