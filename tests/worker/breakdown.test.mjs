/**
 * The instance of the module crashes, with all jobs in the same isolate: each job
 * continues from its journal, without a restart.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

/** Enough memory for small jobs. */
const PAGES = 60;
/** More codes than that memory can hold. */
const TOO_MANY = 300_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "30"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** @param {Worker} worker */
const breakDown = async (worker) =>
  assert.equal(await worker.inspect({ act: "trap", codes: TOO_MANY }), "instance_lost");

/** @param {string} code */
const outcome = (code) => ({ code_uuid: code, status: "distributed" });

/** @param {Worker} worker @param {string} programId @param {string[]} codes @param {string} [query] */
async function create(worker, programId, codes, query) {
  const response = await worker.createJob(programId, codes, query);
  assert.ok(response.ok, await response.clone().text());
  return (await response.json()).id;
}

test("after the module crashes, idle jobs can be read and apply webhooks", async () => {
  const worker = await startInspected({ uber: uber.url, memoryPages: PAGES });
  const { programId, codes } = await uber.createProgram(30);
  const path = `/api/programs/${programId}/jobs`;
  /** @type {string[]} */
  const ids = [];
  for (const from of [0, 10]) {
    const id = await create(worker, programId, codes.slice(from, from + 10));
    await worker.until(programId, id, ({ status }) => status === "finished");
    ids.push(id);
  }
  for (const round of [0, 1]) {
    await breakDown(worker);
    const [one = "", other = ""] = [codes[round], codes[10 + round]];
    assert.equal(await worker.webhook(programId, [outcome(one), outcome(other)]), 200);
    for (const id of ids) {
      await worker.until(programId, id, ({ progress }) => progress.distributed === round + 1);
    }
    await breakDown(worker);
    const { rows } = await worker.json(`${path}/${ids[0]}/results?state=distributed`);
    assert.equal(rows.length, round + 1);
    await breakDown(worker);
    const again = await worker.createJob(programId, codes.slice(0, 20));
    assert.equal((await again.json()).code, "already_queued");
    await breakDown(worker);
    assert.equal((await worker.json(`/api/programs/${programId}/codes`)).codes.length, 30);
  }
  await worker.kill();
});

test(
  "a sending job continues, and its batch under way is unknown",
  { timeout: 60_000 },
  async () => {
    const worker = await startInspected({ uber: uber.url, memoryPages: PAGES });
    const { programId, codes } = await uber.createProgram(300);
    const id = await create(worker, programId, codes, "?batchSize=2");
    await worker.until(programId, id, ({ progress }) => progress.queued > 20);
    await breakDown(worker);
    const { progress } = await worker.until(programId, id, ({ status }) =>
      ["finished", "undecided"].includes(status),
    );
    assert.ok(progress.unknown <= 2 && progress.queued + progress.unknown === 300);
    const sent = [...(await uber.deliveries(programId)).values()];
    assert.ok(sent.length >= progress.queued && Math.max(...sent) === 1);
    await worker.kill();
  },
);

test("a single call interrupted by a crash is unknown, and ends without a restart", async () => {
  const slow = await startUber(["--latency", "4000"]);
  const worker = await startInspected({ uber: slow.url, memoryPages: PAGES });
  const { programId, codes } = await slow.createProgram(4);
  const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ codes });
  const calling = worker.request(path, { method: "POST", headers, body });
  // The list, and the record that it is about to be sent.
  await eventually(async () => {
    return (await worker.inspect({ act: "keys", program: programId })).length === 2;
  });
  await breakDown(worker);
  const response = await calling;
  const { code, queued } = await response.json();
  assert.deepEqual([response.status, code, queued], [502, "instance_lost", "unknown"]);
  const { jobs } = await worker.json(`/api/programs/${programId}/jobs`);
  assert.deepEqual([jobs.length, jobs[0].status, jobs[0].progress.unknown], [1, "undecided", 4]);
  assert.equal(await worker.webhook(programId, codes.map(outcome)), 200);
  // Only the outcomes of its codes are left of it.
  await eventually(async () => {
    return (await worker.json(`/api/programs/${programId}/jobs`)).jobs.length === 0;
  });
  const sent = [...(await slow.deliveries(programId)).values()];
  assert.ok(sent.every((count) => count === 1));
  await worker.kill();
});

test(
  "a job that crashes the module every time does not block other jobs",
  { timeout: 120_000 },
  async () => {
    let worker = await startInspected({ uber: uber.url });
    const { programId, codes } = await uber.createProgram(220_000);
    const path = `/api/programs/${programId}/jobs`;
    const large = await create(worker, programId, codes.slice(0, 200_000), "?batchSize=30000");
    await worker.until(programId, large, ({ status }) => status === "finished");
    const small = await create(worker, programId, codes.slice(200_000, 200_010));
    await worker.until(programId, small, ({ status }) => status === "finished");
    worker = await worker.restart({ memoryPages: PAGES });
    for (const at of [0, 1, 2]) {
      const event = [outcome(codes[at] ?? ""), outcome(codes[200_000 + at] ?? "")];
      assert.equal(await worker.webhook(programId, event), 200);
      await worker.until(programId, small, ({ progress }) => progress.distributed === at + 1);
    }
    const errorOf = async () => {
      const { jobs } = await worker.json(path);
      return jobs.find((/** @type {any} */ job) => job.id === large).error?.code ?? null;
    };
    await eventually(async () => (await errorOf()) === "instance_lost");
    // The waits before the next attempt grow.
    const attempts = worker.output().match(/"where":"inbox"/g) ?? [];
    assert.ok(attempts.length >= 1 && attempts.length <= 4, `${attempts.length} attempts`);
    // In the end the job counts as unreadable, for requests too.
    let job = { status: "" };
    for (let time = 0; time < 5 && job.status !== "unreadable"; time += 1) {
      const response = await worker.request(`${path}/${large}`);
      job = await response.json();
    }
    assert.equal(job.status, "unreadable");
    const again = await worker.createJob(programId, codes.slice(0, 5));
    assert.equal((await again.json()).code, "already_queued");
    const [{ waiting }] = await worker.sql(programId, "SELECT count(*) AS waiting FROM waiting");
    assert.ok(waiting >= 1);
    // With enough memory, it works as before.
    worker = await worker.restart({ memoryPages: undefined });
    await worker.until(programId, large, ({ progress }) => progress.distributed === 3);
    assert.equal(await errorOf(), null);
    await worker.kill();
  },
);
