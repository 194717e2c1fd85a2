/** Bundles for servers: built, moved away from `node_modules`, and run. */
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { finish, withSandbox } from "../hosts/processes.mjs";
import { bin, command, env, installed, place, project } from "./project.mjs";

/** @typedef {import("../hosts/places.mjs").Result} Result */

/**
 * @param {string} line the command that builds into `out`
 * @param {string[]} run the command that runs the bundle; `out/` is the folder to which
 *   it was moved
 * @param {string} [part] files that it needs
 * @returns {Promise<Result[]>}
 */
async function bundled(line, run, part = "") {
  const folder = project("server-bundle", ...(part === "" ? [] : [part]));
  await command(folder, line);
  const away = join(folder, "..", `${folder.split("/").at(-1)}-away`);
  mkdirSync(away);
  cpSync(join(folder, "out"), join(away, "out"), { recursive: true });
  const [program = "", ...args] = run;
  const path = program.startsWith("out/") ? join(away, program) : join(bin, program);
  return withSandbox(installed, async (base) => {
    const printed = await finish(path, [...args, base], { cwd: away, env });
    const results = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
    if (readdirSync(join(away, "out")).some((file) => file === "node_modules")) {
      throw new Error("It brought the package along");
    }
    return results;
  });
}

export const serverBundles = [
  place(
    "esbuild, one file for Node.js as CommonJS",
    "`--platform=node --format=cjs`",
    () =>
      bundled("esbuild main.mjs --bundle --platform=node --outfile=out/main.cjs", [
        "node",
        "out/main.cjs",
      ]),
    "esbuild",
  ),
  place(
    "esbuild, one file for Node.js as ESM",
    "`--platform=node --format=esm`",
    () =>
      bundled("esbuild main.mjs --bundle --platform=node --format=esm --outfile=out/main.mjs", [
        "node",
        "out/main.mjs",
      ]),
    "esbuild",
  ),
  place("tsup", "`tsup --format cjs`", () =>
    bundled("tsup main.mjs --format cjs --out-dir out", ["node", "out/main.cjs"]),
  ),
  place("Rolldown", "`rolldown --platform node`", () =>
    bundled("rolldown main.mjs --platform node --dir out", ["node", "out/main.js"]),
  ),
  place(
    "Rspack, for Node.js",
    "`rspack build`, with `target: node`",
    () => bundled("rspack build", ["node", "out/main.mjs"], "rspack-node"),
    "@rspack/core",
  ),
  place("Bun", "`bun build --target=bun`", () =>
    bundled("bun build main.mjs --target=bun --outdir out", ["bun", "out/main.js"]),
  ),
  place(
    "Bun, for Node.js",
    "`bun build --target=node`",
    () => bundled("bun build main.mjs --target=node --outdir out", ["node", "out/main.js"]),
    "bun",
  ),
  place(
    "Bun, one program",
    "`bun build --compile`",
    () => bundled("bun build main.mjs --compile --outfile out/main", ["out/main"]),
    "bun",
  ),
  place("Deno", "`deno bundle`", () =>
    bundled("deno bundle main.mjs --platform deno -o out/main.mjs", [
      "deno",
      "run",
      "-A",
      "out/main.mjs",
    ]),
  ),
];
