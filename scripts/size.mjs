/** The download of a user: the wasm and the bundled JavaScript of each entry point with a client. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { ROOT } from "./setup.mjs";

/** The limit of each entry point, in bytes of brotli. The aims are 61,000 and 36,000: see benches/notes.md. */
export const LIMITS = {
  /** `import { createClient } from "uber-vouchers"`. */
  client: 79_600,
  /** `import { createClient, parseCodes } from "uber-vouchers/distribute"`. */
  distribute: 48_200,
};

const ENTRY_POINTS = {
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
  for (const [entry, parts] of Object.entries(report)) {
    console.log(`${entry.padEnd(10)}     raw     gzip   brotli`);
    for (const [name, { raw, gzip, brotli }] of Object.entries(parts)) {
      const cells = [raw, gzip, brotli].map((bytes) => bytes.toLocaleString("en").padStart(8));
      console.log(`${name.padEnd(9)} ${cells.join(" ")}`);
    }
  }
  return report;
}

/** @param {keyof ENTRY_POINTS} entry */
async function sizesOf(entry) {
  const { build } = await import("esbuild");
  const { file, names, wasm } = ENTRY_POINTS[entry];
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
