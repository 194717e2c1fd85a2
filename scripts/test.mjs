/**
 * `npm test`: everything, or with names as arguments the steps of that name.
 * `npm run test:all` adds what takes long or installs a lot.
 * `npm test -- package --record` writes down anew what the package consists of.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { SIMD, build, buildTestRunner } from "./build.mjs";
import { Missing, ROOT, TARGET, WASM, run, setUp } from "./setup.mjs";
import { LIMIT } from "./size.mjs";
import {
  checkContents,
  checkPackage,
  checkTypes,
  packAndInstall,
} from "../tests/package/package.mjs";

const FEATURES = { client: "client", sandbox: "sandbox,js" };
/** As in the build: some of the core is written for it. */
const WASM_FLAGS = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: SIMD };
const STEP_TIMEOUT_MS = 15 * 60_000;
const NODE_TEST = ["--test", "--test-reporter=spec"];
const isAll = process.argv.includes("--all");
const isRecording = process.argv.includes("--record");

/** @type {Record<string, () => void | Promise<unknown>>} */
const STEPS = {
  setup: async () => {
    await setUp();
    findBrowser();
  },
  "rust format": () => exec("cargo", ["fmt", "--check"]),
  "rust lint": () => clippy(["--all-features"]),
  ...Object.fromEntries(
    Object.entries(FEATURES).map(([name, features]) => [
      `rust lint wasm ${name}`,
      () => clippy([...wasmArgs(name), "--no-default-features", "--features", features]),
    ]),
  ),
  "rust test": () => exec("cargo", ["test", "--locked", "--all-features"]),
  "simulation mutants": () => exec(process.execPath, ["scripts/simulate.mjs", "--mutants"]),
  build,
  "js format": () => exec(bin("prettier"), ["--check", "--log-level", "warn", "."]),
  "js types": () => exec(bin("tsc"), ["-p", "."]),
  ...Object.fromEntries(
    ["console", "worker"]
      .filter((name) => existsSync(join(ROOT, "www", name, "tsconfig.json")))
      .map((name) => [`js types ${name}`, () => exec(bin("tsc"), ["-p", `www/${name}`])]),
  ),
  "rust test wasm": async () =>
    exec("cargo", ["test", "--locked", "--test", "wasm", ...wasmArgs("client")], {
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: await buildTestRunner(),
      ...WASM_FLAGS,
      CHROMEDRIVER: findBrowser().driver,
    }),
  "package install": packAndInstall,
  "package contents": () => checkContents(isRecording),
  "package lint": () => checkPackage(exec),
  "package api": async () => {
    // It needs TypeScript, which the first step installs.
    const { checkApi } = await import("../tests/package/api/report.mjs");
    checkApi(await packAndInstall(), isRecording);
  },
  "package types": () => checkTypes(exec),
  "package node": () =>
    nodeTests(["node.test.mjs", "imports.test.mjs", "inputs.test.mjs", "trap.test.mjs"]),
  "package loading": () => besidePackage("package/loading.test.mjs"),
  "package command": () => besidePackage("package/command.test.mjs"),
  "package node server": () => nodeTests(["server.test.mjs"]),
  "package node unsent": () => nodeTests(["unsent.test.mjs", "sleep.test.mjs"]),
  "package react": async () =>
    exec(process.execPath, ["tests/package/react.mjs", await packAndInstall()]),
  "package job": () => nodeTests(["memory.test.mjs", "kill.test.mjs", "lost.test.mjs"]),
  "package memory": () =>
    nodeTests(["memory-growth.test.mjs", "trap-often.test.mjs"], ["--expose-gc"]),
  "package hostile": async () =>
    exec(
      process.execPath,
      [...NODE_TEST, "tests/package/hostile.test.mjs", "tests/package/hostile-world.test.mjs"],
      { INSTALLED: await packAndInstall() },
    ),
  "package properties": async () =>
    exec(process.execPath, [...NODE_TEST, "tests/package/properties.test.mjs"], {
      INSTALLED: await packAndInstall(),
    }),
  "package workerd": async () =>
    exec(process.execPath, ["tests/package/workerd.mjs", await packAndInstall()]),
  "package browser": async () =>
    exec(process.execPath, ["tests/package/browser.mjs", await packAndInstall()], {
      CHROMIUM: findBrowser().browser,
    }),
  "package journal node": () => nodeTests(["journal.test.mjs"]),
  "package journal workerd": async () =>
    exec(process.execPath, ["tests/package/journal-workerd.mjs", await packAndInstall()]),
  "package journal browser": async () =>
    exec(process.execPath, ["tests/package/journal-browser.mjs", await packAndInstall()], {
      CHROMIUM: findBrowser().browser,
    }),
  "package deploy": () => besidePackage("package/deploy.test.mjs"),
  release: () => besidePackage("release/release.test.mjs"),
  "hosts of users": () => exec(process.execPath, ["tests/hosts/run.mjs"]),
  "tools of users": () => exec(process.execPath, ["tests/tools/run.mjs"]),
  "docs site": async () => {
    await exec(process.execPath, ["scripts/docs.mjs", "--check"]);
    await exec(process.execPath, [...NODE_TEST, "tests/docs/site.test.mjs"], {
      CHROMIUM: findBrowser().browser,
    });
  },
  "docs samples": () => besidePackage("docs/samples.test.mjs"),
  ...Object.fromEntries(
    readdirSync(join(ROOT, "tests", "worker"))
      .filter((file) => file.endsWith(".test.mjs"))
      .map((file) => [
        `worker ${file.slice(0, -".test.mjs".length)}`,
        () => exec(process.execPath, [...NODE_TEST, join("tests", "worker", file)]),
      ]),
  ),
  console: () =>
    exec(process.execPath, ["tests/console/console.mjs"], { CHROMIUM: findBrowser().browser }),
  ...(isAll && {
    "frameworks of users": () =>
      exec(process.execPath, ["tests/tools/run.mjs", "--frameworks"], {}, ROOT, 60 * 60_000),
    "rust worker": () =>
      exec("cargo", [
        ...["build", "--quiet", "--locked", "--target", WASM],
        ...["--manifest-path", "examples/rust-worker/Cargo.toml"],
        ...["--target-dir", join(TARGET, "rust-worker")],
      ]),
    "rust supply chain": async () => {
      // Its database of advisories is on another host, which may be out of reach.
      await exec("cargo", [...cargoTool("deny"), "check", "licenses", "bans", "sources"]);
      await exec("cargo", ["publish", "--dry-run", "--locked", "--allow-dirty"]);
    },
    fuzz: () => exec(process.execPath, ["scripts/fuzz.mjs", "--seconds", "30"]),
    reproduce: () => exec(process.execPath, ["scripts/reproduce.mjs"]),
  }),
  "bench guard": () =>
    exec(process.execPath, ["benches/guard.mjs", ...(isRecording ? ["--record"] : [])]),
  size: () => {
    const { total } = JSON.parse(readFileSync(join(ROOT, "build", "size.json"), "utf8"));
    if (total.brotli > LIMIT) throw new Error(`${total.brotli} bytes of brotli; limit: ${LIMIT}`);
  },
};

