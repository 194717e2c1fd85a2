/**
 * Every code sample of the documents, as a reader would use it: in an empty project
 * with the package. A sample that can't be run has to say why; see samples.mjs.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { transform } from "esbuild";
import typescript from "typescript";

import { ROOT, TARGET } from "../../scripts/setup.mjs";
import { PAGES, WORKERS } from "./checks.mjs";
import { GIVEN } from "./given.mjs";
import { samplesOf } from "./samples.mjs";
import { checkCommands } from "./shell.mjs";

const SITE = join("www", "docs");
const DOCUMENTS = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, SITE), { recursive: true }).map((file) => join(SITE, String(file))),
].filter((file) => file.endsWith(".md"));

const SCRIPTS = ["js", "mjs", "ts"];
/** Not code: it only shows what something looks like. */
const PLAIN = ["text", "csv", "http"];
const RUN_TIMEOUT_MS = 30_000;

/** A file that the texts mention. */
const CODES = `program_id,code_id
june,3f2504e0-4f89-41d3-9a0c-0305e82c3301
june,9b2d7c1e-8a34-4c5f-b6d0-1e2f3a4b5c6d
july,1f913a96-f52c-42a0-aa0b-a2ba53b2d631
`;

/**
 * The documents that show the ready-made worker completely. A document that links to it need not
 * repeat it.
 */
const READY = samplesOf(readFileSync(join(ROOT, SITE, "guides", "edge-worker.md"), "utf8"));
const READY_FILE = "ready-worker.mjs";

/** @typedef {import("./samples.mjs").Sample} Sample */
/**
 * The kind of a document, and what it has shown so far. @typedef {{ isReadme: boolean,
 * configuration: string | undefined, worker: string, html: string | undefined }} State
 */
/** @typedef {{ sample: Sample, code: string, language: string, output: string | undefined }} Program */

for (const [index, document] of DOCUMENTS.entries()) {
  const folder = join(process.cwd(), `docs-${index}`);
  mkdirSync(folder, { recursive: true });
  const samples = samplesOf(readFileSync(join(ROOT, document), "utf8"));
  writeFileSync(join(folder, "codes.csv"), CODES);
  const ready = READY.find(({ kind, name }) => kind === "worker" && name === "ready");
  writeFileSync(join(folder, READY_FILE), String(ready?.code));
  // `first.mjs` is the README's first sample.
  const files = new Set(["codes.csv", "first.mjs"]);
  /** @type {State} */
  const state = {
    isReadme: document === "README.md",
    configuration: (samples.find(isConfiguration) ?? READY.find(isConfiguration))?.code,
    worker: READY_FILE,
    html: undefined,
  };
  describe(document, () => {
    for (const program of joined(samples)) {
      const { sample } = program;
      test(`line ${sample.line}: ${sample.language} ${sample.kind || "run"}`, () =>
        tryOut(program, folder, files, state));
    }
  });
}

/** @param {Sample} sample */
function isConfiguration({ language, code }) {
  return language === "jsonc" && code.includes('"durable_objects"');
}

/**
 * Joins a sample with those that continue it, and with the expected output.
 *
 * @param {Sample[]} samples
 */
function joined(samples) {
  /** @type {Program[]} */
  const programs = [];
  for (const sample of samples) {
    const last = programs.at(-1);
    if (sample.kind === "continues" && last) {
      last.code += sample.code;
    } else if (sample.kind === "output" && last) {
      last.output = (last.output ?? "") + sample.code;
    } else {
      const { code, language } = sample;
      programs.push({ sample, code, language, output: undefined });
    }
  }
  return programs;
}

/**
 * @param {Program} program
 * @param {string} folder
 * @param {Set<string>} files
 * @param {State} state
 */
