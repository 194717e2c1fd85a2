/**
 * The steps of a build: each is numbered, prints what it does and how long that usually takes,
 * and is skipped if nothing has changed. This is our own code, since it runs before any package
 * is installed: installing them is one of the steps.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { ROOT } from "./setup.mjs";

const STAMPS = join(ROOT, "build", "stamps");
const REPORT_MS = 15_000;

/**
 * @typedef {object} Step
 * @property {string} title what it does
 * @property {number} seconds how long it usually takes, on two cores
 * @property {string} [name] of its stamp; without one, it always runs
 * @property {string[]} [inputs] files and folders that decide its result
 * @property {string[]} [outputs] files and folders that it writes
 */

/**
 * Runs steps one after the other.
 * @param {number} total the number of steps
 * @param {number} [done] the number that another process has done
 */
export function createSteps(total, done = 0) {
  let index = done;
  return async (/** @type {Step} */ step, /** @type {() => void | Promise<void>} */ work) => {
    index += 1;
    const heading = `[${index}/${total}] ${step.title}`;
    if (isUpToDate(step)) {
      console.log(`${heading}: nothing has changed`);
      return;
    }
    console.log(`${heading} (usually ${step.seconds} s)`);
    const begun = performance.now();
    const seconds = () => Math.round((performance.now() - begun) / 1000);
    const report = setInterval(() => console.log(`      ${seconds()} s so far`), REPORT_MS);
    try {
      // Removed while the outputs are incomplete: a killed step runs again.
      forget(step);
      await work();
      remember(step);
    } finally {
      clearInterval(report);
    }
  };
}

/** @param {Step} step */
function isUpToDate(step) {
  const { name, outputs = [] } = step;
  if (name === undefined || !outputs.every((output) => existsSync(output))) return false;
  const stamp = join(STAMPS, name);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === digest(step);
}

/** @param {Step} step */
function forget({ name }) {
  if (name !== undefined) rmSync(join(STAMPS, name), { force: true });
}

/** @param {Step} step */
function remember(step) {
  if (step.name === undefined) return;
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, step.name), digest(step));
}

/** The digest of inputs and outputs: an output that was changed by hand is built again. @param {Step} step */
function digest({ inputs = [], outputs = [] }) {
  const hash = createHash("sha256");
  for (const path of [...inputs, ...outputs]) {
    for (const file of filesOf(path)) {
      hash
        .update(`${relative(ROOT, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

/** @param {string} path @returns {string[]} */
function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}
