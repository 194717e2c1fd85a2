/**
 * How the module is loaded if its file is not next to the script, and the errors if it can't be
 * loaded. Run in the project of the tarball.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";

import { build } from "esbuild";

const project = process.cwd();
const inside = join("node_modules", "uber-vouchers");
const dist = join(project, inside, "dist");
const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
let count = 0;

/** A folder with these files and nothing else. @param {Record<string, string>} files */
function folderOf(files) {
  const folder = join(project, `loading-${(count += 1)}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** @param {string} folder @param {string} file @param {string[]} [flags] */
async function output(folder, file, flags = []) {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...flags, file], { cwd: folder });
  return stdout.trim();
}

/** @param {string} contents @param {import("esbuild").BuildOptions} options */
async function bundle(contents, options) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project },
    bundle: true,
    target: "es2022",
    write: false,
    logLevel: "error",
    ...options,
  });
  return String(outputFiles?.[0]?.text);
}

const USE = `
import { createClient, parseCodes } from "uber-vouchers";
import { createSandbox } from "uber-vouchers/sandbox";
async function main() {
  const list = await parseCodes(${JSON.stringify(CODE)});
  const { programs } = await createSandbox();
  console.log(list.size, programs().length);
}
main();
`;
/** Prints the hint of the error. */
const HINT = `
import { parseCodes } from "uber-vouchers";
parseCodes(${JSON.stringify(CODE)}).then(
  () => console.log("loaded"),
  ({ code, queued, hint }) => console.log(code, queued, hint),
);
`;
const FAILED = "connection_failed no ";

for (const format of /** @type {const} */ (["cjs", "esm"])) {
  test(`a single file for Node.js (${format}) contains the copy`, async () => {
    const file = format === "cjs" ? "index.cjs" : "index.mjs";
    const text = await bundle(USE, { platform: "node", format, logLevel: "silent" });
    assert.equal(await output(folderOf({ [file]: text }), file), "1 0");
  });
}

test("pages and edge workers don't get the copy", async () => {
  for (const conditions of [[], ["workerd", "worker"], ["edge-light"]]) {
    const { metafile } = await build({
      stdin: { contents: USE, resolveDir: project },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      outdir: project,
      platform: "browser",
      conditions,
      external: ["*.wasm", "*.wasm?module", "node:*"],
      logLevel: "error",
    });
    assert.deepEqual(
      Object.keys(metafile?.inputs ?? {}).filter((file) => file.includes("inline")),
      [],
    );
  }
});

test("Node.js does not load the copy if the file exists", async () => {
  for (const name of ["uber_vouchers", "uber_vouchers_sandbox"]) {
    assert.ok(readdirSync(dist).includes(`${name}_bg.inline.js`));
  }
  const folder = folderOf({ "use.mjs": USE });
  copyPackage(folder, /inline/);
  assert.equal(await output(folder, "use.mjs"), "1 0");
});

/** @param {string} folder @param {RegExp} without files of these names */
function copyPackage(folder, without) {
  const copy = join(folder, inside);
  cpSync(join(project, inside), copy, { recursive: true });
  for (const file of readdirSync(join(copy, "dist"), { withFileTypes: true })) {
    if (file.isFile() && without.test(file.name)) rmSync(join(copy, "dist", file.name));
  }
}

test("without the file and its copy, the hint says how to configure bundlers", async () => {
  const folder = folderOf({ "hint.mjs": HINT });
  copyPackage(folder, /wasm$|inline/);
  const printed = await output(folder, "hint.mjs");
  assert.ok(printed.startsWith(FAILED), printed);
  assert.match(printed, /serverExternalPackages/);
  assert.match(printed, /--packages=external/);
});

test("a host without SIMD, and one without WebAssembly", async (t) => {
  const folder = folderOf({ "hint.mjs": HINT });
  copyPackage(folder, /^$/);
  assert.match(await output(folder, "hint.mjs", ["--jitless"]), /no WebAssembly/);
  if (process.arch !== "x64") return t.skip("only V8 for x64 can be told to have no SIMD");
  assert.match(await output(folder, "hint.mjs", ["--no-enable-sse4-1"]), /needs SIMD/);
});

const PAGE = `
export * from "uber-vouchers";
`;

/** Runs a page's bundle without `import.meta.url`. @param {object} globals @param {{ wasm: boolean }} allowed */
async function inPage(globals, allowed) {
  const text = await bundle(PAGE, {
    platform: "browser",
    format: "iife",
    globalName: "vouchers",
    logLevel: "silent",
  });
  const host = { TextDecoder, TextEncoder, URL, AbortSignal, fetch, performance, setTimeout };
  const context = createContext(
    { ...host, ...globals },
    { codeGeneration: { strings: false, ...allowed } },
  );
  return runInContext(`${text}; vouchers`, context);
}

/** @param {any} vouchers */
async function hintOf(vouchers) {
  try {
    await vouchers.parseCodes(CODE);
  } catch (error) {
    const { code, queued, hint } = /** @type {any} */ (error);
    assert.equal(`${code} ${queued} `, FAILED);
    return String(hint);
  }
  throw new Error("It was loaded");
}

test("an IIFE bundle has no URL, and accepts the module", async () => {
  const vouchers = await inPage({ document: {} }, { wasm: true });
  assert.match(await hintOf(vouchers), /import\.meta\.url.*setModule/);
  vouchers.setModule(new Uint8Array(readFileSync(join(dist, "uber_vouchers_bg.wasm"))));
  assert.equal((await vouchers.parseCodes(CODE)).size, 1);
});

test("a page that must not compile, and an edge runtime that can't", async () => {
  const bytes = new Uint8Array(readFileSync(join(dist, "uber_vouchers_bg.wasm")));
  for (const [globals, expected] of /** @type {const} */ ([
    [{ document: {} }, /'wasm-unsafe-eval'/],
    [{ EdgeRuntime: "edge" }, /workerd, edge-light/],
  ])) {
    const vouchers = await inPage(globals, { wasm: false });
    vouchers.setModule(bytes);
    assert.match(await hintOf(vouchers), expected);
  }
});

test("a server that serves a page or nothing instead of the module", async () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/page" ? 200 : 404, { "content-type": "text/html" });
    response.end("<!doctype html><title>Not found</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    const vouchers = await inPage({ document: {} }, { wasm: true });
    for (const path of ["page", "nothing"]) {
      vouchers.setModule(new URL(`http://127.0.0.1:${port}/${path}`));
      assert.match(await hintOf(vouchers), /No \.wasm file is served at that URL.*Angular/);
    }
  } finally {
    server.close();
  }
});

