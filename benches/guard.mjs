/**
 * What the package must not lose unnoticed, in exact figures: instructions of the
 * native hot paths, what these allocate, and sizes. Compared with what was
 * recorded in `guard.json`.
 *
 *     node benches/guard.mjs              compares
 *     node benches/guard.mjs --record     writes down what there is now
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { ROOT, main, run } from "../scripts/setup.mjs";
import { buildHot, findValgrind } from "./native.mjs";

const BASELINE = join(import.meta.dirname, "guard.json");
const HOW = "node benches/guard.mjs --record";
/** The first rounds bring what only a first call does. */
const FIRST_ROUNDS = 2;
/** Counted for so many rounds, so that a short path is no noise. */
const ROUNDS = {
  rows: 1,
  lines: 1,
  array: 1,
  job: 1,
  "request-500": 50,
  "request-30000": 1,
  "webhook-300": 50,
  "webhook-1000": 50,
  "webhook-64000": 2,
};
/**
 * By how much a figure may grow, as a share. Other compilers and processors count
 * a little differently; a size changes with every edit.
 */
const TOLERANCES = { instructions: 0.02, calls: 0, bytes: 0.02, sizes: 0.005 };

/**
 * glibc copies and fills in another way on each processor, and where it has one
 * instruction repeated, each byte counts. So it takes the way that all have.
 */
const PLAIN_MEMORY =
  "glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM";

/** @typedef {keyof typeof TOLERANCES} Kind */
/** @typedef {Record<Kind, Record<string, number>>} Figures */

/** Instructions of a round of a path. @param {string} hot @param {string} valgrind @param {string} path @param {number} rounds */
async function instructions(hot, valgrind, path, rounds) {
  const few = await callgrind(hot, valgrind, path, FIRST_ROUNDS);
  const many = await callgrind(hot, valgrind, path, FIRST_ROUNDS + rounds);
  // What starting takes, and making the input, is the same in both.
  return Math.round((many - few) / rounds);
}

/** @param {string} hot @param {string} valgrind @param {string} path @param {number} rounds @returns {Promise<number>} */
function callgrind(hot, valgrind, path, rounds) {
  const flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
  return new Promise((resolve, reject) => {
    const child = spawn(valgrind, [...flags, hot, "guard", path, String(rounds)], {
      stdio: ["ignore", "ignore", "pipe"],
      // The same environment everywhere: it stands on the program's stack.
      env: { PATH: String(process.env["PATH"]), LC_ALL: "C", GLIBC_TUNABLES: PLAIN_MEMORY },
    });
    let told = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (told += text));
    child.once("error", reject);
    child.once("close", (code) => {
      const [, count] = /Collected : (\d+)/.exec(told) ?? [];
      if (code === 0 && count !== undefined) resolve(Number(count));
      else reject(new Error(`valgrind ended with ${code}:\n${told}`));
    });
  });
}

/** @returns {Promise<Figures>} */
async function measure() {
  const valgrind = findValgrind();
  const hot = buildHot();
  const waiting = Object.entries(ROUNDS);
  /** @type {Record<string, number>} */
  const counted = {};
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [path, rounds] = next;
      counted[path] = await instructions(hot, valgrind, path, rounds);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  /** @type {[string, { calls: number, bytes: number }][]} */
  const allocated = Object.entries(JSON.parse(run(hot, ["allocations"], { quiet: true })));
  const file = join(ROOT, "build", "size.json");
  if (!existsSync(file)) run(process.execPath, ["scripts/build.mjs"]);
  const { client, distribute } = JSON.parse(readFileSync(file, "utf8"));
  return {
    instructions: Object.fromEntries(Object.keys(ROUNDS).map((path) => [path, counted[path] ?? 0])),
    calls: Object.fromEntries(allocated.map(([path, { calls }]) => [path, calls])),
    bytes: Object.fromEntries(allocated.map(([path, { bytes }]) => [path, bytes])),
    sizes: {
      wasm: client.wasm.raw,
      "wasm, brotli": client.wasm.brotli,
      "client, brotli": client.total.brotli,
      "distribute, brotli": distribute.total.brotli,
    },
  };
}

const LABELS = {
  instructions: "instructions",
  calls: "allocations",
  bytes: "bytes allocated",
  sizes: "bytes",
};

/** @param {Figures} found @param {Figures} known @param {Kind[]} kinds */
function compare(found, known, kinds) {
  const worse = [];
  for (const kind of kinds) {
    const names = new Set([...Object.keys(found[kind]), ...Object.keys(known[kind] ?? {})]);
    for (const name of names) {
      const [now, before] = [found[kind][name], known[kind]?.[name]];
      const what = `${name}, ${LABELS[kind]}`;
      if (now === undefined || before === undefined) {
        worse.push(`${what}: ${before ?? "nothing"} was recorded, ${now ?? "nothing"} is there`);
        continue;
      }
      const change = now === before ? 0 : (now - before) / before;
      const percent = `${change >= 0 ? "+" : ""}${(change * 100).toFixed(2)} %`;
      const line = `${what}: ${before.toLocaleString("en")} → ${now.toLocaleString("en")} (${percent})`;
      console.log(line);
      if (change > TOLERANCES[kind]) worse.push(line);
      if (change < -TOLERANCES[kind]) console.log(`  That is better. To hold it: ${HOW}`);
    }
  }
  if (worse.length === 0) return;
  console.error(["\nWorse than was recorded:", ...worse, `If that is meant: ${HOW}`].join("\n"));
  process.exitCode = 1;
}

await main(async () => {
  const found = await measure();
  const { arch } = process;
  if (process.argv.includes("--record")) {
    writeFileSync(BASELINE, `${JSON.stringify({ arch, ...found }, undefined, 2)}\n`);
    console.log(`Recorded in ${BASELINE}`);
    return;
  }
  const { arch: knownArch, ...known } = JSON.parse(readFileSync(BASELINE, "utf8"));
  /** @type {Kind[]} */
  const kinds = ["calls", "bytes", "sizes"];
  if (knownArch === arch) kinds.unshift("instructions");
  else console.log(`Instructions were recorded on ${knownArch}: not compared on ${arch}`);
  compare(found, known, kinds);
});
