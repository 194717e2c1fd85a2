/**
 * `npm run build`: the package in `dist/`, from the Rust and TypeScript sources.
 */
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
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  ROOT,
  TARGET,
  WASM,
  checkNode,
  checkRust,
  hasPackages,
  installPackages,
  main,
  run,
  runBeside,
} from "./setup.mjs";
import { joinDeclarations } from "./declarations.mjs";
import { fitGlue } from "./glue.mjs";
import { DIST, GLUE, PARTS, filesBelow, joinModules } from "./join.mjs";
import { writeSbom } from "./sbom.mjs";
import { reportSizes } from "./size.mjs";
import { createSteps } from "./steps.mjs";

const BUILD = join(ROOT, "build");
/** Where each host's entry looks for the wasm: in its own folder, as in `dist/`. */
const ENTRIES = join(PARTS, "entry");
const TOOLS = join(TARGET, "tools");

/** The features that the compiler may use: every engine has had them since 2022. */
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
 * The standard library is built too, without the text of its panics: a panic
 * ends in a trap anyway, and the text is a tenth of the wasm. Cargo takes these
 * flags from a stable toolchain only with RUSTC_BOOTSTRAP; they apply to the
 * published wasm only, and the toolchain is pinned.
 */
const SMALL_STD = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/**
 * In addition to `-Oz`: a function with one caller is inlined only if it is short, and no locals
 * are saved, because similar code compresses better; low memory, where the stack ends, is unused,
 * so an offset needs no addition; functions of one module are next to each other, which compresses
 * better than the order of their use.
 */
const SMALLER = [
  "--one-caller-inline-max-function-size=60",
  "--low-memory-unused",
  "--skip-pass=local-cse",
  "--skip-pass=simplify-locals",
  "--reorder-functions-by-name",
];

/** Sixteen bytes at once: codes, and SHA-256 in half the size and time. */
export const SIMD = "-Ctarget-feature=+simd128";

const SMALL = "uber_vouchers_distribute";
/** The whole wasm, a small one for users who only distribute, and one for the sandbox. */
const MODULES = [
  { name: "uber_vouchers", feature: "jobs" },
  { name: SMALL, feature: "client" },
  { name: "uber_vouchers_sandbox", feature: "sandbox,js" },
];

/** @param {string[]} paths */
const inRoot = (...paths) => paths.map((path) => join(ROOT, path));
const SCRIPTS = inRoot("scripts/build.mjs", "scripts/setup.mjs", "package-lock.json");
const RUST = readdirSync(join(ROOT, "src"))
  .filter((name) => name !== "js")
  .map((name) => join(ROOT, "src", name));
const BINDGEN = join(TOOLS, "debug", "bindgen");
/** Where both modules are compiled: they share the standard library and most crates. */
const COMPILED = join(TARGET, "modules");

/** @typedef {(typeof MODULES)[number]} Module */
/** @param {Module} module */
const compiledAs = ({ name }) => join(COMPILED, `${name}.wasm`);
/** @param {Module} module */
const distFile = ({ name }) => join(DIST, `${name}_bg.wasm`);
/** @param {Module} module */
const madeOf = (module) => [
  ...["js", "d.ts"].map((ending) => join(GLUE, `${module.name}.${ending}`)),
  join(ENTRIES, `${module.name}_bg.wasm`),
  join(BUILD, `${module.name}.imports.txt`),
  distFile(module),
  distFile(module).replace(".wasm", ".inline.js"),
];

/** The number of steps of `build`; a caller with more steps passes the total. */
export const BUILD_STEPS = 4;

