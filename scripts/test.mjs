/**
 * `npm test`: what a contributor waits for, or the steps whose names contain the given words. With
 * CI=true it adds the steps that take minutes, and `npm run test:all` those that take an hour or
 * install a lot.
 * `npm test -- package --record` records the package's files and declarations again.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

import { SIMD, buildTestRunner } from "./build.mjs";
import { Missing, ROOT, TARGET, WASM, run, setUp } from "./setup.mjs";
import { LIMITS } from "./size.mjs";
import { exec, nodeTest, runSteps } from "./test-runner.mjs";
import {
  checkContents,
  checkPackage,
  checkTypes,
  packAndInstall,
} from "../tests/package/package.mjs";

/** @typedef {import("./test-runner.mjs").Step} Step */

const WASM_ARGS = ["--target", WASM, "--target-dir", join(TARGET, "client")];
/** As in the build: parts of the core are written for it. */
const WASM_FLAGS = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: SIMD };
const HOUR_MS = 60 * 60_000;
const PRETTIER_CACHE = ["--cache", "--cache-location", join("build", "caches", "prettier")];
/** The slowest of the worker's tests, which start first. */
const SLOWEST = new Set(["silent-jobs", "scale", "kill", "oauth"]);
/** What runs in CI on every change, but not in a contributor's `npm test`. */
const IN_CI = new Set([
  "console clicker",
  "console operators",
  "console review",
  "docs samples",
  "docs site",
  "package deploy",
  "package hostile",
  "package job",
  "package memory",
  "package properties",
  "release",
  "worker breakdown",
  "worker code-lists",
  "worker costs",
  "worker kill",
  "worker reconcile",
  "worker scale",
  "worker silent-jobs",
  "worker subrequests",
  "worker unreadable",
  "worker webhook-load",
]);
const isAll = process.argv.includes("--all");
const isCI = isAll || process.env["CI"] === "true";
const isRecording = process.argv.includes("--record");

/** A step without tests of its own. @param {string} name @param {Step["run"]} run @param {Partial<Step>} [how] @returns {Step} */
const check = (name, run, how) => ({ name, run, isCheck: true, after: ["setup"], ...how });

/** A step that reports which tests it has run. @param {string} name @param {Step["run"]} run @param {Partial<Step>} [how] @returns {Step} */
const tests = (name, run, how) => ({ name, run, after: ["setup"], ...how });

/** @type {Partial<Step>} */
const CARGO = { lane: "cargo" };
/** @type {Partial<Step>} */
const BUILT = { after: ["setup", "build"] };
/** @type {Partial<Step>} */
const PACKED = { after: ["setup", "build", "package install"], lane: "package", share: 0.6 };
/** Most of the worker's tests spend much more time waiting for workerd and its timers than computing. */
const WORKER_SHARE = 0.4;
/** Pages wait for jobs and their reports most of the time, too. */
const CONSOLE_SHARE = 0.45;
/** @type {Record<string, number>} */
const WORKER_SHARES = { "silent-jobs": 0.1, oauth: 0.15, alarm: 0.2, scale: 0.25, kill: 0.8 };

/** @param {string} name @param {string} file below tests/package, which takes the folder of the project */
const inPackage = (name, file) =>
  tests(
    name,
    async () =>
      exec(process.execPath, [`tests/package/${file}`, await packAndInstall()], {
        CHROMIUM: findBrowser().browser,
      }),
    PACKED,
  );