/** @param {string} name */
function bin(name) {
  return join(ROOT, "node_modules", ".bin", name);
}

/** @param {string} feature */
function wasmArgs(feature) {
  return ["--target", WASM, "--target-dir", join(TARGET, feature)];
}

/** @param {string[]} args */
function clippy(args) {
  const flags = ["--locked", "--all-targets", ...args, "--", "-D", "warnings"];
  return exec("cargo", ["clippy", ...flags], WASM_FLAGS);
}

/**
 * From the folder of the tarball's project, with the tools of this one.
 * @param {string} file below tests
 */
async function besidePackage(file) {
  const path = join(ROOT, "tests", file);
  return exec(process.execPath, [...NODE_TEST, path], {}, await packAndInstall());
}

/** @param {string[]} files @param {string[]} [flags] of Node.js */
async function nodeTests(files, flags = []) {
  const paths = files.map((file) => join("tests", "package", file));
  const args = [...flags, ...NODE_TEST, "--test-timeout=300000", ...paths];
  return exec(process.execPath, args, {}, await packAndInstall());
}

/** A tool of cargo's, installed where it is missing. @param {string} name */
function cargoTool(name) {
  if (which(`cargo-${name}`) === undefined) run("cargo", ["install", "--locked", `cargo-${name}`]);
  return [name];
}

/** Chromium and its driver; installed where that is possible without asking. */
function findBrowser() {
  const find = () => ({
    browser: which(process.env["CHROMIUM"] ?? "chromium"),
    driver: which(process.env["CHROMEDRIVER"] ?? "chromedriver"),
  });
  let { browser, driver } = find();
  if (!(browser && driver) && which("apt-get") && process.getuid?.() === 0) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update"], { env, quiet: true });
    const packages = ["chromium", "chromium-driver"];
    run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, quiet: true });
    ({ browser, driver } = find());
  }
  if (browser && driver) return { browser, driver };
  throw new Missing(
    "Chromium and its driver are needed (Debian: chromium, chromium-driver). " +
      "If they have other names here, set CHROMIUM and CHROMEDRIVER to their paths.",
  );
}

/** @param {string} name */
function which(name) {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  if (name.includes("/")) return existsSync(name) ? name : undefined;
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

const counts = { passed: 0, failed: 0 };

/**
 * Runs a command, shows what it prints and counts the tests that it tells of.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {string} [cwd]
 * @param {number} [timeout] in milliseconds
 * @returns {Promise<void>}
 */
function exec(command, args, env = {}, cwd = ROOT, timeout = STEP_TIMEOUT_MS) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
    });
    let output = "";
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
        to.write(text);
      });
    }
    child.once("error", reject);
    child.once("close", (code, signal) => {
      count(stripVTControlCharacters(output));
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}`));
    });
  });
}

/** @param {string} output of cargo, of node:test, or of the starters in tests/package */
function count(output) {
  for (const [, passed, failed] of output.matchAll(
    /^test result: .* (\d+) passed; (\d+) failed/gm,
  )) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  for (const [, what, number] of output.matchAll(/^[#ℹ] (pass|fail) (\d+)$/gm)) {
    counts[what === "pass" ? "passed" : "failed"] += Number(number);
  }
}

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
/** @type {string[]} */
const summary = [];
for (const [name, step] of Object.entries(STEPS)) {
  if (chosen.length > 0 && !chosen.some((part) => name.includes(part))) continue;
  console.log(`\n── ${name}`);
  const started = performance.now();
  const before = counts.passed + counts.failed;
  const failedBefore = counts.failed;
  let mark = "✓";
  try {
    await step();
    // A step without tests of its own is one.
    if (counts.passed + counts.failed === before) counts.passed += 1;
  } catch (error) {
    console.error(error instanceof Missing ? error.message : error);
    if (counts.failed === failedBefore) counts.failed += 1;
  }
  if (counts.failed > failedBefore) mark = "✗";
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  summary.push(`${mark} ${name}: ${seconds} s`);
  console.log(summary.at(-1));
}
console.log(`\n${summary.join("\n")}\n\n${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
