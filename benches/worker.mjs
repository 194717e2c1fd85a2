/** The worker in workerd: a million codes uploaded, queued at the sandbox, settled by webhooks. */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { count, isQuick, mebibytes, tell, time } from "./measure.mjs";

const CODES = isQuick ? 100_000 : 1_000_000;
/** So many that the requests stay below Uber's limit, which the sandbox keeps: 500 in five seconds. */
const BATCH = 2_500;
const LIMITED_MS = 5_000;
/** As many as the sandbox puts into one, which is its own choice. */
const CODES_PER_EVENT = 100;
const WEBHOOKS_AT_ONCE = 20;
/** Each settled by a webhook of its own. */
const SINGLE_CODES = CODES / 50;
const AT_ONCE = 8;
const ROOT = String(process.env["BENCH_ROOT"]);
const TESTS = join(ROOT, "tests", "worker");
const PATIENCE_MS = 10 * 60_000;

/** @type {typeof import("../tests/worker/harness.mjs")} */
const { ADMIN_TOKEN, CLIENT, ORGANIZATION, SIGNING_KEY, startUber } = await import(
  pathToFileURL(join(TESTS, "harness.mjs")).href
);
/** @type {typeof import("../tests/free-port.mjs")} */
const { freePort } = await import(pathToFileURL(join(ROOT, "tests", "free-port.mjs")).href);
/** @type {typeof import("../scripts/bundle.mjs")} */
const { buildWorkers } = await import(pathToFileURL(join(ROOT, "scripts", "bundle.mjs")).href);

const home = mkdtempSync(join(dirname(import.meta.dirname), "worker-"));
const state = join(home, "state");
const uber = await startUber(["--latency", "0", "--failure-rate", "0"]);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const child = await serve();
process.once("exit", () => {
  child.kill("SIGKILL");
  void uber.kill();
  rmSync(home, { recursive: true, force: true });
});

/** The worker out of the installed package, in a process of its own. */
async function serve() {
  mkdirSync(join(home, "console"));
  writeFileSync(join(home, "console", "index.html"), "<!doctype html><title>Console</title>");
  const entry = relative(ROOT, join(import.meta.dirname, "worker-entry.mjs"));
  const workers = await buildWorkers(home, { worker: entry });
  const bindings = {
    UBER_ORGANIZATION_ID: ORGANIZATION,
    UBER_CLIENT_ID: CLIENT.id,
    UBER_CLIENT_SECRET: CLIENT.secret,
    UBER_SIGNING_KEY: SIGNING_KEY,
    UBER_BASE_URL: uber.url,
    UBER_TOKEN_URL: `${uber.url}/oauth/v2/token`,
    ADMIN_TOKEN,
  };
  const what = JSON.stringify({ port, out: home, workers, state, bindings });
  const served = spawn(process.execPath, [join(TESTS, "serve.mjs"), what], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(served.stdout, "data");
  served.stdout.resume();
  return served;
}

/** workerd's process id: a child of the one that serves. */
function workerd() {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, parent] =
        /^\d+ \((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, "utf8")) ?? [];
      if (name === "workerd" && Number(parent) === child.pid) return Number(entry);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error("There is no workerd");
}
const id = workerd();