async function tryOut({ sample, code, language, output }, folder, files, state) {
  const { isReadme } = state;
  const { kind, name, flags, reason } = sample;
  if (kind === "file" || (kind === "" && name !== undefined)) {
    writeFileSync(join(folder, String(name)), code);
    files.add(String(name));
  }
  assert.ok(kind !== "file" || !SCRIPTS.includes(language), "Code is run, and not only kept");
  if (kind === "types") {
    assert.ok(reason, "It has to say why it is not run");
    return compile(folder, `sample-${sample.line}.ts`, code);
  }
  if (SCRIPTS.includes(language)) {
    const given = GIVEN[flags["given"] ?? ""] ?? "";
    assert.ok(given || flags["given"] === undefined, `Nothing is given as ${flags["given"]}`);
    const isModule = kind === "worker" || kind === "page";
    const file = (!isModule && name) || `sample-${sample.line}.mjs`;
    // JavaScript of the README is compiled too, because readers paste it into TypeScript files.
    if (language === "ts" || isReadme) compile(folder, `sample-${sample.line}.ts`, code);
    const script = language === "ts" ? (await transform(code, { loader: "ts" })).code : code;
    writeFileSync(join(folder, file), given + script);
    files.add(file);
    if (!isModule) {
      assert.doesNotMatch(code, /^export default/m, "Say how: `worker` and the name of a check");
      const printed = await runScript(folder, file, flags["with"]);
      if (isReadme)
        assert.notEqual(printed.trim(), "", "It prints nothing: who runs it sees nothing");
      return checkOutput(printed, output);
    }
    const check = (kind === "worker" ? WORKERS : PAGES)[String(name)];
    assert.ok(check, `There is no check ${name}`);
    const before = state.worker;
    if (kind === "worker") state.worker = file;
    return check({ folder, entry: file, ...state, worker: before });
  }
  if (language === "html") {
    // The HTML that a page sample below it uses.
    state.html = code;
    return undefined;
  }
  if (language === "sh") return checkCommands(code, files);
  if (language === "json" || language === "jsonc") return checkJson(code);
  if (language === "rust") return compileRust(folder, code);
  assert.ok(PLAIN.includes(language) || kind === "file", `How is ${language || "this"} tried?`);
}

/** @param {string} folder @param {string} file @param {string} [preload] @returns {Promise<string>} */
function runScript(folder, file, preload = "no-network") {
  const before = join(process.cwd(), "tests", "docs", `${preload}.mjs`);
  assert.ok(existsSync(before), `There is nothing to run it with: ${preload}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", before, file], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: RUN_TIMEOUT_MS,
    });
    let printed = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(printed + said);
      else reject(new Error(`It ended with ${signal ?? code}:\n${printed}${said}`));
    });
  });
}

/** @param {string} printed @param {string | undefined} expected */
function checkOutput(printed, expected) {
  if (expected === undefined) return;
  const escaped = expected
    .trim()
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  assert.match(printed.trim(), new RegExp(`^${escaped.join("[^]*?")}$`));
}

/**
 * Compiles with strict options, as in a worker's project.
 *
 * @param {string} folder
 * @param {string} name
 * @param {string} code
 */
function compile(folder, name, code) {
  const file = join(folder, name);
  writeFileSync(file, code);
  const program = typescript.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: typescript.ScriptTarget.ES2022,
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules", "@types")],
  });
  const told = typescript.getPreEmitDiagnostics(program).map(({ messageText, start, file: of }) => {
    const { line } = of?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0 };
    return `line ${line + 1}: ${typescript.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  assert.deepEqual(told, []);
}

/** A whole file, or only members of one. @param {string} code */
function checkJson(code) {
  const parse = (/** @type {string} */ text) =>
    typescript.parseConfigFileTextToJson("sample.jsonc", text).error;
  const error = parse(code);
  assert.ok(!error || !parse(`{${code}}`), String(error?.messageText));
}

/**
 * Compiles in a crate of its own, which depends on this one.
 *
 * @param {string} folder
 * @param {string} code
 */
function compileRust(folder, code) {
  const crate = join(folder, "crate");
  mkdirSync(join(crate, "src"), { recursive: true });
  cpSync(join(ROOT, "Cargo.lock"), join(crate, "Cargo.lock"));
  const path = JSON.stringify(ROOT);
  const manifest = `[package]
name = "sample"
version = "0.0.0"
edition = "2024"
[dependencies]
uber-vouchers = { path = ${path} }
[workspace]
`;
  writeFileSync(join(crate, "Cargo.toml"), manifest);
  writeFileSync(join(crate, "src", "lib.rs"), `#![allow(dead_code)]\n${code}`);
  const env = { ...process.env, CARGO_TARGET_DIR: join(TARGET, "docs") };
  const args = ["check", "--quiet", "--offline"];
  execFileSync("cargo", args, { cwd: crate, env, stdio: ["ignore", "inherit", "inherit"] });
}