/** @type {Step[]} */
const STEPS = [
  check(
    "setup",
    async () => {
      await setUp();
      findBrowser();
    },
    { after: [] },
  ),
  check("build", () => exec(process.execPath, ["scripts/build.mjs"])),
  check("package install", packAndInstall, BUILT),
  inConsole("console screens", ["console-screens.mjs"]),
  inConsole("console jobs", ["console-jobs.mjs"]),
  inConsole("console lists", ["console-lists.mjs"]),
  inConsole("console review", ["console-review.mjs"]),
  inConsole("console operators", ["console-operators.mjs"]),
  inConsole("console clicker", ["clicker.mjs"]),
  tests("sandbox documents", () => nodeTest(["tests/sandbox-documents.test.mjs"]), BUILT),
  tests("console recognition", () => nodeTest(["tests/console/recognition.test.mjs"]), BUILT),
  tests("console figures", () => nodeTest(["tests/console/figures.test.mjs"]), BUILT),
  ...workerTests((name) => SLOWEST.has(name)),
  check("rust format", async () => {
    for (const folder of ["", "fuzz", "examples/rust-worker"]) {
      await exec("cargo", ["fmt", "--check", "--manifest-path", join(folder, "Cargo.toml")]);
    }
  }),
  check("rust lint", () => clippy(["--all-features"]), CARGO),
  ...["--all-features", "--features=client", "--features=sandbox,js"].map((features) =>
    check(`rust lint wasm ${features}`, () => clippy([...WASM_ARGS, features]), CARGO),
  ),
  tests("rust test", () => exec("cargo", ["test", "--locked", "--all-features"]), CARGO),
  tests(
    "rust test wasm",
    async () =>
      exec("cargo", ["test", "--locked", "--test", "wasm", ...WASM_ARGS], {
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: await buildTestRunner(),
        ...WASM_FLAGS,
        CHROMEDRIVER: findBrowser().driver,
      }),
    { ...BUILT, ...CARGO },
  ),
  check("js format", () =>
    exec(bin("prettier"), ["--check", "--log-level", "warn", ...PRETTIER_CACHE, "."]),
  ),
  check("js types", () => types("."), BUILT),
  ...["console", "worker"]
    .filter((name) => existsSync(join(ROOT, "www", name, "tsconfig.json")))
    .map((name) => check(`js types ${name}`, () => types(`www/${name}`), BUILT)),
  check("js lint", () => exec(bin("eslint"), ["--max-warnings", "0", "."]), BUILT),
  // Type-only imports count too, which eslint-plugin-import's rule ignores.
  check("js circles", () =>
    exec(bin("dpdm"), [
      ...["--exit-code", "circular:1", "--no-tree", "--no-warning", "--no-progress"],
      ...["src/js/**/*.ts", "www/{console,sandbox,worker}/**/*.{ts,tsx}"],
      "{bin,benches,scripts,tests}/**/*.mjs",
    ]),
  ),
  check("package contents", () => checkContents(isRecording), PACKED),
  check("package lint", () => checkPackage(exec), PACKED),
  check(
    "package api",
    async () => {
      // It needs TypeScript, which the first step installs.
      const { checkApi } = await import("../tests/package/api/report.mjs");
      checkApi(await packAndInstall(), isRecording);
    },
    PACKED,
  ),
  tests("package types", () => checkTypes(exec), PACKED),
  nodeTests("package node", [
    "node.test.mjs",
    "imports.test.mjs",
    "inputs.test.mjs",
    "trap.test.mjs",
    "traces.test.mjs",
  ]),
  besidePackage("package loading", "package/loading.test.mjs"),
  besidePackage("package command", "package/command.test.mjs"),
  nodeTests("package node server", [
    "server.test.mjs",
    "server-tokens.test.mjs",
    "server-process.test.mjs",
  ]),
  nodeTests("package node unsent", ["unsent.test.mjs", "sleep.test.mjs"]),
  inPackage("package react", "react.mjs"),
  nodeTests("package job", [
    "job-loop.test.mjs",
    "memory.test.mjs",
    "kill.test.mjs",
    "lost.test.mjs",
  ]),
  nodeTests(
    "package memory",
    ["garbage.test.mjs", "memory-growth.test.mjs", "trap-often.test.mjs"],
    ["--expose-gc"],
  ),
  installed("package hostile", [
    "hostile.test.mjs",
    "hostile-journals.test.mjs",
    "hostile-world.test.mjs",
  ]),
  installed("package properties", ["properties.test.mjs"]),
  inPackage("package workerd", "workerd.mjs"),
  inPackage("package browser", "browser.mjs"),
  nodeTests("package journal node", ["journal.test.mjs"]),
  inPackage("package journal workerd", "journal-workerd.mjs"),
  inPackage("package journal browser", "journal-browser.mjs"),
  besidePackage("package deploy", "package/deploy.test.mjs"),
  besidePackage("release", "release/release.test.mjs"),
  tests(
    "docs site",
    async () => {
      await exec(process.execPath, ["scripts/docs.mjs", "--check"]);
      await nodeTest(["tests/docs/site.test.mjs"], { env: { CHROMIUM: findBrowser().browser } });
    },
    BUILT,
  ),
  tests("simulation mutants fit", () => nodeTest(["tests/mutants.test.mjs"])),
  tests("test runner", () => nodeTest(["tests/test-runner.test.mjs"]), { share: 0.1 }),
  tests("build glue", () => nodeTest(["tests/glue.test.mjs"])),
  tests("same rules", () => nodeTest(["tests/same-rules.test.mjs"]), BUILT),
  tests("wasm binding", () => nodeTest(["tests/wasm-binding.test.mjs"]), BUILT),
  besidePackage("docs samples", "docs/samples.test.mjs"),
  ...workerTests((name) => !SLOWEST.has(name)),
  tests("security document", () => nodeTest(["tests/security-document.test.mjs"]), {
    after: ["worker "],
    share: 0.5,
  }),
  check(
    "size",
    () => {
      const sizes = JSON.parse(readFileSync(join(ROOT, "build", "size.json"), "utf8"));
      for (const [door, limit] of Object.entries(LIMITS)) {
        const { brotli } = sizes[door].total;
        if (brotli > limit) throw new Error(`${door}: ${brotli} bytes of brotli; limit: ${limit}`);
      }
    },
    BUILT,
  ),
];

