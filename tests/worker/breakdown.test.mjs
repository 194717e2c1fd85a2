/**
 * The module's instance breaks down, which every job in the same isolate lived
 * in: each goes on from its journal, without a restart.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

/** Enough for small jobs. */
const PAGES = 60;
/** More than that memory can hold. */
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
  const answer = await worker.createJob(programId, codes, query);
  assert.ok(answer.ok, await answer.clone().text());
  return (await answer.json()).id;
}

test("idle jobs take webhooks and can be read after a crash of the module", async () => {
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

test("a single call that it takes along is unknown, and is ended without a restart", async () => {
  const slow = await startUber(["--latency", "4000"]);
  const worker = await startInspected({ uber: slow.url, memoryPages: PAGES });
  const { programId, codes } = await slow.createProgram(4);
  const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ codes });
  const calling = worker.request(path, { method: "POST", headers, body });
  // The list, and that it is about to leave.
  await eventually(async () => {
    return (await worker.inspect({ act: "keys", program: programId })).length === 2;
  });
  await breakDown(worker);
  const answer = await calling;
  const { code, queued } = await answer.json();
  assert.deepEqual([answer.status, code, queued], [502, "instance_lost", "unknown"]);
  const { jobs } = await worker.json(`/api/programs/${programId}/jobs`);
  assert.deepEqual([jobs.length, jobs[0].status, jobs[0].progress.unknown], [1, "undecided", 4]);
  assert.equal(await worker.webhook(programId, codes.map(outcome)), 200);
  // Nothing is left of it but what became of its codes.
  await eventually(async () => {
    return (await worker.json(`/api/programs/${programId}/jobs`)).jobs.length === 0;
  });
  const sent = [...(await slow.deliveries(programId)).values()];
  assert.ok(sent.every((count) => count === 1));
  await worker.kill();
});

test(
  "a job at which it breaks down each time keeps none of the others",
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
    // It is left alone for longer each time.
    const attempts = worker.output().match(/"where":"inbox"/g) ?? [];
    assert.ok(attempts.length >= 1 && attempts.length <= 4, `${attempts.length} attempts`);
    // At last it is given up, also for those who ask.
    let job = { status: "" };
    for (let time = 0; time < 5 && job.status !== "unreadable"; time += 1) {
      const answer = await worker.request(`${path}/${large}`);
      job = await answer.json();
    }
    assert.equal(job.status, "unreadable");
    const again = await worker.createJob(programId, codes.slice(0, 5));
    assert.equal((await again.json()).code, "already_queued");
    const [{ waiting }] = await worker.sql(programId, "SELECT count(*) AS waiting FROM waiting");
    assert.ok(waiting >= 1);
    // With memory enough, it is as before.
    worker = await worker.restart({ memoryPages: undefined });
    await worker.until(programId, large, ({ progress }) => progress.distributed === 3);
    assert.equal(await errorOf(), null);
    await worker.kill();
  },
);
