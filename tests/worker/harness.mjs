/**
 * The worker in workerd and the sandbox behind it, each in a process of its own that a
 * test can kill. The sandbox has the truth, so it is the one that is not killed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildWorkers } from "../../scripts/bundle.mjs";
import { freePort } from "../free-port.mjs";
import { limitMemory } from "../little-memory.mjs";

export const ADMIN_TOKEN = "admin-token-of-the-tests";
export const SIGNING_KEY = "signing-key-of-the-tests";
export const ORGANIZATION = "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10";
export const CLIENT = { id: "client-of-the-tests", secret: "secret-of-the-tests" };
const START_MS = 30_000;

/** @type {Map<string, Promise<{ out: string, workers: Record<string, import("../../scripts/bundle.mjs").Module[]> }>>} */
const built = new Map();

/**
 * Bundles a worker once, with a page in place of the console.
 * @param {string} entry below this folder
 * @param {number | undefined} memoryPages
 */
function build(entry, memoryPages) {
  const name = `${entry} ${memoryPages}`;
  const before = built.get(name);
  if (before) return before;
  const building = (async () => {
    const out = await temporary();
    const assets = join(out, "console", "assets");
    await mkdir(assets, { recursive: true });
    await writeFile(join(out, "console", "index.html"), "<!doctype html><title>Console</title>");
    await writeFile(join(assets, "script-1a2b3c.js"), "export {};");
    const workers = await buildWorkers(out, { worker: `tests/worker/${entry}` });
    if (memoryPages !== undefined) {
      const wasm = join(out, "workers", "uber_vouchers_bg.wasm");
      await writeFile(wasm, limitMemory(await readFile(wasm), memoryPages));
    }
    return { out, workers };
  })();
  built.set(name, building);
  return building;
}

/** @type {Set<() => unknown>} */
const cleanups = new Set();

/** Ends everything that was started here, and removes what it left. */
export async function cleanUp() {
  for (const cleanup of [...cleanups].reverse()) await cleanup();
  cleanups.clear();
}

/** A folder that is removed when the tests end. */
export async function temporary() {
  const folder = await mkdtemp(join(tmpdir(), "uber-vouchers-"));
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts a script and waits until it is ready.
 * @param {string} file below this folder
 * @param {string[]} args
 * @param {RegExp} isReady
 */
async function start(file, args, isReady) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = once(child, "exit");
  const ready = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
        if (isReady.test(output)) resolve(undefined);
      });
    }
    void ended.then(() => reject(new Error(`${file} ended:\n${output}`)));
    setTimeout(() => reject(new Error(`${file} took too long:\n${output}`)), START_MS).unref();
  });
  const kill = async () => {
    cleanups.delete(kill);
    child.kill("SIGKILL");
    await ended;
  };
  cleanups.add(kill);
  await ready;
  return { child, kill, output: () => output };
}

/**
 * The simulated Uber over HTTP: `npm run sandbox` with these flags.
 * @param {string[]} [flags]
 */
