/** Modules of the console that need no page. */
import { mkdir } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import { build } from "esbuild";

const ROOT = new URL("../../", import.meta.url);

/** A module of the console, as Node.js can load it. @param {string} path */
export async function consoleModule(path) {
  const outfile = new URL(`build/tests/${path.replaceAll("/", "-")}.mjs`, ROOT);
  await mkdir(new URL(".", outfile), { recursive: true });
  await build({
    entryPoints: [new URL(`www/console/src/${path}.ts`, ROOT).pathname],
    outfile: outfile.pathname,
    bundle: true,
    format: "esm",
    // Node.js has none before version 21.
    define: { "navigator.language": '"en-GB"' },
    external: ["uber-vouchers", "uber-vouchers/*"],
  });
  return import(pathToFileURL(outfile.pathname).href);
}
