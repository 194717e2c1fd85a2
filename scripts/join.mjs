/** Joins the modules of `build/js` into the few, minified files of `dist`. */
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./setup.mjs";

export const DIST = join(ROOT, "dist");
/** Every module as a separate file. */
export const PARTS = join(ROOT, "build", "js");
/** The output of wasm-bindgen is next to the modules that use it. */
export const GLUE = join(PARTS, "wasm");
/** It shares nothing with the other entry points, and a page that uses only this one loads only this. */
const APART = /^worker-client\b/;
/** The entry points of the small wasm. */
const SMALL = /^distribute\b/;

/** @typedef {{ in: string, out: string }} Entry */

/**
 * One small file for each entry point and host, one file that all of them share, and one more
 * for the sandbox. In Node.js each file takes most of a millisecond, so eighty took four times
 * as long to import, and one for each set of entry points that share something still twice as
 * long. jose is included: the package has no dependencies.
 */
export async function joinModules() {
  const all = doorFiles("js");
  const made = await Promise.all([
    joinInto(
      all.filter(({ out }) => !APART.test(out) && !SMALL.test(out)),
      [together("api.js")],
    ),
    joinInto(
      all.filter(({ out }) => SMALL.test(out)),
      [together("distribute-api.js"), smallBinding],
    ),
    joinInto(all.filter(({ out }) => APART.test(out))),
  ]);
  const files = new Set(made.flat().map((file) => join(ROOT, file)));
  for (const path of filesBelow(DIST)) {
    const isScript = /(?<!_bg\.inline)\.js(\.map)?$/.test(path);
    if (isScript && !files.has(path)) rmSync(path);
  }
}

/** Returns the written files. @param {Entry[]} entryPoints @param {import("esbuild").Plugin[]} [plugins] */
async function joinInto(entryPoints, plugins = []) {
  // Imported here and not above: the build may have to install it first.
  const { build } = await import("esbuild");
  const { metafile } = await build({
    entryPoints,
    plugins,
    outdir: DIST,
    outbase: PARTS,
    chunkNames: "shared-[hash]",
    bundle: true,
    splitting: true,
    // A host parses all of it before anything runs; the maps have the sources.
    minify: true,
    sourcemap: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm", "*.wasm?module", "*_bg.inline.js", "cloudflare:*", "node:*"],
    // Its licence requires this.
    legalComments: "inline",
    metafile: true,
    // `sideEffects` of package.json is about the written files.
    ignoreAnnotations: true,
    logLevel: "warning",
  });
  return Object.keys(metafile.outputs);
}

/** Puts the imports of every entry point into one file: this. @param {string} api @returns {import("esbuild").Plugin} */
const together = (api) => ({
  name: "together",
  setup({ initialOptions, onLoad }) {
    const entryPoints = /** @type {Entry[]} */ (initialOptions.entryPoints);
    const joined = new Set(entryPoints.map((entry) => entry.in));
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!joined.has(path)) return undefined;
      const imported = JSON.stringify(join(PARTS, api));
      return { contents: `${readFileSync(path, "utf8")}\nimport ${imported};\n` };
    });
  },
});

/** The small wasm instead of the whole one. @type {import("esbuild").Plugin} */
const smallBinding = {
  name: "small binding",
  setup({ onResolve }) {
    onResolve({ filter: /\/binding\.js$/ }, () => ({
      path: join(GLUE, "distribute-binding.js"),
    }));
  },
};

/**
 * The files of `dist/` that `package.json` names, and the source of each.
 * @param {"js" | "d.ts"} ending
 * @returns {Entry[]}
 */
export function doorFiles(ending) {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = Object.values(exports)
    .flatMap((door) => Object.values(Object(door)))
    .filter((file) => file.endsWith(`.${ending}`))
    .map((file) => file.replace("./dist/", ""));
  return [...new Set(files)].map((file) => {
    const out = file.slice(0, -ending.length - 1);
    const sources = [file, join("entry", file), join(out, `index.${ending}`), join("wasm", file)];
    const source = sources.map((path) => join(PARTS, path)).find(existsSync);
    if (source === undefined) throw new Error(`There is no source of ${file}`);
    return { in: source, out };
  });
}

/** @param {string} folder */
export const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name));
