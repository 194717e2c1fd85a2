/** Whatever is requested at the same moment, a code is sent once. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber, startWorker, fetchOnce } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "5-20"]);
  worker = await startWorker({ uber: uber.url, options: { requestsPerSecond: 90 } });
});
after(cleanUp);

/** Uber's own call. @param {string} programId @param {readonly string[]} codes @param {string} [query] */
function call(programId, codes, query = "") {
  const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  return worker.request(path + query, {
    method: "POST",
    body: JSON.stringify({ codes }),
    headers: { "Content-Type": "application/json" },
  });
}

/** @param {Response} response */
const told = async (response) => ({ status: response.status, body: await response.json() });

/** @param {string} programId @param {{ body: any }} created */
const finished = (programId, { body }) =>
  worker.until(programId, body.id, ({ status }) => status === "finished");

test("of two jobs created at once, only one gets a shared code", async () => {
  const { programId, codes } = await uber.createProgram(20 * 30);
  for (let round = 0; round < 20; round += 1) {
    const pool = codes.slice(round * 30, round * 30 + 30);
    const lists = [pool.slice(0, 20), pool.slice(10)];
    const results = await Promise.all(
      lists.map(async (list) => told(await worker.createJob(programId, list))),
    );
    results.sort((one, other) => one.status - other.status);
    assert.deepEqual(
      results.map(({ status }) => status),
      [201, 422],
    );
    const [winner, loser] = /** @type {[any, any]} */ (results);
    assert.equal(loser.body.code, "already_queued");
    assert.deepEqual([loser.body.count, loser.body.free], [10, 10]);
    assert.deepEqual(
      loser.body.codes.map((/** @type {any} */ { code }) => code).sort(),
      pool.slice(10, 20).sort(),
    );
    assert.equal(loser.body.codes[0].job, winner.body.id);
  }
  const jobs = (await worker.json(`/api/programs/${programId}/jobs`)).jobs;
  assert.equal(jobs.length, 20);
  for (const { id } of jobs) await finished(programId, { body: { id } });
  const sent = await uber.deliveries(programId);
  assert.equal(sent.size, 20 * 20);
  assert.deepEqual(new Set(sent.values()), new Set([1]));
});

test("single calls and jobs that race for the same codes send each of them once", async () => {
  const { programId, codes } = await uber.createProgram(15 * 12);
  let won = 0;
  for (let round = 0; round < 15; round += 1) {
    const pool = codes.slice(round * 12, round * 12 + 12);
    const results = await Promise.all([
      call(programId, pool.slice(0, 6)).then(told),
      worker.createJob(programId, pool.slice(3, 9)).then(told),
      call(programId, pool.slice(6)).then(told),
    ]);
    for (const { status, body } of results) {
      if (status === 422) assert.equal(body.code, "already_queued");
      else assert.ok(status === 200 || status === 201, JSON.stringify({ status, body }));
    }
    const [first, job, second] = results;
    // The two calls have no common code: either both got theirs, or the job did.
    assert.equal(job?.status === 201, first?.status === 422 || second?.status === 422);
    won += Number(job?.status === 201);
    if (job?.status === 201) await finished(programId, job);
  }
  const sent = await uber.deliveries(programId);
  assert.deepEqual(new Set(sent.values()), new Set([1]), `the job won ${won} times`);
});

test("many single calls at once each get their own response", async () => {
  const { programId, codes } = await uber.createProgram(60);
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_, index) =>
      told(await call(programId, codes.slice(index * 3, index * 3 + 3))),
    ),
  );
  assert.deepEqual(
    results.map(({ status, body }) => [status, body.codes ?? body.code]),
    results.map(() => [200, 3]),
  );
  assert.equal((await uber.deliveries(programId)).size, 60);
});

test("of two identical calls at the same time, one is sent and the other refused", async () => {
  const { programId, codes } = await uber.createProgram(40);
  for (let round = 0; round < 10; round += 1) {
    const list = codes.slice(round * 4, round * 4 + 4);
    const responses = await Promise.all([call(programId, list), call(programId, list)]);
    const statuses = responses.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 422]);
  }
  assert.deepEqual(new Set((await uber.deliveries(programId)).values()), new Set([1]));
});

test("`skip` leaves out codes that were sent, `resend` sends them again", async () => {
  const { programId, codes } = await uber.createProgram(30);
  await finished(programId, await told(await worker.createJob(programId, codes.slice(0, 10))));
  const skipping = await told(await worker.createJob(programId, codes.slice(0, 20), "?skip=true"));
  assert.deepEqual(
    [skipping.status, skipping.body.skipped, skipping.body.progress.total],
    [201, 10, 10],
  );
  await finished(programId, skipping);
  const nothing = await told(await worker.createJob(programId, codes.slice(0, 20), "?skip=true"));
  assert.deepEqual(
    [nothing.status, nothing.body.code, nothing.body.free],
    [422, "already_queued", 0],
  );
  const again = await told(await worker.createJob(programId, codes.slice(5, 25), "?resend=true"));
  assert.deepEqual([again.status, again.body.resent, again.body.progress.total], [201, 15, 20]);
  await finished(programId, again);
  const sent = await uber.deliveries(programId);
  assert.deepEqual(
    codes.map((code) => sent.get(code) ?? 0),
    codes.map((_, index) => (index < 5 ? 1 : index < 20 ? 2 : index < 25 ? 1 : 0)),
  );
});

test("concurrent requests with one key create one job", async () => {
  const { programId, codes } = await uber.createProgram(50);
  const key = crypto.randomUUID();
  const results = await Promise.all(
    Array.from({ length: 6 }, async () => told(await worker.createJob(programId, codes, "", key))),
  );
  assert.deepEqual(results.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 201]);
  assert.equal(new Set(results.map(({ body }) => body.id)).size, 1);
  const other = await told(await worker.createJob(programId, codes.slice(1), "", key));
  assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
});

test("codes that were rejected, failed or cancelled are free again", async () => {
  const failing = await startUber(["--latency", "1", "--failure-rate", "1"]);
  const other = await startWorker({ uber: failing.url });
  const { programId, codes } = await failing.createProgram(10);
  const stranger = crypto.randomUUID();
  const path = `/api/programs/${programId}/jobs`;
  const create = async (/** @type {string[]} */ list, query = "") => {
    const { status, body } = await told(await other.createJob(programId, list, query));
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  };

  // Uber refuses a request with an unknown code.
  const rejected = await create([codes[0] ?? "", stranger], "?allowForeign=true");
  await other.until(programId, rejected, ({ progress }) => progress.rejected === 2);

  const cancelled = await create(codes.slice(1, 3), "?start=false");
  await other.json(`${path}/${cancelled}/resolve`, { batch: 0, decision: "abandon" });
  assert.equal((await failing.deliveries(programId)).size, 0);

  const all = await create(codes);
  await other.until(programId, all, ({ status }) => status === "finished");
  await failing.ask("advance", { ms: 10_000 });
  for (const { headers, body } of await failing.ask("webhooks")) {
    const response = await fetchOnce(`${other.url}/webhooks/uber`, {
      method: "POST",
      headers,
      body,
    });
    assert.equal(response.status, 200);
  }
  await other.until(programId, all, ({ progress }) => progress.failed === codes.length);
  const again = await create(codes);
  await other.until(programId, again, ({ status }) => status === "finished");
  assert.deepEqual(new Set((await failing.deliveries(programId)).values()), new Set([2]));
});
