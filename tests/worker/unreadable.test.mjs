/**
 * A job whose journal can't be read is set aside: it stops nothing else of its program,
 * and none of its codes is sent again because of it.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { damage, eventually, startInspected } from "./storage.mjs";

const ANOTHER_URL = "https://sandbox-api.uber.com";
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** @param {string} code @param {string} [status] */
const outcome = (code, status = "distributed") => ({ code_uuid: code, status });

/** @param {Worker} worker @param {string} programId @param {string[]} codes @param {string} [query] @returns {Promise<string>} its id */
async function create(worker, programId, codes, query) {
  const answer = await worker.createJob(programId, codes, query);
  assert.ok(answer.ok, await answer.clone().text());
  return (await answer.json()).id;
}

/** @param {Worker} worker @param {string} programId @param {string[]} codes */
async function queued(worker, programId, codes) {
  const id = await create(worker, programId, codes);
  await worker.until(programId, id, ({ status }) => status === "finished");
  return id;
}

/** @param {Worker} worker @param {string} programId @param {string} id @returns {Promise<number>} */
async function numberOf(worker, programId, id) {
  return (await worker.sql(programId, "SELECT number FROM jobs WHERE id = ?", id))[0].number;
}

/** @param {Worker} worker @param {string} programId @param {string} id */
async function journalOf(worker, programId, id) {
  const answer = await worker.request(`/api/programs/${programId}/jobs/${id}/journal`);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

/** @param {Worker} worker @param {string} programId */
async function statesOf(worker, programId) {
  const { codes } = await worker.json(`/api/programs/${programId}/codes`);
  return new Map(codes.map((/** @type {any} */ { code, state }) => [code, state]));
}

/**
 * No code was sent twice.
 *
 * @param {string} programId
 * @param {number} count of codes that were sent
 */
async function checkDeliveries(programId, count) {
  const sent = [...(await uber.deliveries(programId)).values()];
  assert.deepEqual([sent.length, Math.max(0, ...sent)], [count, count > 0 ? 1 : 0]);
}

/**
 * A program with an unreadable job and a readable one.
 *
 * @param {Worker} worker
 * @param {(number: number, programId: string) => Promise<unknown>} spoil
 */
async function poisoned(worker, spoil) {
  const { programId, codes } = await uber.createProgram(40);
  const bad = await queued(worker, programId, codes.slice(0, 10));
  const good = await queued(worker, programId, codes.slice(10, 20));
  await spoil(await numberOf(worker, programId, bad), programId);
  return { programId, codes, bad, good, path: `/api/programs/${programId}/jobs` };
}

test("an organization id in another form is the same organization", async () => {
  let worker = await startInspected({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(12);
  const id = await create(worker, programId, codes, "?start=false&batchSize=2");
  const forms = [
    ORGANIZATION.toUpperCase(),
    ORGANIZATION.replaceAll("-", ""),
    `{${ORGANIZATION}}`,
    ORGANIZATION,
  ];
  for (const [at, organization] of forms.entries()) {
    worker = await worker.restart({ bindings: { UBER_ORGANIZATION_ID: organization } });
    await worker.webhook(programId, [outcome(codes[at] ?? "")]);
    const job = await worker.json(`/api/programs/${programId}/jobs/${id}`);
    assert.equal(job.status, "paused", organization);
    const { rows } = await worker.json(`/api/programs/${programId}/jobs/${id}/results`);
    assert.equal(rows.length, 12);
  }
  await worker.json(`/api/programs/${programId}/jobs/${id}/resume`, {});
  await worker.until(programId, id, ({ status }) => status === "finished");
  await checkDeliveries(programId, 12);
  await worker.kill();
});

test("jobs of another base URL wait until it is restored; others continue", async () => {
  let worker = await startInspected({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(60);
  const old = codes.slice(0, 10);
  const path = `/api/programs/${programId}/jobs`;
  const finished = await queued(worker, programId, old);
  const waiting = await create(worker, programId, codes.slice(10, 20), "?start=false");
  worker = await worker.restart({ bindings: { UBER_BASE_URL: ANOTHER_URL } });
  const own = await queued(worker, programId, codes.slice(20, 30));

  // One event for codes of both.
  const event = [...old, ...codes.slice(20, 30)].map((code, at) =>
    outcome(code, at % 2 === 0 ? "distributed" : "failed"),
  );
  assert.equal(await worker.webhook(programId, event), 200);
  await worker.until(programId, own, ({ progress }) => progress.distributed === 5);
  const job = await worker.json(`${path}/${finished}`);
  assert.deepEqual(
    [job.status, job.error.code, job.progress.queued],
    ["unreadable", "journal_mismatch", 10],
  );
  assert.match(job.error.message, /another organization or base URL/);
  const { jobs } = await worker.json(path);
  assert.deepEqual(
    jobs.map((/** @type {any} */ { id, status }) => [id, status]),
    [
      [own, "finished"],
      [waiting, "paused"],
      [finished, "unreadable"],
    ],
  );
  await eventually(async () => {
    const history = await worker.json("/api/jobs");
    return history.jobs.some(
      (/** @type {any} */ one) => one.id === finished && one.status === "unreadable",
    );
  });
  // All that is known is that they may have been sent.
  const states = await statesOf(worker, programId);
  assert.deepEqual(
    old.map((code) => states.get(code)),
    Array(10).fill("unknown"),
  );
  for (const list of [old, codes.slice(10, 20)]) {
    const again = await worker.createJob(programId, [...list, ...codes.slice(40, 42)]);
    const problem = await again.json();
    assert.deepEqual([again.status, problem.code, problem.count], [422, "already_queued", 10]);
  }
  // The job that was to send is noticed on a request.
  const resumed = await worker.request(`${path}/${waiting}/resume`, { method: "POST" });
  assert.deepEqual([resumed.status, (await resumed.json()).code], [409, "job_unreadable"]);
  await worker.until(programId, waiting, ({ status }) => status === "unreadable");
  for (const action of ["results", "results.csv"]) {
    const answer = await worker.request(`${path}/${waiting}/${action}`);
    assert.deepEqual([answer.status, (await answer.json()).code], [409, "job_unreadable"]);
  }
  assert.ok((await journalOf(worker, programId, waiting)).length > 100);

  worker = await worker.restart({ bindings: {} });
  // They need not be viewed one by one.
  await eventually(async () => {
    const { jobs } = await worker.json(path);
    return jobs.every((/** @type {any} */ job) => job.status !== "unreadable");
  });
  await worker.until(programId, finished, ({ status, progress }) => {
    return status === "finished" && progress.distributed === 5 && progress.failed === 5;
  });
  // Nothing is sent automatically.
  const { status, error } = await worker.json(`${path}/${waiting}`);
  assert.deepEqual([status, error], ["paused", null]);
  await checkDeliveries(programId, 20);
  await worker.json(`${path}/${waiting}/resume`, {});
  await worker.until(programId, waiting, (job) => job.status === "finished");
  await checkDeliveries(programId, 30);
  assert.deepEqual(await worker.sql(programId, "SELECT * FROM waiting"), []);
  await worker.kill();
});

test("a journal of a later version is set aside; a release that can read it continues the job", async () => {
  let worker = await startInspected({ uber: uber.url });
  let place = { number: 0, programId: "" };
  const { programId, codes, bad, good, path } = await poisoned(
    worker,
    async (number, programId) => {
      place = { number, programId };
    },
  );
  worker = await worker.restart();
  await damage(worker, programId, place.number, 3, 3);
  await worker.webhook(programId, [outcome(codes[0] ?? ""), outcome(codes[10] ?? "")]);
  await worker.until(programId, good, ({ progress }) => progress.distributed === 1);
  const { status, error } = await worker.json(`${path}/${bad}`);
  assert.equal(status, "unreadable");
  assert.match(error.message, /version 2/);
  await damage(worker, programId, place.number, 3, 3);
  // It is not read again for each viewer, but once after a start.
  worker = await worker.restart();
  await worker.until(programId, bad, (job) => job.status === "finished");
  await worker.until(programId, bad, ({ progress }) => progress.distributed === 1);
  await checkDeliveries(programId, 20);
  await worker.kill();
});

test(
  `a damaged byte anywhere does not stop anything else (SEED=${SEED})`,
  { timeout: 120_000 },
  async () => {
    let worker = await startInspected({ uber: uber.url });
    const { programId, codes, bad, good, path } = await poisoned(worker, async () => {});
    const number = await numberOf(worker, programId, bad);
    const whole = await journalOf(worker, programId, bad);
    let state = SEED;
    const positions = [0, 4, 8, 12, whole.length - 1];
    for (let count = 0; count < 5; count += 1) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      positions.push(state % whole.length);
    }
    for (const at of positions) {
      worker = await worker.restart();
      await damage(worker, programId, number, at, 1 << (state % 8));
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (state % 8));
      const job = await worker.json(`${path}/${bad}`);
      assert.equal(job.status, "unreadable", `byte ${at}`);
      assert.match(job.error.code, /^journal_(corrupt|mismatch)$/);
      assert.deepEqual([job.progress.total, job.progress.queued], [10, 10]);
      assert.deepEqual(await journalOf(worker, programId, bad), damaged);
      assert.equal((await worker.json(`${path}/${good}`)).status, "finished");
      const states = await statesOf(worker, programId);
      assert.deepEqual([states.get(codes[0]), states.get(codes[10])], ["unknown", "queued"]);
      const again = await worker.createJob(programId, codes.slice(0, 10));
      assert.equal((await again.json()).code, "already_queued", `byte ${at}`);
      await damage(worker, programId, number, at, 1 << (state % 8));
    }
    await checkDeliveries(programId, 20);
    await worker.kill();
  },
);

test("a journal with a missing chunk is set aside", async () => {
  let worker = await startInspected({ uber: uber.url });
  const { programId, codes, bad, good, path } = await poisoned(worker, async () => {});
  const number = await numberOf(worker, programId, bad);
  const whole = await journalOf(worker, programId, bad);
  const keys = /** @type {string[]} */ (await worker.inspect({ act: "keys", program: programId }));
  const second = keys.filter((key) => key.includes(`:job-${number}:`))[1];
  worker = await worker.restart();
  await worker.inspect({ act: "delete", program: programId, key: second });
  await worker.webhook(programId, [outcome(codes[0] ?? ""), outcome(codes[10] ?? "")]);
  await worker.until(programId, good, ({ progress }) => progress.distributed === 1);
  const { status, error } = await worker.json(`${path}/${bad}`);
  assert.deepEqual([status, error.code], ["unreadable", "journal_corrupt"]);
  const rest = await journalOf(worker, programId, bad);
  assert.ok(rest.length > 0 && rest.length < whole.length);
  await worker.kill();
});

test("the codes of a dropped job stay claimed, and Uber's reports of them are stored", async () => {
  let worker = await startInspected({ uber: uber.url });
  const { programId, codes, bad, path } = await poisoned(worker, async () => {});
  const number = await numberOf(worker, programId, bad);
  const early = await worker.request(`${path}/${bad}/drop`, { method: "POST" });
  assert.deepEqual([early.status, (await early.json()).code], [409, "wrong_job_state"]);
  worker = await worker.restart();
  await damage(worker, programId, number, 60);
  // One event before, one after.
  await worker.webhook(programId, [outcome(codes[0] ?? ""), outcome(codes[1] ?? "", "failed")]);
  await worker.until(programId, bad, ({ status }) => status === "unreadable");
  await eventually(async () => (await worker.sql(programId, "SELECT 1 FROM waiting")).length > 0);
  const get = await worker.request(`${path}/${bad}/drop`);
  assert.equal(get.status, 405);
  const dropped = await worker.json(`${path}/${bad}/drop`, {});
  assert.equal(dropped.status, "dropped");
  await worker.webhook(programId, [outcome(codes[2] ?? "")]);
  const expected = ["distributed", "failed", "distributed", ...Array(7).fill("unknown")];
  await eventually(async () => {
    const states = await statesOf(worker, programId);
    return (
      JSON.stringify(codes.slice(0, 10).map((code) => states.get(code))) ===
      JSON.stringify(expected)
    );
  });
  worker = await worker.restart();
  const job = await worker.json(`${path}/${bad}`);
  assert.deepEqual(
    [job.status, job.error.code, job.progress.total],
    ["dropped", "journal_corrupt", 10],
  );
  for (const action of ["results", "results.csv", "journal"]) {
    const answer = await worker.request(`${path}/${bad}/${action}`);
    assert.deepEqual([answer.status, (await answer.json()).code], [410, "job_dropped"]);
  }
  assert.equal((await worker.json(path)).jobs.length, 2);
  const keys = /** @type {string[]} */ (await worker.inspect({ act: "keys", program: programId }));
  assert.ok(!keys.some((key) => key.includes(`:job-${number}:`)));
  const again = await worker.createJob(programId, codes.slice(0, 10));
  const problem = await again.json();
  // The failed code is free.
  assert.deepEqual([problem.code, problem.count], ["already_queued", 9]);
  await checkDeliveries(programId, 20);
  await worker.kill();
});

test("retention and alarms work with a job set aside", { timeout: 60_000 }, async () => {
  let worker = await startInspected({ uber: uber.url });
  const { programId, bad, good, path } = await poisoned(worker, async () => {});
  const { programId: busyProgram, codes: busyCodes } = await uber.createProgram(100);
  const busy = await create(worker, busyProgram, busyCodes, "?start=false&batchSize=1");
  const number = await numberOf(worker, programId, bad);
  await damage(worker, programId, number, 60);
  await damage(worker, busyProgram, 1, 60);
  // After this, the retention of both is over.
  worker = await worker.restart({ options: { retentionDays: 0.00001 } });
  await worker.json(path);
  await worker.until(programId, good, ({ status }) => status === "expired");
  assert.equal((await worker.json(`${path}/${bad}`)).status, "unreadable");
  // The alarm notices a job that should run.
  await worker.json(`/api/programs/${busyProgram}/jobs/${busy}/resume`, {});
  await worker.until(busyProgram, busy, ({ status }) => status === "unreadable");
  for (const program of [programId, busyProgram]) {
    await eventually(async () => (await worker.inspect({ act: "alarm", program })) === null);
    await worker.inspect({ act: "rows", program });
  }
  await sleep(7_000);
  for (const program of [programId, busyProgram]) {
    assert.deepEqual(await worker.inspect({ act: "rows", program }), {
      ...{ sql: 0, read: 0, ledger: 0 },
      ...{ keys: 0, puts: 0, alarms: 0 },
    });
  }
  await checkDeliveries(busyProgram, 0);
  await worker.kill();
});