/** What workerd has used so far: milliseconds of CPU. */
function cpu() {
  const stat = readFileSync(`/proc/${id}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // In hundredths of a second, on every Linux there is.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** @param {"VmRSS" | "VmHWM"} what @returns {number} */
function memory(what) {
  const status = readFileSync(`/proc/${id}/status`, "utf8");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
}

/** @param {string} folder @returns {number} */
function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(folder, name)))
    .reduce((all, found) => all + (found.isFile() ? found.size : 0), 0);
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function ask(path, init = {}) {
  const headers = { ...init.headers, Authorization: `Bearer ${ADMIN_TOKEN}` };
  const answer = await fetch(url + path, { ...init, headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Does it for all of them, so many at once. @template T @param {T[]} all @param {number} atOnce @param {(one: T) => Promise<void>} work */
async function each(all, atOnce, work) {
  let next = 0;
  const go = async () => {
    while (next < all.length) await work(/** @type {T} */ (all[next++]));
  };
  await Promise.all(Array.from({ length: atOnce }, go));
}

/** The sandbox alone: the same requests, from here. @param {number} atOnce @returns {Promise<number>} requests a second */
async function alone(atOnce) {
  const { programId, codes } = await uber.createProgram(100 * BATCH);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    scope: "organizations.voucher_programs",
  });
  const answer = await fetch(`${uber.url}/oauth/v2/token`, { method: "POST", body: form });
  const { access_token: token } = await answer.json();
  const path = `${uber.url}/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const bodies = [];
  for (let from = 0; from < codes.length; from += BATCH) {
    bodies.push(JSON.stringify({ codes: codes.slice(from, from + BATCH) }));
  }
  const began = performance.now();
  await each(bodies, atOnce, async (body) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const sent = await fetch(path, { method: "POST", headers, body });
    if (!sent.ok) throw new Error(`The sandbox: ${sent.status} ${await sent.text()}`);
    await sent.text();
  });
  return (bodies.length / (performance.now() - began)) * 1000;
}

/** @typedef {{ name: string, ms: number, cpu: number, requests: number, memory: number }} Phase */
/** @type {Phase[]} */
const phases = [];
/** @param {string} name @param {number} requests @param {() => Promise<void>} work */
async function phase(name, requests, work) {
  const [before, began] = [cpu(), performance.now()];
  await work();
  phases.push({
    name,
    ms: performance.now() - began,
    cpu: cpu() - before,
    requests,
    memory: memory("VmHWM"),
  });
}

const oneByOne = await alone(1);
const several = await alone(AT_ONCE);
const { programId, codes } = await uber.createProgram(CODES);
let jobs = pathOfJobs(programId);
// Every object is there, and what it takes is no part of what comes.
await ask(jobs);
const before = memory("VmRSS");
const storageBefore = bytesIn(state);

/** @type {string} */
let job = "";
/** @param {(progress: any, status: string) => boolean} isFine */
async function until(isFine) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { progress, status } = await ask(`${jobs}/${job}`);
    if (isFine(progress, status)) return;
    if (performance.now() > end) throw new Error(`Still so: ${JSON.stringify(progress)}`);
    await sleep(100);
  }
}

/** @param {string} program */
function pathOfJobs(program) {
  return `/api/programs/${encodeURIComponent(program)}/jobs`;
}

/** Creates a job that waits. @param {string} body */
async function upload(body) {
  const headers = { "Content-Type": "text/plain", "Idempotency-Key": crypto.randomUUID() };
  const init = { method: "POST", body, headers };
  ({ id: job } = await ask(`${jobs}?start=false&batchSize=${BATCH}`, init));
}

/** Sends all codes of the job. @param {number} size */
async function queue(size) {
  await ask(`${jobs}/${job}/resume`, { method: "POST" });
  await until((progress, status) => status === "finished" && progress.queued === size);
}

const list = codes.join("\n");
await phase("uploaded", 1, () => upload(list));
const requests = CODES / BATCH;
// What came before does not count any more.
await sleep(LIMITED_MS);
await phase("queued", requests, () => queue(CODES));
const storageQueued = bytesIn(state) - storageBefore;

/** @param {string} program @param {string[]} all @param {number} size of an event */
function eventsOf(program, all, size) {
  const events = [];
  for (let from = 0; from < all.length; from += size) {
    const body = JSON.stringify({
      event_id: crypto.randomUUID(),
      event_type: "voucher_program_code_distributed",
      organization_id: ORGANIZATION,
      voucher_program_id: program,
      codes: all
        .slice(from, from + size)
        .map((code, place) =>
          place % 50 === 7
            ? { code_uuid: code, status: "failed", reason: "invalid_email" }
            : { code_uuid: code, status: "distributed" },
        ),
    });
    events.push({ body, signature: createHmac("sha256", SIGNING_KEY).update(body).digest("hex") });
  }
  return events;
}