/** Builds everything that is not up to date. @param {number} [steps] the total number of steps */
export async function build(steps = BUILD_STEPS) {
  checkNode();
  await alone(async () => {
    mkdirSync(DIST, { recursive: true });
    const step = createSteps(steps);
    await step(
      {
        name: "packages",
        title: "Installing the packages of npm",
        seconds: 20,
        inputs: inRoot("package-lock.json"),
        outputs: inRoot("node_modules/.package-lock.json"),
      },
      async () => {
        if (!hasPackages()) await installPackages();
      },
    );
    await step(
      {
        name: "compiled",
        title: "Compiling the core to WebAssembly, and the tool that binds it to JavaScript",
        seconds: 100,
        inputs: [
          ...RUST,
          ...inRoot("Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "scripts/wasm-bindgen"),
          ...SCRIPTS,
        ],
        outputs: [...MODULES.map(compiledAs), BINDGEN],
      },
      async () => {
        checkRust();
        // First, since the flags name the folder that cargo downloads into.
        await runBeside("cargo", ["fetch", "--quiet", "--locked", "--target", WASM]);
        // While one links, which takes a single core, the other compiles.
        await Promise.all([buildTool("bindgen"), compileModules()]);
      },
    );
    await step(
      {
        name: "bound",
        title: "Making the modules small",
        seconds: 15,
        inputs: [...MODULES.map(compiledAs), BINDGEN, ...SCRIPTS],
        outputs: MODULES.flatMap(madeOf),
      },
      async () => {
        await Promise.all(MODULES.map(bindModule));
      },
    );
    await step(
      {
        name: "package",
        title: "Compiling the package's TypeScript",
        seconds: 15,
        inputs: [
          ...inRoot("src/js", "package.json", "tsconfig.json", "scripts/sbom.mjs"),
          ...inRoot(
            "scripts/join.mjs",
            "scripts/declarations.mjs",
            "scripts/size.mjs",
            "Cargo.lock",
          ),
          ...MODULES.flatMap(madeOf),
          ...SCRIPTS,
        ],
        outputs: [DIST, PARTS, join(BUILD, "size.json")],
      },
      async () => {
        removeStale();
        await runBeside(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", "src/js"]);
        await joinModules();
        await joinDeclarations();
        writeSbom({ modules: MODULES, flags: SMALL_STD });
        await reportSizes();
      },
    );
  });
}

/** wasm-bindgen, in the version that Cargo.toml asks for. @param {"bindgen" | "test-runner"} name */
async function buildTool(name) {
  const manifest = join(ROOT, "scripts", "wasm-bindgen", "Cargo.toml");
  const features = name === "bindgen" ? [] : ["--features", name];
  const args = ["build", "--quiet", "--locked", "--manifest-path", manifest, "--bin", name];
  await runBeside("cargo", [...args, ...features, "--target-dir", TOOLS]);
  return join(TOOLS, "debug", name);
}

/** The runner of the core's own tests in a browser. Returns its path. */
export const buildTestRunner = () => buildTool("test-runner");

async function compileModules() {
  for (const module of MODULES) {
    const made = join(COMPILED, WASM, "release", "uber_vouchers.wasm");
    // Both have one name, and cargo compares only times: it would take the other's file.
    rmSync(join(COMPILED, WASM, "release", "deps", "uber_vouchers.wasm"), { force: true });
    await runBeside(
      "cargo",
      [
        ...["build", "--quiet", "--release", "--locked", "--lib", "--target", WASM],
        ...["--target-dir", COMPILED, "--no-default-features", "--features", module.feature],
        ...SMALL_STD,
      ],
      { env: { CARGO_ENCODED_RUSTFLAGS: rustFlags().join("\x1f"), RUSTC_BOOTSTRAP: "1" } },
    );
    copyFileSync(made, compiledAs(module));
  }
}

/** @param {Module} module */
async function bindModule(module) {
  const { name } = module;
  const wasm = distFile(module);
  await runBeside(BINDGEN, [compiledAs(module), GLUE, name]);
  rmSync(join(GLUE, `${name}_bg.wasm.d.ts`), { force: true });
  renameSync(join(GLUE, `${name}_bg.wasm`), wasm);
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const shortNames = "--minify-imports-and-exports-and-modules";
  const names = await runBeside(
    join(ROOT, "node_modules", ".bin", "wasm-opt"),
    [
      "-Oz",
      "-Oz",
      ...SMALLER,
      "--strip-target-features",
      ...features,
      shortNames,
      wasm,
      "-o",
      wasm,
    ],
    { quiet: true },
  );
  linkGlue(name, names);
  mkdirSync(ENTRIES, { recursive: true });
  copyFileSync(wasm, join(ENTRIES, `${name}_bg.wasm`));
  writeInline(wasm, wasm.replace(".wasm", ".inline.js"));
}

/**
 * The same bytes as a script, for Node.js, Deno and Bun: a bundler includes it even if it
 * does not copy the .wasm file. It is loaded only then.
 * @param {string} wasm
 * @param {string} script
 */
function writeInline(wasm, script) {
  const base64 = readFileSync(wasm).toString("base64");
  writeFileSync(
    script,
    `import { Buffer } from "node:buffer";\nexport default Buffer.from("${base64}", "base64");\n`,
  );
}

/** @param {string} name @param {string} renamed what wasm-opt says of it */
function linkGlue(name, renamed) {
  const file = join(GLUE, `${name}.js`);
  /** @type {import("./glue.mjs").Names} */
  const names = JSON.parse(renamed);
  writeFileSync(file, fitGlue(readFileSync(file, "utf8"), name, names, name === SMALL));
  // For the test that nothing new is asked of the host.
  const stems = names.imports.map(([, from]) => from.replace(/_[0-9a-f]{16}$/, "")).sort();
  writeFileSync(join(BUILD, `${name}.imports.txt`), `${stems.join("\n")}\n`);
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
  // A toolchain can be a link to another.
  const paths = [ROOT, ...crates, sources, realpathSync(sources)];
  const remaps = paths.map((path) => `--remap-path-prefix=${path}=`);
  const hot = "--cfg=hot_paths";
  // Generic code of the standard library is compiled with the code that uses it.
  const small = ["-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zshare-generics=no"];
  return ["-Zunstable-options", SIMD, ...small, hot, ...remaps];
}

/** Removes files of deleted sources, so that they are not published. */
function removeStale() {
  const generated = new RegExp(`^(${MODULES.map(({ name }) => name).join("|")})(_bg)?\\.`);
  for (const path of filesBelow(PARTS)) if (!generated.test(basename(path))) rmSync(path);
}

/**
 * Two builds at a time would overwrite each other's files: the second one waits.
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

if (process.argv[1] === import.meta.filename) {
  const steps = process.argv.slice(2).map(Number);
  await main(() => build(...steps));
}
