/** The package as users get it: packed, installed in another folder, and inspected. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT, run } from "../../scripts/setup.mjs";

const HERE = join(ROOT, "tests", "package");
/** @typedef {(command: string, args: string[], env?: Record<string, string>, cwd?: string) => Promise<void>} Exec */

/** @type {{ project: string, tarball: string } | undefined} */
let installed;

/** An empty project with the packed package and these tests; created once. Returns its folder. */
export async function packAndInstall() {
  return install().project;
}

function install() {
  if (installed) return installed;
  const project = mkdtempSync(join(tmpdir(), "uber-vouchers-"));
  process.once("exit", () => rmSync(project, { recursive: true, force: true }));
  // Everything that `prepack` would build is built.
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", project];
  run("npm", pack, { quiet: true });
  const file = readdirSync(project).find((name) => name.endsWith(".tgz"));
  const tarball = join(project, String(file));
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const flags = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
  run("npm", ["install", ...flags, tarball], { cwd: project, quiet: true });
  cpSync(join(ROOT, "tests"), join(project, "tests"), {
    recursive: true,
    filter: (path) => !path.includes("node_modules"),
  });
  // The assertions of `harness.mjs`.
  cpSync(join(ROOT, "node_modules", "chai"), join(project, "node_modules", "chai"), {
    recursive: true,
  });
  return (installed = { project, tarball });
}

/**
 * Compares the published files and the imports of the wasm with the recorded ones.
 * @param {boolean} record whether to write it down anew
 */
export function checkContents(record) {
  const folder = join(install().project, "node_modules", "uber-vouchers");
  const files = /** @type {string[]} */ (readdirSync(folder, { recursive: true }))
    .filter((file) => file.includes("."))
    // The same file with a name that depends on its content.
    .map((file) => file.replace(/shared-\w{8}/, "shared-HASH"))
    .sort();
  compare("files.txt", `${files.join("\n")}\n`, record);
  for (const name of ["uber_vouchers", "uber_vouchers_distribute", "uber_vouchers_sandbox"]) {
    const stems = readFileSync(join(ROOT, "build", `${name}.imports.txt`), "utf8");
    compare(`${name}.imports.txt`, stems, record);
    const wasm = new WebAssembly.Module(readFileSync(join(folder, "dist", `${name}_bg.wasm`)));
    const count = WebAssembly.Module.imports(wasm).length;
    if (count !== stems.trim().split("\n").length) {
      throw new Error(`${name} has ${count} imports, which its list has not`);
    }
  }
}

/** @param {string} name @param {string} found @param {boolean} record */
function compare(name, found, record) {
  const file = join(HERE, name);
  if (record) writeFileSync(file, found);
  const known = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (known === found) return;
  const [before, now] = [new Set(known.split("\n")), new Set(found.split("\n"))];
  const added = [...now].filter((line) => !before.has(line)).map((line) => `+ ${line}`);
  const gone = [...before].filter((line) => !now.has(line)).map((line) => `- ${line}`);
  const how = "If that is meant: npm test -- package --record";
  throw new Error([`tests/package/${name} says otherwise. ${how}`, ...added, ...gone].join("\n"));
}

/** @param {Exec} exec */
export async function checkPackage(exec) {
  const { project, tarball } = install();
  const copy = join(project, "copy");
  mkdirSync(copy, { recursive: true });
  cpSync(tarball, join(copy, "package.tgz"));
  const bin = join(ROOT, "node_modules", ".bin");
  await exec(join(bin, "publint"), ["run", "--strict", "package.tgz"], {}, copy);
  const modules = ["--exclude-entrypoints", "./wasm", "./distribute/wasm", "./sandbox/wasm"];
  const flags = ["--profile", "esm-only", "--no-emoji", ...modules];
  await exec(join(bin, "attw"), ["package.tgz", ...flags], {}, copy);
}

/** Compiles consumers' code, in each kind of project. @param {Exec} exec */
export async function checkTypes(exec) {
  await exec(process.execPath, ["tests/types/check.mjs", install().project]);
}