test("setModule: accepts a compiled module, bytes or a URL, and nothing else", async () => {
  const script = `
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseCodesByProgram, setModule, verifyWebhook } from "uber-vouchers";
import { createSandbox, setModule as setSandboxModule } from "uber-vouchers/sandbox";
for (const wrong of [undefined, null, 1, "x.wasm", {}, []]) {
  assert.throws(() => setModule(wrong), { code: "invalid_options", message: /WebAssembly.Module/ });
  assert.throws(() => setSandboxModule(wrong), TypeError);
}
const at = (name) => readFileSync(new URL(\`./\${name}_bg.bin\`, import.meta.url));
setModule(new WebAssembly.Module(at("uber_vouchers")));
const sandboxModule = at("uber_vouchers_sandbox");
setSandboxModule(sandboxModule.buffer.slice(sandboxModule.byteOffset, sandboxModule.byteOffset + sandboxModule.length));
const { programs } = await parseCodesByProgram("program_id,code_id\\np,${CODE}\\n");
const body = JSON.stringify({ event_type: "x" });
const signature = createHmac("sha256", "key").update(body).digest("hex");
const { type } = await verifyWebhook({ body, signature }, { signingKey: "key" });
const sandbox = await createSandbox();
console.log(programs.size, type, sandbox.programs().length);
`;
  const folder = folderOf({ "set.mjs": script });
  copyPackage(folder, /wasm$|inline/);
  for (const name of ["uber_vouchers", "uber_vouchers_sandbox"]) {
    cpSync(join(dist, `${name}_bg.wasm`), join(folder, `${name}_bg.bin`));
  }
  assert.equal(await output(folder, "set.mjs"), "1 x 0");
});

test("virtual time passes even if `setImmediate` and `MessageChannel` throw", async () => {
  const script = `
const refuse = (name) => { throw new Error(\`A Node.js API is used (\${name}) which is not supported\`); };
const kind = process.argv[2];
const value = () => refuse("setImmediate");
Object.defineProperty(globalThis, "setImmediate", kind === "get" ? { get: value } : { value });
Object.defineProperty(globalThis, "MessageChannel", { get: () => refuse("MessageChannel") });
const { createSandbox } = await import("uber-vouchers/sandbox");
const { clock } = await createSandbox();
const before = clock.now();
await Promise.all([clock.sleep(5_000), clock.sleep(3_600_000)]);
console.log(clock.now() - before);
`;
  const folder = folderOf({ "time.mjs": script });
  copyPackage(folder, /^$/);
  const run = promisify(execFile);
  for (const kind of ["get", "call"]) {
    const { stdout } = await run(process.execPath, ["time.mjs", kind], { cwd: folder });
    assert.equal(stdout.trim(), "3600000", kind);
  }
});

test("`uber-vouchers/wasm` and `uber-vouchers/sandbox/wasm` are the modules", async () => {
  for (const [door, file] of [
    ["wasm", "uber_vouchers_bg.wasm"],
    ["sandbox/wasm", "uber_vouchers_sandbox_bg.wasm"],
  ]) {
    const text = await bundle(
      `import bytes from "uber-vouchers/${door}"; console.log(bytes.length);`,
      { loader: { ".wasm": "binary" }, format: "esm" },
    );
    const printed = await output(folderOf({ "wasm.mjs": text }), "wasm.mjs");
    assert.equal(Number(printed), readFileSync(join(dist, String(file))).length);
  }
});
