/** What a user downloads: the wasm and the bundled JavaScript of the client. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { ROOT } from "./setup.mjs";

/** What `import { createClient }` may cost, in bytes of brotli. The aim is 36,000: see benches/notes.md. */
export const LIMIT = 74_200;

/** Measures, prints, and writes `build/size.json`. */
export async function reportSizes() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: 'export { createClient } from "./dist/index.js";', resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  const wasm = readFileSync(join(ROOT, "dist", "uber_vouchers_bg.wasm"));
  const script = Buffer.from(/** @type {Uint8Array} */ (outputFiles[0]?.contents));
  const parts = { wasm: sizes(wasm), script: sizes(script) };
  const total = {
    raw: parts.wasm.raw + parts.script.raw,
    gzip: parts.wasm.gzip + parts.script.gzip,
    brotli: parts.wasm.brotli + parts.script.brotli,
  };
  const report = { ...parts, total };
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(join(ROOT, "build", "size.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  console.log("client      raw     gzip   brotli");
  for (const [name, { raw, gzip, brotli }] of Object.entries(report)) {
    const cells = [raw, gzip, brotli].map((bytes) => bytes.toLocaleString("en").padStart(8));
    console.log(`${name.padEnd(6)} ${cells.join(" ")}`);
  }
  return report;
}

/** @param {Buffer} bytes */
function sizes(bytes) {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, best).length,
  };
}