/** @type {Step[]} */
const MORE = [
  check(
    "bench guard",
    () => exec(process.execPath, ["benches/guard.mjs", ...(isRecording ? ["--record"] : [])]),
    { ...BUILT, ...CARGO },
  ),
  inConsole("console clicker, longer", ["clicker.mjs", "--seed", "2", "--steps", "3000"], HOUR_MS),
  tests("simulation mutants", () => exec(process.execPath, ["scripts/simulate.mjs", "--mutants"])),
  tests("hosts of users", () => exec(process.execPath, ["tests/hosts/run.mjs"]), BUILT),
  tests("tools of users", () => exec(process.execPath, ["tests/tools/run.mjs"]), BUILT),
  tests(
    "frameworks of users",
    () => exec(process.execPath, ["tests/tools/run.mjs", "--frameworks"], {}, ROOT, HOUR_MS),
    { after: ["setup", "build", "tools of users"] },
  ),
  check(
    "rust worker",
    () =>
      exec("cargo", [
        ...["build", "--quiet", "--locked", "--target", WASM],
        ...["--manifest-path", "examples/rust-worker/Cargo.toml"],
        ...["--target-dir", join(TARGET, "rust-worker")],
      ]),
    CARGO,
  ),
  check(
    "rust supply chain",
    async () => {
      // Its database of advisories is on another host, which may be unreachable.
      await exec("cargo", [...cargoTool("deny"), "check", "licenses", "bans", "sources"]);
      await exec("cargo", ["publish", "--dry-run", "--locked", "--allow-dirty"]);
    },
    CARGO,
  ),
  check("fuzz", () => exec(process.execPath, ["scripts/fuzz.mjs", "--seconds", "30"]), CARGO),
  check("reproduce", () => exec(process.execPath, ["scripts/reproduce.mjs"]), BUILT),
];

/**
 * Runs in Chromium, with `npm start` in a separate process.
 * @param {string} name
 * @param {string[]} command a file below tests/console, and its arguments
 * @param {number} [limitMs]
 */
function inConsole(name, [file = "", ...args], limitMs) {
  const path = join("tests", "console", file);
  const run = () =>
    exec(process.execPath, [path, ...args], { CHROMIUM: findBrowser().browser }, ROOT, limitMs);
  return tests(name, run, { ...BUILT, share: CONSOLE_SHARE });
}

/** Steps for files of the worker's tests. @param {(name: string) => boolean} isWanted */
function workerTests(isWanted) {
  const names = readdirSync(join(ROOT, "tests", "worker"))
    .filter((file) => file.endsWith(".test.mjs"))
    .map((file) => file.slice(0, -".test.mjs".length));
  return names.filter(isWanted).map((name) =>
    tests(`worker ${name}`, () => nodeTest([`tests/worker/${name}.test.mjs`]), {
      ...BUILT,
      share: WORKER_SHARES[name] ?? WORKER_SHARE,
    }),
  );
}

/** Type-checks what has changed in a TypeScript project. @param {string} folder */
function types(folder) {
  const file = join(
    ROOT,
    "build",
    "caches",
    `${folder === "." ? "tests" : folder.replaceAll("/", "-")}.tsbuildinfo`,
  );
  return exec(bin("tsc"), ["-p", folder, "--incremental", "--tsBuildInfoFile", file]);
}

/** @param {string} name */
function bin(name) {
  return join(ROOT, "node_modules", ".bin", name);
}

/** @param {string[]} args */
function clippy(args) {
  const flags = ["--locked", "--all-targets", ...args, "--", "-D", "warnings"];
  return exec("cargo", ["clippy", ...flags], WASM_FLAGS);
}

/**
 * Runs in the folder of the tarball's project, with the tools of this one.
 * @param {string} name
 * @param {string} file below tests
 */
function besidePackage(name, file) {
  const path = join(ROOT, "tests", file);
  return tests(name, async () => nodeTest([path], { cwd: await packAndInstall() }), PACKED);
}

/**
 * Runs in this folder, with the path of the tarball's project as an argument.
 * @param {string} name
 * @param {string[]} files below tests/package
 */
function installed(name, files) {
  const paths = files.map((file) => join("tests", "package", file));
  const run = async () => nodeTest(paths, { env: { INSTALLED: await packAndInstall() } });
  return tests(name, run, PACKED);
}

/**
 * Runs the copies of these files in the tarball's project.
 * @param {string} name
 * @param {string[]} files below tests/package
 * @param {string[]} [flags] of Node.js
 */
function nodeTests(name, files, flags = []) {
  const paths = files.map((file) => join("tests", "package", file));
  const options = { flags: [...flags, "--test-timeout=600000"] };
  const run = async () => nodeTest(paths, { ...options, cwd: await packAndInstall() });
  return tests(name, run, PACKED);
}

/** A cargo tool, installed if it is missing. @param {string} name */
function cargoTool(name) {
  if (which(`cargo-${name}`) === undefined) run("cargo", ["install", "--locked", `cargo-${name}`]);
  return [name];
}

/** Chromium and its driver; installed if that is possible without asking. */
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
      "If they have other names, set CHROMIUM and CHROMEDRIVER to their paths.",
  );
}

/** @param {string} name */
function which(name) {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  if (name.includes("/")) return existsSync(name) ? name : undefined;
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
await runSteps(
  [...STEPS, ...(isAll ? MORE : [])].filter(({ name }) =>
    parts.length === 0 ? isCI || !IN_CI.has(name) : parts.some((part) => name.includes(part)),
  ),
);
