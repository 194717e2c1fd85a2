/** Joins the modules of `build/js` into the files of `dist`: few to load, and minified. */
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./setup.mjs";

export const DIST = join(ROOT, "dist");
/** Every module on its own. */
export const PARTS = join(ROOT, "build", "js");
/** What wasm-bindgen makes stands beside the modules that use it. */
export const GLUE = join(PARTS, "wasm");
/** It needs nothing of what the other doors share, and a page that has only this one loads only this. */
const APART = /^worker-client\b/;
/** The doors of the small wasm. */
const SMALL = /^distribute\b/;

/** @typedef {{ in: string, out: string }} Entry */

/**
 * An entry for each door and host, and behind them one file that all share, and
 * one more of the sandbox's. In Node.js each file costs most of a millisecond, so
 * eighty took four times as long to import, and one for each set of doors that share
 * something still twice as long.
 * jose comes along: the package has no dependency.
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

/** Gives the files that come of it. @param {Entry[]} entryPoints @param {import("esbuild").Plugin[]} [plugins] */
async function joinInto(entryPoints, plugins = []) {
  // Here and not above: the build may have to install it first.
  const { build } = await import("esbuild");
  const { metafile } = await build({
    entryPoints,
    plugins,
    outdir: DIST,
    outbase: PARTS,
    chunkNames: "shared-[hash]",
    bundle: true,
    splitting: true,
    // What a host reads through before anything runs; the maps beside it have the sources.
    minify: true,
    sourcemap: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm", "*.wasm?module", "*_bg.inline.js", "cloudflare:*", "node:*"],
    // Its licence asks for it.
    legalComments: "inline",
    metafile: true,
    // `sideEffects` of package.json is about the files that come out.
    ignoreAnnotations: true,
    logLevel: "warning",
  });
  return Object.keys(metafile.outputs);
}

/** What every door imports goes into one file: this. @param {string} api @returns {import("esbuild").Plugin} */
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

/** The small wasm in place of the whole one. @type {import("esbuild").Plugin} */
const smallBinding = {
  name: "small binding",
  setup({ onResolve }) {
    onResolve({ filter: /\/binding\.js$/ }, () => ({
      path: join(GLUE, "distribute-binding.js"),
    }));
  },
};

/**
 * The files of `dist/` that `package.json` names, and what each is made of.
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
    if (source === undefined) throw new Error(`Nothing is there to make ${file} of`);
    return { in: source, out };
  });
}

/** @param {string} folder */
export const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name));
