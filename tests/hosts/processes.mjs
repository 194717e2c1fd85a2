/** Processes of a test: started, awaited, and ended together with all that they started. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

import { ROOT } from "../../scripts/setup.mjs";
import { freePort } from "../free-port.mjs";

const START_MS = 90_000;
const RUN_MS = 300_000;

/** @type {Set<number>} */
const groups = new Set();
process.once("exit", () => groups.forEach(end));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** @param {number} group */
function end(group) {
  groups.delete(group);
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // The process has ended.
  }
}

/** @typedef {{ cwd?: string, env?: Record<string, string> }} Options */

/**
 * Starts a process that runs until `stop`. `ended` resolves with what it printed, and
 * rejects if it failed.
 * @param {string} command
 * @param {string[]} args
 * @param {Options} [options]
 */
export function start(command, args, { cwd = ROOT, env = {} } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that nothing that it started outlives it.
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (said.stderr += text));
  /** @type {Promise<string>} */
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(said.stdout);
      const output = `${said.stdout}${said.stderr}`.slice(-8_000);
      reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}\n${output}`));
    });
  });
  ended.catch(() => {});
  return { ended, said, stop: () => pid !== undefined && end(pid) };
}

/**
 * Runs a process to its end, and returns what it printed.
 * @param {string} command
 * @param {string[]} args
 * @param {Options} [options]
 */
export async function finish(command, args, options) {
  const { ended, said, stop } = start(command, args, options);
  try {
    return await within(
      ended,
      RUN_MS,
      () => `${command} did not end\n${said.stdout}${said.stderr}`,
    );
  } finally {
    stop();
  }
}

/**
 * Runs `work` while a server runs, once it responds.
 * @template T
 * @param {string} command
 * @param {string[]} args
 * @param {string} url
 * @param {() => Promise<T>} work
 * @param {Options} [options]
 */
export async function serving(command, args, url, work, options) {
  const { ended, said, stop } = start(command, args, options);
  const failed = ended.then((output) => {
    throw new Error(`${command} ended by itself\n${output}`);
  });
  failed.catch(() => {});
  const output = () => `\n${said.stdout}${said.stderr}`.slice(-8_000);
  try {
    await Promise.race([
      failed,
      within(answering(url), START_MS, () => `${url} is silent${output()}`),
    ]);
    return await Promise.race([failed, within(work(), RUN_MS, () => `No end${output()}`)]);
  } catch (error) {
    if (error instanceof Error) error.message += output();
    throw error;
  } finally {
    stop();
  }
}

/** @param {string} url */
async function answering(url) {
  for (;;) {
    try {
      return await (await fetch(url)).arrayBuffer();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** @template T @param {Promise<T>} promise @param {number} ms @param {() => string} why @returns {Promise<T>} */
export async function within(promise, ms, why) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), ms);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `work` with a sandbox of its own, from the package that is installed in the
 * project.
 * @template T
 * @param {string} project
 * @param {(base: string) => Promise<T>} work
 */
export async function withSandbox(project, work) {
  const command = join(project, "node_modules", "uber-vouchers", "bin", "uber-vouchers.mjs");
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const args = [command, "sandbox", "--port", `${port}`, "--latency", "0-5"];
  return serving(process.execPath, args, `${base}/_sandbox/health`, () => work(base));
}
