/**
 * The costs of the worker: rows written, alarms and calls are billed. The rows of one
 * program's events are counted in `rows-written.test.mjs`.
 *
 * `FULL=1` sends 2,000 requests, as a job of a million codes does.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

const REQUESTS = process.env["FULL"] ? 2_000 : 200;
const MINUTE_MS = 60_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @param {string} code */
const outcome = (code) => [{ code_uuid: code, status: "distributed" }];

/**
 * Rows written since the last call, by a program's object or the app's.
 *
 * @param {Awaited<ReturnType<typeof startInspected>>} worker
 * @param {string} [program]
 */
async function rows(worker, program) {
  const { sql, keys, alarms } = await worker.inspect({ act: "rows", program });
  return { sql, keys, alarms, all: sql + keys + alarms };
}

test("events cost the app's object one row in five seconds", { timeout: 120_000 }, async (t) => {
  const worker = await startInspected({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(400);
  const { id } = await (await worker.createJob(programId, codes)).json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  await sleep(5_500);
  await rows(worker);
  const began = Date.now();
  // All at once, and then one by one.
  await Promise.all(codes.slice(0, 300).map((code) => worker.webhook(programId, outcome(code))));
  for (const code of codes.slice(300)) {
    await worker.webhook(programId, outcome(code));
    await sleep(100);
  }
  const seconds = (Date.now() - began) / 1_000;
  const written = await rows(worker);
  t.diagnostic(`${JSON.stringify(written)} in ${seconds.toFixed(0)} s`);
  assert.ok(written.all <= 2 + seconds / 5, `${written.all} rows in ${seconds} s`);
  const told = await eventually(async () => {
    const { jobs } = await worker.json("/api/jobs");
    return jobs[0].progress.distributed === codes.length;
  });
  assert.ok(told);
  await worker.kill();
});

test("a job writes three rows per request and few others", { timeout: 240_000 }, async (t) => {
  const worker = await startInspected({
    uber: uber.url,
    options: { requestsPerSecond: 90, subrequests: 50 },
  });
  const { programId, codes } = await uber.createProgram(REQUESTS);
  await rows(worker);
  const { id } = await (
    await worker.createJob(programId, codes, "?batchSize=1&start=false")
  ).json();
  const created = await rows(worker, programId);
  await worker.json(`/api/programs/${programId}/jobs/${id}/resume`, {});
  await worker.until(programId, id, ({ status }) => status === "finished", 120_000);
  const sent = await rows(worker, programId);
  const app = await rows(worker);
  t.diagnostic(JSON.stringify({ requests: REQUESTS, created, sent, app }));
  // Before and after a request; and the alarm and the record of each slice.
  assert.ok(sent.keys <= 2 * REQUESTS + 2, `${sent.keys} records of the journal`);
  assert.ok(sent.sql + sent.alarms <= REQUESTS / 10 + 20, JSON.stringify(sent));
  // The job, its key and their indexes once, a token, and then a row for each report.
  assert.ok(app.all <= 13 + REQUESTS / 90, JSON.stringify(app));
  await worker.kill();
});

test("pausing everything causes no polling, and resuming reaches all programs", async () => {
  const worker = await startInspected({ uber: uber.url, options: { requestsPerSecond: 20 } });
  const jobs = [];
  for (let count = 0; count < 3; count += 1) {
    const { programId, codes } = await uber.createProgram(60);
    const { id } = await (await worker.createJob(programId, codes, "?batchSize=1")).json();
    jobs.push({ programId, id });
  }
  await worker.json("/api/pause", { paused: true });
  // An event that arrives while everything is paused.
  const { programId, codes } = await uber.createProgram(5);
  const { id } = await (await worker.createJob(programId, codes)).json();
  jobs.push({ programId, id });
  for (const job of jobs) {
    await worker.until(job.programId, job.id, ({ progress }) => progress.sending === 0);
  }
  await sleep(2_000);
  for (const { programId: program } of jobs) {
    const at = await worker.inspect({ act: "alarm", program });
    assert.ok(at === null || at > Date.now() + 50 * MINUTE_MS, `an alarm in ${at - Date.now()} ms`);
  }
  await worker.json("/api/pause", { paused: false });
  for (const job of jobs) {
    await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  }
  assert.deepEqual(new Set((await uber.deliveries(programId)).values()), new Set([1]));
  await worker.kill();
});

test("a program that could not be reached is notified of the end of the pause later", async () => {
  const worker = await startWorker({ uber: uber.url, entry: "limits-entry.mjs" });
  await worker.json("/api/pause", { paused: true });
  const { programId, codes } = await uber.createProgram(5);
  const { id } = await (await worker.createJob(programId, codes)).json();
  await worker.json("/_limits", { refuse: { program: ["writes"], app: [] } });
  await worker.json("/api/pause", { paused: false });
  await sleep(1_000);
  await worker.json("/_limits", { refuse: { program: [], app: [] } });
  assert.equal((await uber.deliveries(programId)).size, 0);
  await eventually(async () => (await uber.deliveries(programId)).size === 5);
  await worker.until(programId, id, ({ status }) => status === "finished");
  await worker.kill();
});
