/**
 * Runs the steps of `npm test` in parallel, and reports how many tests each has run. This is our
 * own code, since npm's scripts know neither a step's dependencies nor its share of the machine,
 * and a script runner counts an empty run as a success.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { Missing, ROOT } from "./setup.mjs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => unknown} run
 * @property {boolean} [isCheck] It has no tests: it only succeeds or fails. Any other step fails if it runs no test.
 * @property {string[]} [after] Beginnings of names: these steps must end first, if they are chosen.
 * @property {"cargo" | "package"} [lane] One step of a lane runs at a time: they use the same folder.
 * @property {number} [share] Of a processor. Default: 1. Steps that mostly wait take less.
 */

/** Three times what the longest one takes. */
const STEP_TIMEOUT_MS = 25 * 60_000;
/** How long a process may take to end, and what it leaves behind may keep its output open. */
const GRACE_MS = 10_000;
/** In processors; more than there are, since each step waits sometimes. */
const CAPACITY = 1.2 * Math.max(2, availableParallelism());
/** The lines of `tests/results.mjs`, one file for each step. */
export const RESULTS = join(ROOT, "build", "tests");

/**
 * The results of a step so far. Its output is shown when it ends, unless it is the only step.
 * @typedef {{ passed: number, failed: number, printed: string[] | undefined, results: string }} Progress
 * @type {AsyncLocalStorage<Progress>}
 */
const progress = new AsyncLocalStorage();

/** The process groups of running commands. @type {Set<number>} */
const groups = new Set();

/** Signals a command and all that it started. @param {number} group @param {NodeJS.Signals} signal */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // All of it has ended.
  }
}

process.once("exit", () => groups.forEach((group) => signalGroup(group, "SIGKILL")));

/**
 * Runs a command, and counts the tests that it reports. Nothing that it starts outlives it, and
 * nothing that it leaves behind is waited for.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {string} [cwd]
 * @param {number} [timeout] in milliseconds
 * @returns {Promise<void>}
 */