export async function startUber(flags = []) {
  const port = await freePort();
  const identity = [
    ...["--organization-id", ORGANIZATION, "--client-id", CLIENT.id],
    ...["--client-secret", CLIENT.secret, "--signing-key", SIGNING_KEY],
  ];
  const args = ["sandbox", "--port", String(port), "--no-programs", ...identity, ...flags];
  const { kill } = await start("../../bin/uber-vouchers.mjs", args, /http:\/\//);
  const url = `http://127.0.0.1:${port}`;
  /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const init =
      body === undefined
        ? {}
        : {
            method: "POST",
            body: JSON.stringify(body),
            headers: { "Content-Type": "application/json" },
          };
    const response = await fetch(`${url}/_sandbox/${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    url,
    kill,
    ask,
    /** @param {number} codes @param {string} [id] @returns {Promise<{ programId: string, codes: string[] }>} */
    createProgram: (codes, id) => ask("programs", { codes, ...(id !== undefined && { id }) }),
    /** How often each code was sent. @param {string} programId @returns {Promise<Map<string, number>>} */
    deliveries: async (programId) =>
      new Map(Object.entries((await ask(`deliveries/${encodeURIComponent(programId)}`)) ?? {})),
  };
}

/**
 * `fetch` on a connection of its own: workerd closes those that were idle for five seconds, just
 * when a busy test may use one again.
 * @param {string} url @param {RequestInit} [init]
 */
export function fetchOnce(url, init = {}) {
  const headers = new Headers(init.headers);
  headers.set("Connection", "close");
  return fetch(url, { ...init, headers });
}

/**
 * The worker. Started again with the same `state` and `port`, it continues.
 * @param {object} what
 * @param {string} what.uber the URL of the simulated Uber
 * @param {string} [what.state]
 * @param {number} [what.port]
 * @param {Record<string, unknown>} [what.options] of `createWorker`
 * @param {Record<string, unknown>} [what.bindings]
 * @param {string} [what.entry] below this folder
 * @param {number} [what.memoryPages] the memory limit of the module in pages of 64 KiB; beyond it,
 *   the module crashes
 */
export async function startWorker({
  uber,
  state,
  port,
  options = {},
  bindings = {},
  entry = "entry.mjs",
  memoryPages,
}) {
  const { out, workers } = await build(entry, memoryPages);
  const folder = state ?? (await temporary());
  const at = port ?? (await freePort());
  const { child, kill, output } = await start(
    "serve.mjs",
    [
      JSON.stringify({
        port: at,
        out,
        workers,
        state: folder,
        bindings: {
          UBER_ORGANIZATION_ID: ORGANIZATION,
          UBER_CLIENT_ID: CLIENT.id,
          UBER_CLIENT_SECRET: CLIENT.secret,
          UBER_SIGNING_KEY: SIGNING_KEY,
          UBER_BASE_URL: uber,
          UBER_TOKEN_URL: `${uber}/oauth/v2/token`,
          ADMIN_TOKEN,
          // Unknown codes can be decided about at once, except in tests of that wait.
          OPTIONS: { settleMinutes: 0, ...options },
          ...bindings,
        },
      }),
    ],
    /^ready$/m,
  );
  const url = `http://127.0.0.1:${at}`;
  /** As an operator. @param {string} path @param {RequestInit} [init] */
  const request = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${ADMIN_TOKEN}`);
    return fetchOnce(url + path, { redirect: "manual", ...init, headers });
  };
  /**
   * As an operator; returns the JSON of the response, which has to be a success.
   *
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  const json = async (path, body) => {
    const init =
      body === undefined
        ? {}
        : {
            method: "POST",
            body: JSON.stringify(body),
            headers: { "Content-Type": "application/json" },
          };
    const response = await request(path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    url,
    port: at,
    state: folder,
    output,
    request,
    json,
    /** All of it: workerd ends with its parent. */
    kill,
    /** Only workerd, at once, by its process id. */
    workerd: () => workerdOf(child.pid ?? 0),
    /**
     * Creates a job of these codes, one per line.
     * @param {string} programId @param {readonly string[]} codes @param {string} [query] @param {string} [key]
     */
    createJob: (programId, codes, query = "", key = crypto.randomUUID()) =>
      request(`/api/programs/${encodeURIComponent(programId)}/jobs${query}`, {
        method: "POST",
        body: codes.join("\n"),
        headers: { "Content-Type": "text/plain", "Idempotency-Key": key },
      }),
    /**
     * Waits until a condition of a job holds.
     * @param {string} programId @param {string} jobId @param {(job: any) => boolean} isFine
     * @param {number} [patienceMs]
     */
    async until(programId, jobId, isFine, patienceMs = 30_000) {
      const path = `/api/programs/${encodeURIComponent(programId)}/jobs/${jobId}`;
      const end = Date.now() + patienceMs;
      for (;;) {
        const job = await json(path);
        if (isFine(job)) return job;
        if (Date.now() > end) throw new Error(`Still so: ${JSON.stringify(job)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

/** The process ids of workerd below this process. @param {number} parent @returns {Promise<number[]>} */
async function workerdOf(parent) {
  const found = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const [, name, , parentId] = /^\d+ \((.*)\) (\S+) (\d+)/.exec(stat) ?? [];
    if (Number(parentId) === parent && name === "workerd") found.push(Number(entry));
  }
  return found;
}

/**
 * The rows of a `results.csv` by the names of its columns; no cell contains a comma.
 * @param {string} csv
 * @returns {Record<string, string>[]}
 */
export function resultRows(csv) {
  const [head = "", ...rows] = csv.trim().split("\r\n");
  const names = head.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, at) => [names[at], cell])));
}
