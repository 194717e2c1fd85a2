/**
 * `npm run build`: the package in `dist/`, from the Rust and TypeScript sources.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ROOT, TARGET, WASM, main, run, setUp } from "./setup.mjs";
import { writeSbom } from "./sbom.mjs";
import { reportSizes } from "./size.mjs";

const DIST = join(ROOT, "dist");
const BUILD = join(ROOT, "build");
/** Every module on its own: `dist/` has them joined. */
const PARTS = join(BUILD, "js");
/** The folders of `src/js`. */
const FOLDERS = ["", "worker", "worker-client"];
/** It needs nothing of what the other doors share, and a page that has only this one loads only this. */
const APART = "worker-client/index.js";
const TOOLS = join(TARGET, "tools");

/** What the compiler is allowed to use: all of it is in every engine since 2022. */
const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "call-indirect-overlong",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
  "simd",
];

/**
 * The standard library is built along, without the text of its panics: a panic
 * ends in a trap anyhow, and saying where costs a tenth of the wasm. Cargo
 * takes these flags from a stable tool chain only with RUSTC_BOOTSTRAP; they
 * hold for the published wasm alone, and the tool chain is pinned.
 */
const SMALL_STD = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/** Sixteen bytes at once: codes, and SHA-256 in half the size and time. */
export const SIMD = "-Ctarget-feature=+simd128";

/** One wasm for users, one for the simulation. */
const MODULES = [
  { name: "uber_vouchers", feature: "client" },
  { name: "uber_vouchers_sandbox", feature: "sandbox" },
];

/** Builds everything that is not up to date. */
export async function build() {
  setUp();
  await alone(async () => {
    mkdirSync(DIST, { recursive: true });
    buildTools();
    for (const module of MODULES) buildModule(module);
    removeStale();
    run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", "src/js"]);
    await joinModules();
    writeSbom({ modules: MODULES, flags: SMALL_STD });
    await reportSizes();
  });
}

/** wasm-bindgen and its test runner, in the version that Cargo.toml asks for. */
export function buildTools() {
  const manifest = join(ROOT, "scripts", "wasm-bindgen", "Cargo.toml");
  const args = ["build", "--quiet", "--locked", "--manifest-path", manifest];
  run("cargo", [...args, "--target-dir", TOOLS]);
}

/** @param {string} name */
export const tool = (name) => join(TOOLS, "debug", name);

/** @param {{ name: string, feature: string }} module */
function buildModule({ name, feature }) {
  const directory = join(TARGET, feature);
  run(
    "cargo",
    [
      "build",
      "--quiet",
      "--release",
      "--locked",
      "--lib",
      "--target",
      WASM,
      "--target-dir",
      directory,
      "--no-default-features",
      "--features",
      feature,
      ...SMALL_STD,
    ],
    { env: { CARGO_ENCODED_RUSTFLAGS: rustFlags().join("\x1f"), RUSTC_BOOTSTRAP: "1" } },
  );
  const compiled = join(directory, WASM, "release", "uber_vouchers.wasm");
  const stamp = hash([compiled, tool("bindgen"), join(ROOT, "scripts", "build.mjs")]);
  const stampFile = join(BUILD, `${name}.stamp`);
  const outputs = [
    join(PARTS, `${name}.js`),
    join(PARTS, `${name}.d.ts`),
    join(DIST, `${name}_bg.wasm`),
  ];
  if (
    outputs.every(existsSync) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8") === stamp
  ) {
    return;
  }
  // Gone while the outputs are half made: a build that is killed is done again.
  rmSync(stampFile, { force: true });
  run(tool("bindgen"), [
    "--target",
    "web",
    "--omit-default-module-path",
    "--experimental-reset-state-function",
    "--encode-into",
    "always",
    "--remove-name-section",
    "--remove-producers-section",
    "--out-name",
    name,
    "--out-dir",
    PARTS,
    compiled,
  ]);
  rmSync(join(PARTS, `${name}_bg.wasm.d.ts`), { force: true });
  const wasm = join(DIST, `${name}_bg.wasm`);
  renameSync(join(PARTS, `${name}_bg.wasm`), wasm);
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const shortNames = "--minify-imports-and-exports-and-modules";
  const names = run(
    join(ROOT, "node_modules", ".bin", "wasm-opt"),
    ["-Oz", "-Oz", "--strip-target-features", ...features, shortNames, wasm, "-o", wasm],
    { quiet: true },
  );
  mkdirSync(BUILD, { recursive: true });
  linkGlue(name, names);
  copyFileSync(wasm, join(PARTS, `${name}_bg.wasm`));
  writeFileSync(stampFile, stamp);
}

/**
 * Fits the glue to the wasm: wasm-opt has shortened the names between them (a
 * hash in each, which no compression makes small), and traps in futures, where it
 * has any, are caught by our own `queueMicrotask` (see src/js/microtask.ts).
 * @param {string} name
 * @param {string} renamed what wasm-opt says of it
 */
function linkGlue(name, renamed) {
  const file = join(PARTS, `${name}.js`);
  /** @type {{ imports: [string, string, string][], exports: [string, string][] }} */
  const { imports, exports } = JSON.parse(renamed);
  let glue = readFileSync(file, "utf8");
  glue = replaceOnce(glue, `"./${name}_bg.js":`, '"a":');
  // It only ever gets a compiled module, and one of another realm is no instance of this one's class.
  const compiling = `    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
`;
  glue = replaceOnce(glue, compiling, "");
  for (const [, from, to] of imports) glue = replaceOnce(glue, ` ${from}:`, ` ${to}:`);
  for (const [from, to] of exports)
    glue = glue.replaceAll(new RegExp(`\\bwasm\\.${from}\\b`, "g"), `wasm.${to}`);
  if (glue.includes("queueMicrotask")) {
    glue = `import { queueMicrotask } from "./microtask.js";\n${glue}`;
  }
  writeFileSync(file, glue);
  // For the test that nothing new is asked of the host.
  const stems = imports.map(([, from]) => from.replace(/_[0-9a-f]{16}$/, "")).sort();
  writeFileSync(join(BUILD, `${name}.imports.txt`), `${stems.join("\n")}\n`);
}