/** Sends webhooks, and waits until the job knows. @param {ReturnType<typeof eventsOf>} events */
async function settle(events) {
  await each(events, WEBHOOKS_AT_ONCE, async ({ body, signature }) => {
    const headers = { "Content-Type": "application/json", "X-Uber-Signature": signature };
    const answer = await fetch(`${url}/webhooks/uber`, { method: "POST", headers, body });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`A webhook: ${answer.status}`);
  });
  await until(({ queued }) => queued === 0);
}
const events = eventsOf(programId, codes, CODES_PER_EVENT);
await phase("settled by webhooks", events.length, () => settle(events));
const storage = bytesIn(state) - storageBefore;
const sent = await uber.deliveries(programId);
if (sent.size !== CODES || [...sent.values()].some((times) => times !== 1)) {
  throw new Error("Not every code was sent once");
}

const all = {
  name: "in all",
  ms: phases.reduce((sum, { ms }) => sum + ms, 0),
  cpu: phases.reduce((sum, one) => sum + one.cpu, 0),
  requests: phases.reduce((sum, one) => sum + one.requests, 0),
  memory: memory("VmHWM"),
};
// Few in a webhook is what costs most a code.
const single = await uber.createProgram(SINGLE_CODES);
jobs = pathOfJobs(single.programId);
await upload(single.codes.join("\n"));
await queue(SINGLE_CODES);
const singles = eventsOf(single.programId, single.codes, 1);
await phase("one code in a webhook", singles.length, () => settle(singles));
const ones = phases.splice(-1);

const micro = (/** @type {number} */ ms) => `${((ms * 1000) / CODES).toFixed(2)} µs`;
const perSecond = (/** @type {Phase} */ one) => count((one.requests / one.ms) * 1000);
tell("worker", {
  method: `One run: ${count(CODES)} codes of one program, ${BATCH} in a request, one request after the other; ${CODES_PER_EVENT} in a webhook, ${WEBHOOKS_AT_ONCE} at a time. Pacing is off, and there are fewer requests than Uber's limit lets through at once. The sandbox answers at once, from a process of its own, and this process plays operator and webhooks: with few cores, they share them with workerd. CPU and memory are those of the workerd process.`,
  peers: [],
  tables: [
    {
      caption: `${count(CODES)} codes`,
      columns: ["", "time", "codes a second", "requests a second", "CPU a code", "most memory"],
      rows: [...phases, all].map((one) => [
        one.name,
        time(one.ms),
        count((CODES / one.ms) * 1000),
        one.requests > 1 ? perSecond(one) : "",
        micro(one.cpu),
        mebibytes(one.memory),
      ]),
    },
    {
      caption: `${count(SINGLE_CODES)} codes, one in a webhook`,
      columns: ["", "time", "webhooks a second", "CPU a webhook"],
      rows: ones.map((one) => [
        "settled by webhooks",
        time(one.ms),
        perSecond(one),
        time(one.cpu / one.requests),
      ]),
    },
    {
      caption: "The sandbox alone, the same requests",
      columns: ["", "requests a second", "codes a second"],
      rows: [
        ["one after the other", count(oneByOne), count(oneByOne * BATCH)],
        [`${AT_ONCE} at a time`, count(several), count(several * BATCH)],
      ],
    },
    {
      caption: "What it holds",
      columns: ["", "in all", "a code"],
      rows: [
        ["memory before", mebibytes(before), ""],
        ["memory on top, at most", ...ofEach(all.memory - before)],
        ["storage when all are queued", ...ofEach(storageQueued)],
        ["storage at the end", ...ofEach(storage)],
      ],
    },
  ],
  targets: [
    {
      what: "of the sandbox's requests a second",
      target: "none",
      found: `${(((phases[1]?.requests ?? NaN) / (phases[1]?.ms ?? NaN) / oneByOne) * 1e5).toFixed(0)} %`,
      met: true,
    },
    {
      what: "memory of the process on top, at most",
      target: "none",
      found: mebibytes(all.memory - before),
      met: true,
    },
  ],
});
process.exit();

/** @param {number} bytes */
function ofEach(bytes) {
  return [mebibytes(bytes), `${(bytes / CODES).toFixed(0)} bytes`];
}
