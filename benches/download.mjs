/** What a page downloads for an import: built by Vite, packed by Brotli. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { build } from "vite";

import { count, kilobytes, tell, versionOf } from "./measure.mjs";

const SMALL_AIM = 36_000;
const WHOLE_AIM = 61_000;
// Below the project, so that Vite finds what is installed there.
const home = mkdtempSync(join(dirname(import.meta.dirname), "download-"));
process.once("exit", () => rmSync(home, { recursive: true, force: true }));

const IMPORTS = {
  "uber-vouchers/distribute: createClient, parseCodes": `import { createClient, parseCodes } from "uber-vouchers/distribute";
    const made = { createClient, parseCodes };`,
  "uber-vouchers: createClient": `import { createClient as made } from "uber-vouchers";`,
  "uber-vouchers: all but the sandbox": `import * as client from "uber-vouchers";
    import * as journal from "uber-vouchers/journal";
    const made = { client, journal };`,
  stripe: `import made from "stripe";`,
  "@octokit/core": `import { Octokit as made } from "@octokit/core";`,
  "@aws-sdk/client-sqs: SQSClient, SendMessageBatchCommand": `import { SQSClient, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
    const made = { SQSClient, SendMessageBatchCommand };`,
  "@arcjet/redact-wasm: initializeWasm": `import { initializeWasm as made } from "@arcjet/redact-wasm";`,
};

/** @typedef {{ raw: number, gzip: number, brotli: number }} Size */

/** @param {string} code @returns {Promise<{ script: Size, wasm: Size, all: Size }>} */
async function sizeOf(code) {
  const folder = mkdtempSync(join(home, "page-"));
  const entry = join(folder, "entry.js");
  // A side effect, so that nothing is dropped for want of use.
  writeFileSync(entry, `${code}\nglobalThis.made = made;\n`);
  const outDir = join(folder, "out");
  await build({
    configFile: false,
    root: folder,
    logLevel: "error",
    // Without the list of a page's preloads: that is no part of any of them.
    build: { outDir, modulePreload: false, rollupOptions: { input: entry } },
  });
  const sizes = { script: noSize(), wasm: noSize(), all: noSize() };
  for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
    const path = join(outDir, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    const size = {
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes, best).length,
    };
    for (const into of [sizes[name.endsWith(".wasm") ? "wasm" : "script"], sizes.all]) {
      into.raw += size.raw;
      into.gzip += size.gzip;
      into.brotli += size.brotli;
    }
  }
  return sizes;
}

/** @returns {Size} */
function noSize() {
  return { raw: 0, gzip: 0, brotli: 0 };
}

/** @type {Record<string, Awaited<ReturnType<typeof sizeOf>>>} */
const found = {};
for (const [name, code] of Object.entries(IMPORTS)) found[name] = await sizeOf(code);

const sizeIn = (/** @type {string} */ name) => found[name]?.all.brotli ?? NaN;
const ours = sizeIn("uber-vouchers: createClient");
const small = sizeIn("uber-vouchers/distribute: createClient, parseCodes");
const whole = sizeIn("uber-vouchers: all but the sandbox");
tell("download", {
  method:
    "A build by Vite with its defaults of a page that does nothing but import; Brotli at its best level (11), each file for itself. Bytes are exact: there is no spread.",
  peers: ["vite", "stripe", "@octokit/core", "@aws-sdk/client-sqs", "@arcjet/redact-wasm"].map(
    versionOf,
  ),
  tables: [
    {
      caption: "Bytes",
      columns: ["", "Brotli", "of it wasm", "gzip", "unpacked", "÷ ours"],
      rows: Object.entries(found).map(([name, { wasm, all }]) => [
        name,
        count(all.brotli),
        count(wasm.brotli),
        count(all.gzip),
        count(all.raw),
        (all.brotli / ours).toFixed(2),
      ]),
    },
  ],
  targets: [
    {
      what: "a page that only distributes",
      target: "at most 36 kB",
      found: kilobytes(small),
      met: small <= SMALL_AIM,
    },
    {
      what: "all but sandbox and worker",
      target: "at most 61 kB",
      found: kilobytes(whole),
      met: whole <= WHOLE_AIM,
    },
  ],
});
