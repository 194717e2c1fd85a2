/**
 * Builds the package again from a copy in another folder, and compares every byte of `dist/`:
 * anyone with the sources can check the published files. No tool does that for a package of
 * Rust and TypeScript.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, cpSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { build } from "./build.mjs";
import { ROOT, TARGET, main, run } from "./setup.mjs";

await main(async () => {
  await build();
  const before = hashes(join(ROOT, "dist"));
  // The path has another length, too.
  const copy = mkdtempSync(join(tmpdir(), "somewhere-else-altogether-"));
  try {
    copySources(copy);
    const target = join(copy, "target");
    // The tools are shared; only their output is built again.
    copyOver(join(TARGET, "tools"), join(target, "tools"));
    copyOver(join(ROOT, "node_modules"), join(copy, "node_modules"));
    run(process.execPath, ["scripts/build.mjs"], { cwd: copy, env: { CARGO_TARGET_DIR: target } });
    const other = hashes(join(copy, "dist"));
    const names = new Set([...before.keys(), ...other.keys()]);
    const differing = [...names].filter((name) => before.get(name) !== other.get(name)).sort();
    if (differing.length > 0) throw new Error(`Different bytes:\n${differing.join("\n")}`);
    console.log(`${names.size} files have the same bytes in both builds`);
    for (const name of names) if (name.endsWith(".wasm")) console.log(before.get(name), name);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

/** The files of the repository, including uncommitted ones. @param {string} copy */
function copySources(copy) {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const file of files) {
    if (file === "" || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyOver(join(ROOT, file), join(copy, file));
  }
}

/** @param {string} from @param {string} to */
function copyOver(from, to) {
  const mode = constants.COPYFILE_FICLONE;
  cpSync(from, to, { recursive: true, preserveTimestamps: true, mode, verbatimSymlinks: true });
}

/** @param {string} folder */
function hashes(folder) {
  const files = /** @type {string[]} */ (readdirSync(folder, { recursive: true }))
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
  return new Map(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex"),
    ]),
  );
}