/** @param {string} text @param {string} from @param {string} to */
function replaceOnce(text, from, to) {
  const [before, after, ...more] = text.split(from);
  if (after === undefined || more.length > 0) throw new Error(`The glue has not one \`${from}\``);
  return before + to + after;
}

/** Paths of this machine must not get into the wasm: it is the same everywhere. */
function rustFlags() {
  const sources = run("rustc", ["--print", "sysroot"], { quiet: true }).trim();
  const registries = join(
    process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"),
    "registry",
    "src",
  );
  const found = existsSync(registries) ? readdirSync(registries) : [];
  const crates = found.map((registry) => join(registries, registry));
  // A tool chain can be a link to another.
  const paths = [ROOT, ...crates, sources, realpathSync(sources)];
  const remaps = paths.map((path) => `--remap-path-prefix=${path}=`);
  const hot = "--cfg=hot_paths";
  // Generic code of the standard library's is compiled along with what uses it.
  const small = ["-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zshare-generics=no"];
  return ["-Zunstable-options", SIMD, ...small, hot, ...remaps];
}

/**
 * Joins the modules: an entry for each door and host, and behind them one file
 * that all share, and one more of the sandbox's. In Node.js each file costs most
 * of a millisecond, so eighty took four times as long to import, and one for each
 * set of doors that share something still twice as long.
 * jose comes along: the package has no dependency.
 */
async function joinModules() {
  // Here and not above: `setUp` may have to install it first.
  const { build: esbuild } = await import("esbuild");
  const doors = entries().filter((entry) => entry !== APART);
  /** What every door imports goes into one file. @type {import("esbuild").Plugin} */
  const together = {
    name: "together",
    setup({ onLoad }) {
      const joined = new Set(doors.map((entry) => join(PARTS, entry)));
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!joined.has(path)) return undefined;
        const api = JSON.stringify(join(PARTS, "api.js"));
        return { contents: `${readFileSync(path, "utf8")}\nimport ${api};\n` };
      });
    },
  };
  /** @type {import("esbuild").BuildOptions} */
  const options = {
    outdir: DIST,
    outbase: PARTS,
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm", "*.wasm?module", "cloudflare:*", "node:*"],
    sourcemap: true,
    // Its licence asks for it.
    legalComments: "inline",
    metafile: true,
    // `sideEffects` of package.json is about the files that come out.
    ignoreAnnotations: true,
    logLevel: "warning",
  };
  const made = await Promise.all([
    esbuild({
      ...options,
      entryPoints: doors.map((entry) => join(PARTS, entry)),
      chunkNames: "shared-[hash]",
      plugins: [together],
      splitting: true,
    }),
    esbuild({ ...options, entryPoints: [join(PARTS, APART)] }),
  ]);
  const outputs = made.flatMap(({ metafile }) => Object.keys(metafile?.outputs ?? {}));
  const files = new Set(outputs.map((file) => join(ROOT, file)));
  for (const folder of FOLDERS) {
    mkdirSync(join(DIST, folder), { recursive: true });
    for (const file of readdirSync(join(DIST, folder))) {
      const path = join(DIST, folder, file);
      if (/\.js(\.map)?$/.test(file) && !files.has(path)) rmSync(path);
    }
    for (const file of readdirSync(join(PARTS, folder))) {
      if (file.endsWith(".d.ts")) copyFileSync(join(PARTS, folder, file), join(DIST, folder, file));
    }
  }
}

/** The doors of the package, as `package.json` has them. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  /** @type {Set<string>} */
  const found = new Set();
  for (const door of Object.values(exports)) {
    for (const [condition, file] of Object.entries(Object(door))) {
      if (condition !== "types" && /\.js$/.test(file)) found.add(file.replace("./dist/", ""));
    }
  }
  return [...found];
}

/** What a source left behind that is gone must not be shipped. */
function removeStale() {
  const generated = new Set(MODULES.map(({ name }) => name));
  for (const folder of FOLDERS) {
    const sources = new Set(
      readdirSync(join(ROOT, "src", "js", folder)).map((file) => file.replace(/\.ts$/, "")),
    );
    for (const made of [join(DIST, folder), join(PARTS, folder)].filter(existsSync)) {
      for (const file of readdirSync(made)) {
        const [, stem] = /^(.+)\.(?:d\.ts|js|js\.map)$/.exec(file) ?? [];
        if (stem !== undefined && !sources.has(stem) && !generated.has(stem)) {
          rmSync(join(made, file));
        }
      }
    }
  }
}

/** @param {string[]} files */
function hash(files) {
  const digest = createHash("sha256");
  for (const file of files) digest.update(readFileSync(file));
  return digest.digest("hex");
}

/**
 * Two builds at once would write over each other: the second one waits.
 * @param {() => Promise<void>} work
 */
async function alone(work) {
  const lock = join(BUILD, "lock");
  mkdirSync(BUILD, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      if (isDead(Number(readFileSync(lock, "utf8")))) rmSync(lock, { force: true });
      else await sleep(200);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {number} pid */
function isDead(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

if (process.argv[1] === import.meta.filename) await main(build);
