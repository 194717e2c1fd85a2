/**
 * The platform refuses storage and alarms: a day's rows are used up, a spending limit
 * is reached, or something is broken. No job may stop for good because of that, and
 * none unnoticed. `FULL=1` refuses for longer than the platform itself retries.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { cleanUp, startUber, startWorker } from "./harness.mjs";

const REFUSED_MS = process.env["FULL"] ? 200_000 : 18_000;
const EVERYTHING = ["sql", "put", "list", "delete", "getAlarm", "setAlarm"];
const MINUTE_MS = 60_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startWorker>>} Worker */

/** @param {object} [more] */
const start = (more) =>
  startWorker({
    uber: uber.url,
    entry: "limits-entry.mjs",
    options: { requestsPerSecond: 20 },
    ...more,
  });

/** @param {Worker} worker @param {object} [limits] */
const limit = (worker, limits) => worker.json("/_limits", limits);

/** @param {Worker} worker @param {number} codes @param {string} [query] */
async function createJob(worker, codes, query = "?batchSize=1") {
  const program = await uber.createProgram(codes);
  const { id } = await (await worker.createJob(program.programId, program.codes, query)).json();
  return { ...program, id };
}

/**
 * Waits for this many deliveries, without requests to the worker.
 *
 * @param {string} programId
 * @param {number} codes
 * @param {number} patienceMs
 */
async function delivered(programId, codes, patienceMs) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const { size } = await uber.deliveries(programId);
    if (size >= codes) return;
    assert.ok(Date.now() < end, `${size} of ${codes} codes`);
    await sleep(200);
  }
}

/**
 * Each code was sent once; one that was under way may be unknown.
 *
 * @param {Worker} worker
 * @param {{ programId: string, id: string, codes: string[] }} job
 */
async function assertSent(worker, { programId, id, codes }) {
  const job = await worker.until(programId, id, ({ status }) => status !== "running");
  const sent = await uber.deliveries(programId);
  assert.deepEqual([...new Set(sent.values())], [1]);
  assert.ok(sent.size >= codes.length - job.progress.unknown);
  const { queued, unknown, total } = job.progress;
  assert.ok(unknown <= 1 && queued + unknown === total, JSON.stringify(job.progress));
}

for (const [what, refused] of /** @type {const} */ ([
  ["alarms", ["setAlarm"]],
  ["SQL", ["sql"]],
  ["all that is written", ["writes", "setAlarm"]],
  ["everything", EVERYTHING],
])) {
  test(
    `a job continues automatically after ${what} failed for a while`,
    { timeout: 600_000 },
    async () => {
      const worker = await start();
      const job = await createJob(worker, 100);
      await delivered(job.programId, 5, 20_000);
      await limit(worker, { refuse: { program: refused, app: [] } });
      await sleep(REFUSED_MS);
      const { alarms, failedAlarms } = await limit(worker);
      assert.equal(failedAlarms, 0);
      assert.ok(alarms.program <= 8, `${alarms.program} alarms`);
      await limit(worker, { refuse: { program: [], app: [] } });
      await delivered(job.programId, 100, REFUSED_MS * 2 + 30_000);
      await assertSent(worker, job);
      await worker.kill();
    },
  );
}

test("if no alarm can be set, the handler throws so that the platform retries", async () => {
  const worker = await start();
  const job = await createJob(worker, 60);
  await delivered(job.programId, 5, 20_000);
  await limit(worker, { refuse: { program: EVERYTHING, app: [] } });
  await sleep(3_000);
  // The handler ends before the platform ends it, after a quarter of an hour.
  await limit(worker, { aheadMs: 20 * MINUTE_MS });
  const end = Date.now() + 30_000;
  while ((await limit(worker)).failedAlarms === 0) {
    assert.ok(Date.now() < end, "no alarm failed");
    await sleep(200);
  }
  await limit(worker, { aheadMs: 0, refuse: { program: [], app: [] } });
  await delivered(job.programId, 60, 60_000);
  await assertSent(worker, job);
  await worker.kill();
});

test("an object created while storage fails recovers", async () => {
  let worker = await start();
  const job = await createJob(worker, 60);
  await delivered(job.programId, 5, 20_000);
  const { state, port } = worker;
  await worker.kill();
  const refuse = { program: EVERYTHING, app: EVERYTHING };
  worker = await start({ state, port, bindings: { LIMITS: { refuse } } });
  await sleep(4_000);
  const { alarms, failedAlarms } = await limit(worker);
  assert.ok(alarms.program > 0, "its alarm did not come");
  assert.equal(failedAlarms, 0);
  await limit(worker, { refuse: { program: [], app: [] } });
  await delivered(job.programId, 59, 40_000);
  await assertSent(worker, job);
  await worker.kill();
});

test("an alarm that was lost is set by the next request", async () => {
  const worker = await start();
  await limit(worker, { lost: ["program"] });
  const job = await createJob(worker, 5);
  await sleep(2_500);
  assert.equal((await uber.deliveries(job.programId)).size, 0);
  await limit(worker, { lost: [] });
  const path = `/api/programs/${job.programId}/jobs`;
  assert.equal((await worker.json(path)).jobs[0].status, "running");
  await delivered(job.programId, 5, 10_000);
  await worker.kill();
});

test("a silent job is shown in history, and its program is woken", async () => {
  const limits = { lost: ["program"], aheadMs: -10 * MINUTE_MS };
  const worker = await start({ bindings: { LIMITS: limits } });
  const job = await createJob(worker, 5);
  const other = await createJob(worker, 5, "?start=false");
  const errors = async () => {
    const { jobs } = await worker.json("/api/jobs");
    return [job.id, other.id].map((id) => {
      return jobs.find((/** @type {any} */ found) => found.id === id).error?.code;
    });
  };
  await limit(worker, { aheadMs: -8 * MINUTE_MS, alarm: true });
  assert.deepEqual(await errors(), [undefined, undefined]);
  // When asked, it sets its alarm, which is lost again.
  await limit(worker, { aheadMs: 0, alarm: true });
  await sleep(1_000);
  assert.deepEqual(await errors(), ["silent", undefined]);
  assert.equal((await uber.deliveries(job.programId)).size, 0);
  await limit(worker, { lost: [], alarm: true });
  await delivered(job.programId, 5, 10_000);
  await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  assert.deepEqual(await errors(), [undefined, undefined]);
  await worker.kill();
});

test("if every alarm is lost, a cron trigger finds the jobs", async () => {
  const limits = { lost: ["program", "app"], aheadMs: -10 * MINUTE_MS };
  const worker = await start({ bindings: { LIMITS: limits } });
  const job = await createJob(worker, 5);
  // The last alarm may run after the response.
  await sleep(1_000);
  await limit(worker, { lost: [], aheadMs: 0 });
  await sleep(1_000);
  assert.equal((await uber.deliveries(job.programId)).size, 0);
  await limit(worker, { cron: true });
  await delivered(job.programId, 5, 10_000);
  await worker.kill();
});
