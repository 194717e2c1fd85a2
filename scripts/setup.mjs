/**
 * Checks the requirements of a build, and installs them if a script can do that. Uses only
 * Node.js itself.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The folder in which cargo builds. */
export const TARGET = process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target");

/** A requirement is missing that a script can't install. */
export class Missing extends Error {}

/**
 * Runs a command and shows what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean }} [options]
 */
export function run(command, args, { cwd = ROOT, env = {}, quiet = false } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? "pipe" : ["ignore", "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error || status !== 0) {
    const why = error?.message ?? (signal ? `was ended by ${signal}` : `ended with ${status}`);
    throw new Error(`${command} ${args.join(" ")}: ${why}\n${stdout ?? ""}${stderr ?? ""}`.trim());
  }
  return stdout ?? "";
}

/**
 * The same without blocking this process, so that other commands can run at the same time.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean }} [options]
 * @returns {Promise<string>}
 */
export function runBeside(command, args, { cwd = ROOT, env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const why = signal ? `was ended by ${signal}` : `ended with ${code}`;
      reject(new Error(`${command} ${args.join(" ")}: ${why}\n${stdout}${stderr}`.trim()));
    });
  });
}

/** Makes sure that Node.js, Rust and the packages are installed. */
export async function setUp() {
  checkNode();
  checkRust();
  if (!hasPackages()) await installPackages();
}

export function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const [least = 0, leastMinor = 0] = engines.node.replace(">=", "").split(".").map(Number);
  const [have = 0, haveMinor = 0] = process.versions.node.split(".").map(Number);
  if (have < least || (have === least && haveMinor < leastMinor)) {
    throw new Missing(`Node.js ${engines.node} is needed; this is ${process.versions.node}.`);
  }
}

// The toolchain file names version, components and target; rustup installs them when cargo is
// first called here.
export function checkRust() {
  const { error, status, stderr } = spawnSync("cargo", ["--version"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (error) throw new Missing("cargo was not found. Install Rust from https://rustup.rs.");
  if (status !== 0) throw new Missing(`cargo does not run here:\n${stderr}`);
  // If rustup does not install automatically, it is asked to add what is missing.
  const printed = (/** @type {string[]} */ ...args) =>
    spawnSync("rustc", ["--print", ...args], { cwd: ROOT, encoding: "utf8" }).stdout.trim();
  const source = join(printed("sysroot"), "lib", "rustlib", "src", "rust", "library", "Cargo.lock");
  if (!existsSync(printed("target-libdir", "--target", WASM))) add("target", WASM);
  if (!existsSync(source)) add("component", "rust-src");
}

/**
 * @param {"target" | "component"} kind
 * @param {string} name
 */
function add(kind, name) {
  try {
    run("rustup", [kind, "add", name]);
  } catch (cause) {
    throw new Missing(`Rust's ${kind} ${name} is missing and rustup could not add it.`, { cause });
  }
}

export const WASM = "wasm32-unknown-unknown";

/** Whether the packages of the lock file are installed. */
export function hasPackages() {
  const lock = join(ROOT, "package-lock.json");
  const installed = join(ROOT, "node_modules", ".package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

export async function installPackages() {
  await runBeside("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/**
 * Runs a script, and prints a plain message if it fails.
 * @param {() => void | Promise<void>} script
 */
export async function main(script) {
  try {
    await script();
  } catch (error) {
    console.error(error instanceof Missing ? `\n${error.message}` : error);
    process.exit(1);
  }
}
