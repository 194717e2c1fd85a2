/**
 * When a job begins to send: after a while in which it can be cancelled, and once a second operator
 * has agreed, where that is needed. What left is what the sandbox says.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { operators } from "./operators.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {Awaited<ReturnType<typeof operators>>} */
let people;

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  people = await operators();
  worker = await startWorker({
    uber: uber.url,
    bindings: people.bindings,
    options: { approval: { above: 20 }, startDelaySeconds: 7 },
  });
});
after(async () => {
  people.close();
  await cleanUp();
});

/** @param {string} programId @param {readonly string[]} codes @param {string} [query] */
const create = async (programId, codes, query = "") => {
  const answer = await worker.createJob(programId, codes, query);
  assert.equal(answer.status, 201);
  return answer.json();
};

/** @param {{ programId: string, id: string }} job @param {string} action @param {object} [body] @param {string} [name] */
const act = async ({ programId, id }, action, body = {}, name = "") => {
  const answer = await worker.request(`/api/programs/${programId}/jobs/${id}/${action}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(name && people.headersOf(name)) },
  });
  return { answered: answer.status, ...(await answer.json()) };
};

/** @param {string} programId */
const sentOf = async (programId) =>
  [...(await uber.deliveries(programId)).values()].reduce((all, count) => all + count, 0);

test("a job that starts later can be cancelled, and its codes are free", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const job = await create(programId, codes, "?startIn=3600");
  assert.equal(job.status, "scheduled");
  assert(Math.abs(job.startsAt - Date.now() - 3_600_000) < 60_000);
  const blocked = await worker.createJob(programId, codes);
  assert.equal((await blocked.json()).code, "already_queued");

  const cancelled = await act(job, "cancel", { reason: "the wrong file" });
  assert.deepEqual(
    [cancelled.answered, cancelled.status, cancelled.progress.abandoned, cancelled.startsAt],
    [200, "cancelled", 10, null],
  );
  // Once more: it is.
  assert.equal((await act(job, "cancel")).status, "cancelled");
  assert.equal((await act(job, "resume")).code, "job_cancelled");
  assert.equal(
    (await worker.json(`/api/programs/${programId}/jobs/${job.id}`)).status,
    "cancelled",
  );
  assert.equal(await sentOf(programId), 0);

  const again = await create(programId, codes);
  await worker.until(programId, again.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(programId), 10);
});

test("it starts when its time comes, or when an operator says so; a pause holds it", async () => {
  const { programId, codes } = await uber.createProgram(9);
  const [soon, early, held] = [codes.slice(0, 3), codes.slice(3, 6), codes.slice(6)];
  const later = await create(programId, soon, "?startIn=1");
  assert.equal(later.status, "scheduled");
  const waiting = await create(programId, early, "?startIn=3600");
  const pausing = await create(programId, held, "?startIn=2");
  assert.equal((await act(pausing, "pause")).status, "paused");
  await worker.until(programId, later.id, ({ status }) => status === "finished");
  assert.equal((await act(waiting, "resume")).answered, 200);
  const done = await worker.until(programId, waiting.id, ({ status }) => status === "finished");
  assert.equal(done.startsAt, null);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const paused = await worker.json(`/api/programs/${programId}/jobs/${pausing.id}`);
  assert.deepEqual([paused.status, await sentOf(programId)], ["paused", 6]);
});

test("a start window survives a restart", async () => {
  const { programId, codes } = await uber.createProgram(5);
  const job = await create(programId, codes, "?startIn=4");
  const { state, port } = worker;
  await worker.kill();
  worker = await startWorker({
    uber: uber.url,
    state,
    port,
    bindings: people.bindings,
    options: { approval: { above: 20 }, startDelaySeconds: 7 },
  });
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(programId), 5);
});

test("what has begun to send is not cancelled", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const job = await create(programId, codes);
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  assert.equal((await act(job, "cancel")).code, "wrong_job_state");
  const paused = await uber.createProgram(10);
  const other = await create(paused.programId, paused.codes, "?start=false");
  assert.equal((await act(other, "cancel")).status, "cancelled");
  assert.equal(await sentOf(paused.programId), 0);
});

test("a large job waits for another operator", async () => {
  const { programId, codes } = await uber.createProgram(40);
  const asAda = people.headersOf("ada@example.com");
  const answer = await worker.request(`/api/programs/${programId}/jobs?startIn=1`, {
    method: "POST",
    body: codes.slice(0, 21).join("\n"),
    headers: { "Idempotency-Key": crypto.randomUUID(), ...asAda },
  });
  const job = await answer.json();
  assert.deepEqual([answer.status, job.status, job.by], [201, "unapproved", "ada@example.com"]);
  for (const action of ["resume", "pause"]) {
    assert.equal((await act(job, action)).code, "wrong_job_state", action);
  }
  const own = await act(job, "approve", {}, "ada@example.com");
  assert.deepEqual([own.answered, own.code], [403, "same_operator"]);
  assert.equal(await sentOf(programId), 0);
  const approved = await act(job, "approve", { reason: "looked at" }, "grace@example.com");
  assert.deepEqual([approved.status, approved.approval.by], ["scheduled", "grace@example.com"]);
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(programId), 21);
  // As many as need none.
  const small = await create(programId, codes.slice(21), "?start=false");
  assert.equal(small.status, "paused");
});

test("the second operator can't be bypassed", async () => {
  const { programId, codes } = await uber.createProgram(30);
  const other = await uber.createProgram(30);
  // A job that is created paused.
  const job = await create(programId, codes, "?start=false");
  assert.equal(job.status, "unapproved");
  assert.equal((await act(job, "resume")).answered, 409);
  assert.equal((await act(job, "approve", {}, "grace@example.com")).status, "paused");
  // Uber's own path.
  const path = `/v1/organizations/5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10/voucher-programs/${other.programId}/codes/distribute`;
  const call = await worker.request(path, {
    method: "POST",
    body: JSON.stringify({ codes: other.codes }),
    headers: { "Content-Type": "application/json" },
  });
  assert.deepEqual([call.status, (await call.json()).code], [403, "approval_required"]);
  // Several jobs that were uploaded together.
  const programs = await Promise.all(Array.from({ length: 3 }, () => uber.createProgram(8)));
  const rows = programs.flatMap((program) =>
    program.codes.map((code) => `${program.programId},${code}`),
  );
  const group = await worker.request("/api/jobs?startIn=1", {
    method: "POST",
    body: ["program,code", ...rows].join("\n"),
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
  });
  const { jobs } = await group.json();
  assert.deepEqual(
    jobs.map((/** @type {{ status: string }} */ { status }) => status),
    ["unapproved", "unapproved", "unapproved"],
  );
  const sent = await Promise.all([other, ...programs].map((one) => sentOf(one.programId)));
  assert.deepEqual(sent, [0, 0, 0, 0]);
  const approved = await act(jobs[0], "approve", {}, "grace@example.com");
  await worker.until(approved.programId, approved.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(approved.programId), 8);
});

test("pages are told the start window", async () => {
  const config = await worker.json("/api/config");
  assert.deepEqual(
    [config.approval, config.startDelaySeconds, config.settleMinutes],
    [{ above: 20 }, 7, 0],
  );
});

test("when it starts is part of what a key stands for, and its name is not", async () => {
  const { programId, codes } = await uber.createProgram(4);
  const key = crypto.randomUUID();
  const first = await worker.createJob(programId, codes, "?startIn=3600&name=One", key);
  assert.equal(first.status, 201);
  const { id, name } = await first.json();
  assert.equal(name, "One");
  const same = await worker.createJob(programId, codes, "?startIn=3600&name=Other", key);
  assert.deepEqual([same.status, (await same.json()).id], [200, id]);
  const sooner = await worker.createJob(programId, codes, "?startIn=5", key);
  assert.deepEqual((await sooner.json()).differs, ["startIn"]);
});

test("exactly the first codes leave, and the rest when an operator says so; also after a kill", async () => {
  const { programId, codes } = await uber.createProgram(20);
  const job = await create(programId, codes, "?pauseAfter=1&batchSize=10");
  assert.equal(job.pauseAfter, 1);
  const first = await worker.until(programId, job.id, ({ status }) => status === "paused");
  assert.deepEqual(
    [first.progress.queued + first.progress.distributed, first.progress.pending],
    [1, 19],
  );
  assert.deepEqual([...(await uber.deliveries(programId)).keys()], [codes[0]]);
  const { state, port } = worker;
  await worker.kill();
  const options = { approval: { above: 20 }, startDelaySeconds: 7 };
  worker = await startWorker({ uber: uber.url, state, port, bindings: people.bindings, options });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(await sentOf(programId), 1);
  assert.equal((await act(job, "cancel")).code, "already_sending");
  await act(job, "resume");
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  const sent = await uber.deliveries(programId);
  assert.deepEqual([sent.size, new Set(sent.values())], [20, new Set([1])]);
  // A code's batch is the one that it left with.
  const { rows } = await worker.json(`/api/programs/${programId}/jobs/${job.id}/results`);
  assert.deepEqual(
    rows.map((/** @type {{ batch: number }} */ { batch }) => batch),
    [0, ...Array(10).fill(1), ...Array(9).fill(2)],
  );
});
