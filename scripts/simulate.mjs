/**
 * `npm run simulate`: runs jobs with simulated faults and crashes (see tests/simulation).
 *
 *     npm run simulate -- --seeds 100000 [--from 5000]
 *     npm run simulate -- --seed 286        only that run
 *     npm run simulate -- --mutants         state machines with deliberate bugs must be caught
 *     npm run simulate -- --mutants --only usage   those with that word in their names
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ROOT, TARGET, main, setUp } from "./setup.mjs";
import { recordResults } from "../tests/results.mjs";

/** A mutant that survives this many seeds is not caught. */
const MAX_SEEDS = 10_000;
const SIMULATION = join("tests", "simulation");
const COMMAND = ["test", "--quiet", "--locked", "--all-features", "--profile", "simulation"];
const TEST = ["--test", "simulation", "--", "--nocapture", "the_five_promises"];

/**
 * @param {Record<string, string>} env
 * @param {{ cwd?: string, quiet?: boolean }} [options]
 */
function simulate(env, { cwd = ROOT, quiet = false } = {}) {
  const { status, stdout, stderr } = spawnSync("cargo", [...COMMAND, ...TEST], {
    cwd,
    env: { ...process.env, RUST_BACKTRACE: "0", ...env },
    stdio: quiet ? "pipe" : ["ignore", "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

/** @typedef {{ name: string, driver?: boolean, file: string, from: string, to: string }} Mutant */

/** @returns {Mutant[]} */
export const readMutants = () =>
  JSON.parse(readFileSync(join(ROOT, SIMULATION, "mutants.json"), "utf8"));

/** The file with the bug in it. @param {Mutant} mutant */
export function mutated({ name, file, from, to }) {
  const source = readFileSync(join(ROOT, file), "utf8");
  if (source.split(from).length !== 2)
    throw new Error(`${name}: ${file} must contain this exactly once:\n${from}`);
  return source.replace(from, () => to);
}

/** Every state machine with a deliberate bug must be caught. @param {string} [only] */
export function catchMutants(only = "") {
  const target = join(TARGET, "mutants");
  const copy = join(target, "source");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  const manifest = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", join("benches", "hot.rs")];
  for (const part of [...manifest, "src", SIMULATION]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  const mutants = readMutants().filter(({ name }) => name.includes(only));
  let caught = 0;
  for (const { name, driver, file, from, to } of mutants) {
    /** @type {Record<string, string>} */
    const env = { CARGO_TARGET_DIR: target, SIMULATE_SEEDS: String(MAX_SEEDS) };
    if (driver) env["SIMULATE_BROKEN"] = name;
    else writeFileSync(join(copy, file), mutated({ name, file, from, to }));
    const { ok, output } = simulate(env, { cwd: copy, quiet: true });
    const [, seed, promise] = /^seed (\d+): (.*)$/m.exec(output) ?? [];
    if (!driver) cpSync(join(ROOT, file), join(copy, file));
    if (ok) console.log(`✖ ${name}: not caught by ${MAX_SEEDS} seeds`);
    else if (seed === undefined) throw new Error(`${name} does not run:\n${output}`);
    else console.log(`✔ ${name}: seed ${seed}, ${promise}`);
    recordResults([{ name, passed: !ok }]);
    caught += Number(!ok);
  }
  console.log(`${caught} of ${mutants.length} caught`);
  if (caught < mutants.length) throw new Error("A mutant was not caught");
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const string = { type: /** @type {const} */ ("string") };
    const mutants = { type: /** @type {const} */ ("boolean") };
    const { values } = parseArgs({
      options: { seeds: string, from: string, seed: string, mutants, only: string },
    });
    await setUp();
    if (values.mutants) return catchMutants(values.only);
    const { ok } = simulate({
      SIMULATE_SEEDS: values.seed === undefined ? (values.seeds ?? "100000") : "1",
      SIMULATE_FROM: values.seed ?? values.from ?? "0",
    });
    if (!ok) process.exitCode = 1;
  });
}