export function exec(command, args, env = {}, cwd = ROOT, timeout = STEP_TIMEOUT_MS) {
  const step = progress.getStore();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...(step && { TEST_RESULTS: step.results }), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const { pid: group } = child;
    if (group === undefined) return void child.once("error", reject);
    groups.add(group);
    let isLate = false;
    let grace = setTimeout(() => {
      isLate = true;
      signalGroup(group, "SIGTERM");
      grace = setTimeout(signalGroup, GRACE_MS, group, "SIGKILL");
    }, timeout);
    let output = "";
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
        if (step?.printed) step.printed.push(text);
        else to.write(text);
      });
    }
    child.once("exit", () => {
      clearTimeout(grace);
      signalGroup(group, "SIGKILL");
      // "close" also waits for what it left behind in other groups.
      grace = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE_MS);
    });
    child.once("close", (code, signal) => {
      clearTimeout(grace);
      groups.delete(group);
      if (step && command === "cargo") countCargo(stripVTControlCharacters(output), step);
      if (isLate) reject(new Error(`${command} did not end within ${timeout / 60_000} minutes`));
      else if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}`));
    });
  });
}

/**
 * Runs `node --test`, and counts the tests.
 * @param {string[]} files
 * @param {{ flags?: string[], env?: Record<string, string>, cwd?: string }} [how]
 */
export function nodeTest(files, { flags = [], env = {}, cwd = ROOT } = {}) {
  const results = progress.getStore()?.results ?? "/dev/null";
  return exec(
    process.execPath,
    [
      ...flags,
      "--test",
      ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
      `--test-reporter=${join(ROOT, "tests", "results.mjs")}`,
      `--test-reporter-destination=${results}`,
      ...files,
    ],
    env,
    cwd,
  );
}

/** Counts the tests in Cargo's output, which has no machine-readable form. @param {string} output @param {Progress} step */
function countCargo(output, step) {
  for (const [, passed, failed] of output.matchAll(
    /^test result: .* (\d+) passed; (\d+) failed/gm,
  )) {
    step.passed += Number(passed);
    step.failed += Number(failed);
  }
}

/** The tests that a step has recorded. @param {string} name @returns {import("../tests/results.mjs").Result[]} */
export function resultsOf(name) {
  const file = fileOf(name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

const fileOf = (/** @type {string} */ name) => join(RESULTS, `${name.replaceAll(" ", "-")}.jsonl`);

/** The steps that are running, with what they have printed. @type {Map<string, Progress>} */
const current = new Map();

// The commands are in process groups of their own, which Ctrl-C does not reach.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => {
    for (const [name, { printed = [] }] of current) {
      console.log(`\n── ${name}, which was ended by ${signal}\n${printed.join("")}`);
    }
    process.exit(1);
  });
}

/** What `node --test` and Cargo print for a test that passed. */
const PASSED = /^\s*✔ |^test .* \.\.\. ok$/;

/** @param {Step} step @param {boolean} isOnly */
async function runStep({ name, run, isCheck = false }, isOnly) {
  const results = fileOf(name);
  rmSync(results, { force: true });
  /** @type {Progress} */
  const step = { passed: 0, failed: 0, printed: isOnly ? undefined : [], results };
  current.set(name, step);
  const started = performance.now();
  /** @type {unknown[]} */
  const errors = [];
  await progress.run(step, async () => {
    try {
      await run();
    } catch (error) {
      errors.push(error instanceof Missing ? error.message : error);
    }
  });
  current.delete(name);
  for (const { passed } of resultsOf(name)) step[passed ? "passed" : "failed"] += 1;
  const { passed, failed } = step;
  if (!isCheck && passed + failed === 0 && errors.length === 0) errors.push("It ran no test.");
  const isGood = failed === 0 && errors.length === 0;
  const what = isCheck ? "check" : `${passed + failed} tests`;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const line = `${isGood ? "✓" : "✗"} ${name}: ${what}, ${seconds} s`;
  const printed = step.printed?.join("") ?? "";
  console.log(`\n── ${name}\n${printed}`);
  for (const error of errors) console.error(error);
  console.log(line);
  const notPassed = printed
    .split("\n")
    .filter((text) => !PASSED.test(stripVTControlCharacters(text)));
  return { line, passed, failed, isGood, failure: notPassed.join("\n") };
}

/**
 * Runs these steps, and ends the process.
 * @param {Step[]} steps in the order in which they start if they can
 */
export async function runSteps(steps) {
  mkdirSync(RESULTS, { recursive: true });
  const waiting = [...steps];
  /** @type {Set<Step>} */
  const running = new Set();
  /** @type {Awaited<ReturnType<typeof runStep>>[]} */
  const ended = [];
  const free = () => CAPACITY - [...running].reduce((sum, { share = 1 }) => sum + share, 0);
  /** @param {Step} step */
  const isReady = ({ after = [], lane }) =>
    ![...running].some((other) => other.lane !== undefined && other.lane === lane) &&
    ![...running, ...waiting].some(({ name }) => after.some((begin) => name.startsWith(begin)));
  /** The index of the next step that can start. None overtakes a larger one, which would wait to the end. */
  const next = () => {
    const at = waiting.findIndex(isReady);
    const { share = 1 } = waiting[at] ?? {};
    return share <= free() ? at : -1;
  };
  await new Promise((resolve) => {
    const go = () => {
      if (waiting.length + running.size === 0) resolve(undefined);
      for (let at; (at = next()) !== -1;) {
        for (const step of waiting.splice(at, 1)) {
          running.add(step);
          void runStep(step, steps.length === 1).then((result) => {
            running.delete(step);
            ended.push(result);
            go();
          });
        }
      }
    };
    go();
  });
  const total = (/** @type {"passed" | "failed"} */ what) =>
    ended.reduce((sum, result) => sum + result[what], 0);
  const bad = ended.filter(({ isGood }) => !isGood);
  // Printed again, so that failures are not lost among the successes.
  for (const { line, failure } of bad) console.log(`\n── ${line}\n${failure}`);
  console.log(`\n${ended.map(({ line }) => line).join("\n")}`);
  console.log(`\n${total("passed")} tests passed, ${total("failed")} failed`);
  if (bad.length > 0) console.log(`Failed:\n${bad.map(({ line }) => line).join("\n")}`);
  process.exit(bad.length > 0 || ended.length === 0 ? 1 : 0);
}
