/**
 * The platform allows each invocation a number of requests and refuses more. A slice of
 * a job ends before that; if the limit was unknown, a refused request was not sent. The
 * truth is how often the sandbox delivered each code.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { closeFronts, startFront } from "./front.mjs";
import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const FREE_PLAN = { outside: 50, inside: 1_000 };

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {object} limits */
const limit = (limits) => worker.json("/_limits", limits);
// Tried again, because an earlier connection may have timed out.
const seen = () => worker.json("/_limits").catch(() => worker.json("/_limits"));

/** @param {Record<string, unknown>} [options] */
async function start(options = {}) {
  worker = await startWorker({
    uber: uber.url,
    entry: "limits-entry.mjs",
    options: { requestsPerSecond: 90, ...options },
  });
}

/** Sends codes one by one, and checks that each was sent once. @param {number} codes */
async function sendAll(codes) {
  const program = await uber.createProgram(codes);
  const { id } = await (
    await worker.createJob(program.programId, program.codes, "?batchSize=1")
  ).json();
  const job = await worker.until(
    program.programId,
    id,
    ({ status, progress }) => status !== "running" || progress.unknown > 0,
    120_000,
  );
  assert.deepEqual([job.status, job.progress.unknown, job.error], ["finished", 0, null]);
  const sent = await uber.deliveries(program.programId);
  assert.deepEqual([sent.size, ...new Set(sent.values())], [codes, 1]);
  return job;
}

test("a slice ends before its invocation runs out of requests", async () => {
  await start();
  await limit({ ...FREE_PLAN, inAll: 50 });
  const job = await sendAll(300);
  const { refused, most, alarms } = await seen();
  assert.equal(refused, 0);
  assert.ok(most.program <= 50, `${most.program} requests`);
  assert.ok(alarms.program >= 300 / 50, `${alarms.program} alarms`);
  // None of them was begun and undone.
  assert.equal(job.progress.requests, 300);
  await worker.kill();
});

test("with the budget of another plan, slices are longer", async () => {
  await start({ subrequests: 1_000 });
  await limit({ outside: 1_000, inside: 1_000, inAll: 1_000 });
  await sendAll(300);
  const { refused, most } = await seen();
  assert.equal(refused, 0);
  assert.ok(most.program > 300, `${most.program} requests`);
  await worker.kill();
});

for (const outside of [1, 2, 3, 7, 20, 49]) {
  test(`the platform's limit of ${outside} requests equals the option`, async () => {
    await start({ subrequests: outside });
    await limit({ outside, inAll: Math.max(outside, 10) });
    await sendAll(outside < 5 ? 12 : 60);
    assert.equal((await seen()).refused, 0);
    await worker.kill();
  });
}

for (const outside of [1, 2, 3, 10, 30]) {
  test(`the platform's limit of ${outside} requests is below the option`, async () => {
    await start({ subrequests: 1_000 });
    await limit({ outside });
    await sendAll(outside < 5 ? 8 : 60);
    assert.ok((await seen()).refused >= 1);
    await worker.kill();
  });
}

test("if calls of other objects are refused too, nothing is unknown", async () => {
  await start({ subrequests: 10_000 });
  await limit({ inAll: 20 });
  await sendAll(60);
  assert.ok((await seen()).refused >= 1);
  await worker.kill();
});

/** However long it takes. @param {readonly string[]} rows @returns {Promise<any>} */
const upload = async (rows) => {
  const result = await raw(worker.url, "/api/jobs?start=false", {
    method: "POST",
    body: ["program_id,code_id", ...rows].join("\n"),
    headers: {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      "Content-Type": "text/csv",
      "Idempotency-Key": crypto.randomUUID(),
    },
  });
  return result.json;
};

/** @param {number} count */
async function createPrograms(count) {
  const programs = [];
  while (programs.length < count) {
    const some = Array.from({ length: 50 }, () => uber.createProgram(1));
    programs.push(...(await Promise.all(some)));
  }
  return programs;
}

test(
  "an upload for a thousand programs is compared and created within the free plan",
  { timeout: 900_000 },
  async () => {
    await start();
    await limit({ ...FREE_PLAN, inAll: 50 });
    const programs = await createPrograms(1_000);
    const rows = programs.map(({ programId, codes }) => `${programId},${codes[0]}`);
    const { jobs, ...problem } = await upload(rows);
    assert.equal(problem.status, undefined, JSON.stringify(problem));
    const { refused, most } = await seen();
    assert.equal(refused, 0);
    assert.deepEqual(
      jobs.map((/** @type {any} */ { programId, status }) => [programId, status]),
      programs.map(({ programId }) => [programId, "paused"]),
    );
    assert.ok(most.worker <= 50 && most.program <= 50, JSON.stringify(most));
    await worker.kill();
  },
);

test("an upload is not given up when the account's object is evicted", async () => {
  const [quick, slow] = [await uber.createProgram(1), await uber.createProgram(1)];
  // Longer than an upload has left after a restart.
  const { url } = await startFront(uber.url, async ({ path }) => {
    if (path.includes(`${slow.programId}/codes`)) await sleep(24_000);
    return undefined;
  });
  worker = await startWorker({ uber: url, entry: "limits-entry.mjs" });
  const uploading = upload([quick, slow].map(({ programId, codes }) => `${programId},${codes[0]}`));
  const held = async () => (await worker.json(`/api/programs/${quick.programId}/jobs`)).jobs[0];
  while ((await held())?.status !== "held") await sleep(100);
  await limit({ leave: true });
  const { jobs, ...problem } = await uploading;
  assert.equal(problem.status, undefined, JSON.stringify(problem));
  assert.equal(jobs.length, 2);
  await worker.kill();
});
