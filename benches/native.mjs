/** The hot paths as a native program (`hot.rs`), built and found. */
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import process from "node:process";

import { Missing, run } from "../scripts/setup.mjs";

/** Builds the program and gives its path. */
export function buildHot() {
  const args = ["bench", "--quiet", "--locked", "--bench", "hot", "--no-run"];
  const told = run("cargo", [...args, "--message-format=json"], { quiet: true });
  for (const line of told.split("\n").filter((text) => text.startsWith("{"))) {
    const { executable, target } = JSON.parse(line);
    if (target?.name === "hot" && executable) return String(executable);
  }
  throw new Error("cargo did not say where it put the native program");
}

/** The path of valgrind; installed where that is possible without asking. */
export function findValgrind() {
  const find = () =>
    (process.env["PATH"] ?? "")
      .split(delimiter)
      .map((folder) => join(folder, "valgrind"))
      .find((path) => existsSync(path));
  let found = find();
  if (found === undefined && existsSync("/usr/bin/apt-get") && process.getuid?.() === 0) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    try {
      run("apt-get", ["update"], { env, quiet: true });
      run("apt-get", ["install", "-y", "--no-install-recommends", "valgrind"], {
        env,
        quiet: true,
      });
    } catch (cause) {
      throw new Missing("valgrind is needed, and apt-get could not install it.", { cause });
    }
    found = find();
  }
  if (found !== undefined) return found;
  throw new Missing("valgrind is needed to count instructions (Debian: valgrind).");
}
