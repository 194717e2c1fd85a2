/** What a user downloads: the wasm and the bundled JavaScript of each door that has a client. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { ROOT } from "./setup.mjs";

/** What each door may cost, in bytes of brotli. The aims are 61,000 and 36,000: see benches/notes.md. */
export const LIMITS = {
  /** `import { createClient } from "uber-vouchers"`. */
  client: 78_100,
  /** `import { createClient, parseCodes } from "uber-vouchers/distribute"`. */
  distribute: 48_200,
};

const DOORS = {
  client: { file: "index.js", names: "createClient", wasm: "uber_vouchers_bg.wasm" },
  distribute: {
    file: "distribute.js",
    names: "createClient, parseCodes",
    wasm: "uber_vouchers_distribute_bg.wasm",
  },
};

/** Measures, prints, and writes `build/size.json`. */
export async function reportSizes() {
  const report = { client: await sizesOf("client"), distribute: await sizesOf("distribute") };
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(join(ROOT, "build", "size.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  for (const [door, parts] of Object.entries(report)) {
    console.log(`${door.padEnd(10)}     raw     gzip   brotli`);
    for (const [name, { raw, gzip, brotli }] of Object.entries(parts)) {
      const cells = [raw, gzip, brotli].map((bytes) => bytes.toLocaleString("en").padStart(8));
      console.log(`${name.padEnd(9)} ${cells.join(" ")}`);
    }
  }
  return report;
}

/** @param {keyof DOORS} door */
async function sizesOf(door) {
  const { build } = await import("esbuild");
  const { file, names, wasm } = DOORS[door];
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names} } from "./dist/${file}";`, resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  const parts = {
    wasm: sizes(readFileSync(join(ROOT, "dist", wasm))),
    script: sizes(Buffer.from(/** @type {Uint8Array} */ (outputFiles[0]?.contents))),
  };
  const total = {
    raw: parts.wasm.raw + parts.script.raw,
    gzip: parts.wasm.gzip + parts.script.gzip,
    brotli: parts.wasm.brotli + parts.script.brotli,
  };
  return { ...parts, total };
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
