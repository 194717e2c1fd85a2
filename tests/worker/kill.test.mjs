/**
 * workerd is killed at random moments and started again. In the end every promise has
 * to hold against the sandbox's record of how often each code was sent.
 *
 * `SEED=1234 KILLS=50 node --test tests/worker/kill.test.mjs` repeats the random
 * choices of a run, but not the timing within workerd.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "../free-port.mjs";
import { chanceOf } from "./chance.mjs";
import { ORGANIZATION, cleanUp, resultRows, startUber, temporary, fetchOnce } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = Number(process.env["KILLS"] ?? 50);
/** In parallel. */
const WORLDS = 2;
const PROGRAMS = 3;
const BATCH = 10;
const UPLOAD = 400;
const DECISIONS = /** @type {const} */ (["resend", "resend", "queued", "abandon"]);

/** @type {(() => unknown)[]} */
const closing = [];
after(() => {
  for (const close of closing) close();
  return cleanUp();
});

/**
 * A proxy between the sandbox and the worker, which records what the worker has
 * acknowledged.
 */
async function receiver() {
  /** The acknowledged outcomes of each code. @type {Map<string, Set<string>>} */
  const acknowledged = new Map();
  const state = { target: "", isOpen: false };
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    let status = 503;
    if (state.isOpen) {
      const headers = /** @type {Record<string, string>} */ (
        Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => /^x-|content-type/.test(name)),
        )
      );
      status = await fetchOnce(state.target, { method: "POST", headers, body }).then(
        (response) => response.status,
        () => 503,
      );
    }
    if (status === 200) {
      for (const { code_uuid: code, status: outcome } of JSON.parse(body.toString()).codes) {
        acknowledged.set(code, (acknowledged.get(code) ?? new Set()).add(outcome));
      }
    }
    response.writeHead(status).end();
  });
  const port = await freePort();
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${port}/`,
    acknowledged,
    state,
    close: () => server.close().closeAllConnections(),
  };
}

/** @typedef {{ key: string, programId: string, codes: string[], jobId: string | undefined }} Upload */

/** @param {number} seed @param {number} kills */
async function world(seed, kills) {
  const chance = chanceOf(seed);
  const webhooks = await receiver();
  closing.push(webhooks.close);
  const uber = await startUber([
    ...["--seed", String(seed), "--latency", "5-40", "--failure-rate", "0.1"],
    ...[
      "--fault",
      "lost_after=0.01",
      "--fault",
      "error_before=0.01",
      "--fault",
      "unauthorized=0.01",
    ],
    ...["--webhook-url", webhooks.url],
  ]);
  const where = { uber: uber.url, state: await temporary(), port: await freePort() };
  const begin = () =>
    startInspected({ ...where, options: { requestsPerSecond: 70, batchSize: BATCH } });
  let worker = await begin();
  webhooks.state.target = `${worker.url}/webhooks/uber`;

  /** @type {{ programId: string, codes: string[], used: number }[]} */
  const programs = [];
  for (let count = 0; count < PROGRAMS; count += 1) {
    programs.push({ ...(await uber.createProgram(12_000)), used: 0 });
  }
  /** @type {Upload[]} */
  const uploads = [];
  /** The codes of single calls. @type {{ programId: string, codes: string[] }[]} */
  const calls = [];
  /** How often a code may have been sent again, by decision. @type {Map<string, number>} */
  const resends = new Map();
  /** Codes that were declared queued, or abandoned. @type {Set<string>} */
  const decided = new Set();

  /** @param {number} count */
  const take = (count) => {
    const program = chance.of(programs);
    const codes = program.codes.slice(program.used, program.used + count);
    program.used += codes.length;
    return { programId: program.programId, codes };
  };

  /** Returns null if the worker ended meanwhile. @template T @param {Promise<T>} asking */
  const lost = (asking) => asking.catch(() => null);

  /** @param {Upload} upload */
  async function send(upload) {
    // Uber's list of codes sometimes can't be read here, which would only refuse the job.
    const query = "?unchecked=true";
    const response = await lost(
      worker.createJob(upload.programId, upload.codes, query, upload.key),
    );
    const job = response && (await lost(response.json()));
    if (!job) return;
    assert.ok(response.ok, JSON.stringify(job));
    assert.equal(upload.jobId ?? job.id, job.id, "the same request made two jobs");
    upload.jobId = job.id;
  }

  async function call() {
    const { programId, codes } = take(1 + chance.below(8));
    calls.push({ programId, codes });
    const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
    const body = JSON.stringify({ codes });
    await lost(
      worker.request(path, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
      }),
    );
  }

  /** Decides about unknown codes, and resumes stopped jobs. */
  async function operate() {
    for (const { programId } of programs) {
      const found = await lost(worker.json(`/api/programs/${programId}/jobs`));
      for (const { id, status } of found?.jobs ?? []) {
        const job = `/api/programs/${programId}/jobs/${id}`;
        if (status === "finished") continue;
        const unknown = await lost(worker.json(`${job}/results?state=unknown&limit=5000`));
        /** @type {Map<number, string[]>} */
        const batches = new Map();
        for (const { batch, code } of unknown?.rows ?? []) {
          batches.set(batch, [...(batches.get(batch) ?? []), code]);
        }
        for (const [batch, codes] of batches) {
          if (chance.happens(0.3)) continue;
          const decision = chance.of(DECISIONS);
          // It may or may not have been carried out: allow for it.
          for (const code of codes) {
            if (decision === "resend") resends.set(code, (resends.get(code) ?? 0) + 1);
            else decided.add(code);
          }
          await lost(worker.json(`${job}/resolve`, { batch, decision }));
        }
        if (status !== "running") await lost(worker.json(`${job}/resume`, {}));
      }
    }
  }

  const deliveries = async () => {
    const all = new Map();
    for (const { programId } of programs) {
      for (const entry of await uber.deliveries(programId)) all.set(...entry);
    }
    return all;
  };
  const sum = (/** @type {Map<string, number>} */ counts) =>
    [...counts.values()].reduce((all, count) => all + count, 0);
  const pending = async () => {
    const found = await lost(worker.json("/api/jobs"));
    return (found?.jobs ?? [])
      .filter((/** @type {any} */ { status }) => status === "running")
      .reduce((/** @type {number} */ all, /** @type {any} */ { progress }) => {
        return all + progress.pending;
      }, 0);
  };

  let wentOn = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    webhooks.state.isOpen = true;
    for (const upload of uploads) if (upload.jobId === undefined) void send(upload);
    if (kill === 0 || (await pending()) < UPLOAD || chance.happens(0.4)) {
      const upload = {
        key: `${seed}-${kill}`,
        ...take(UPLOAD + chance.below(UPLOAD)),
        jobId: undefined,
      };
      uploads.push(upload);
      void send(upload);
    }
    const acts = [operate(), ...(chance.happens(0.5) ? [call(), call()] : [])];
    await sleep(chance.below(chance.happens(0.4) ? 150 : 900));
    const left = await pending();
    if (chance.happens(0.5)) for (const id of await worker.workerd()) process.kill(id, "SIGKILL");
    await worker.kill();
    await Promise.all(acts);
    const isQuiet = left > UPLOAD / 2 && chance.happens(0.3);
    if (isQuiet) webhooks.state.isOpen = false;
    const before = sum(await deliveries());
    worker = await begin();
    if (!isQuiet) continue;
    // Without any request to it, it continues.
    const end = Date.now() + 30_000;
    while (sum(await deliveries()) === before) {
      assert.ok(Date.now() < end, "it did not go on by itself");
      await sleep(100);
    }
    wentOn += 1;
  }

  // Now everything comes to its end.
  webhooks.state.isOpen = true;
  for (const upload of uploads) if (upload.jobId === undefined) await send(upload);
  let end = Date.now() + 60_000;
  let least = Infinity;
  for (;;) {
    await uber.ask("advance", { ms: 400_000 });
    await operate();
    const all = [];
    for (const { programId } of programs) {
      all.push(...(await worker.json(`/api/programs/${programId}/jobs`)).jobs);
    }
    const open = all.filter(({ status }) => status !== "finished");
    const counts = await deliveries();
    const silent = [...counts.keys()].filter((code) => !webhooks.acknowledged.has(code));
    if (open.length === 0 && silent.length === 0) break;
    // A slow machine may take longer, as long as it goes on.
    if (open.length + silent.length < least) {
      least = open.length + silent.length;
      end = Date.now() + 60_000;
    }
    assert.ok(Date.now() < end, JSON.stringify({ open, silent: silent.length }));
    await sleep(500);
  }

  // Everything acknowledged is applied.
  for (const { programId } of programs) {
    for (const table of ["inbox", "waiting"]) {
      const query = `SELECT 1 FROM ${table} LIMIT 1`;
      await eventually(async () => (await worker.sql(programId, query)).length === 0);
    }
  }
  const truth = await deliveries();
  /** The final state of the acknowledged outcomes. @param {string} code */
  const outcome = (code) => {
    const all = webhooks.acknowledged.get(code);
    return all && (all.has("distributed") ? "distributed" : "failed");
  };
  /** @param {string} code @param {string} state @param {string} by */
  const check = (code, state, by) => {
    const sent = truth.get(code) ?? 0;
    const said = `${code} is ${state} by ${by}, was sent ${sent} times, resent ${resends.get(code)}`;
    assert.ok(sent <= 1 + (resends.get(code) ?? 0), said);
    if (outcome(code) !== undefined) assert.equal(state, outcome(code), said);
    if (["queued", "distributed", "failed"].includes(state) && !decided.has(code)) {
      assert.ok(sent >= 1, said);
    }
    if (state === "rejected" || state === "pending") assert.equal(sent, 0, said);
  };
  const inJobs = new Set();
  for (const { programId, jobId, codes } of uploads) {
    const path = `/api/programs/${programId}/jobs/${jobId}`;
    const { progress, status } = await worker.json(path);
    assert.equal(status, "finished");
    const csv = await (await worker.request(`${path}/results.csv`)).text();
    const rows = resultRows(csv);
    assert.deepEqual(
      rows.map(({ code }) => code),
      codes,
      "each code is there once",
    );
    /** @type {Record<string, number>} */
    const counts = {};
    for (const { code = "", state = "", by = "" } of rows) {
      check(code, state, by);
      inJobs.add(code);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    for (const [state, count] of Object.entries(counts))
      assert.equal(progress[state], count, state);
  }
  // The same requests created no other job.
  let jobs = 0;
  for (const { programId } of programs) {
    const found = await worker.json(`/api/programs/${programId}/jobs`);
    jobs += found.jobs.length;
    const known = await worker.json(`/api/programs/${programId}/codes`);
    for (const { code, state } of known.codes) {
      if (state !== null) check(code, state, "");
      else assert.equal(truth.get(code) ?? 0, 0, `${code} was sent, and nothing is known of it`);
    }
  }
  assert.equal(jobs, uploads.length);
  await worker.kill();
  await uber.kill();
  return {
    codes: inJobs.size,
    calls: calls.length,
    resends: resends.size,
    sent: sum(truth),
    wentOn,
  };
}

test(`${KILLS} kills, and every promise holds (SEED=${SEED})`, { timeout: 900_000 }, async (t) => {
  const kills = Math.ceil(KILLS / WORLDS);
  const seeds = Array.from({ length: WORLDS }, (_, index) => SEED + index);
  for (const said of await Promise.all(seeds.map((seed) => world(seed, kills)))) {
    t.diagnostic(`SEED=${SEED}: ${JSON.stringify(said)}`);
    assert.ok(said.wentOn > 0 || kills < 10, "it was never left alone");
  }
});
