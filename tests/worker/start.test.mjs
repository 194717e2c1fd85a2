/**
 * When a job begins to send: after a delay in which it can be cancelled, and after the approval of
 * a second operator, if needed. What was sent is what the sandbox reports.
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
  const response = await worker.createJob(programId, codes, query);
  assert.equal(response.status, 201);
  return response.json();
};

/** @param {{ programId: string, id: string }} job @param {string} action @param {object} [body] @param {string} [name] */
const act = async ({ programId, id }, action, body = {}, name = "") => {
  const response = await worker.request(`/api/programs/${programId}/jobs/${id}/${action}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(name && people.headersOf(name)) },
  });
  return { answered: response.status, ...(await response.json()) };
};

/** @param {boolean} paused */
const pauseEverything = (paused) =>
  worker.request("/api/pause", {
    method: "POST",
    body: JSON.stringify({ paused }),
    headers: { "Content-Type": "application/json" },
  });

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
  // The same again.
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

test("a scheduled job starts on time or on request, and a pause holds it", async () => {
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

test("a start delay survives a restart", async () => {
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

test("a start time that passed while the worker was down is set anew", async () => {
  const { programId, codes } = await uber.createProgram(5);
  const job = await create(programId, codes, "?startIn=2");
  const { state, port } = worker;
  await worker.kill();
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const options = { approval: { above: 20 }, startDelaySeconds: 7 };
  const { uber: url, bindings } = { uber: uber.url, bindings: people.bindings };
  worker = await startWorker({ uber: url, state, port, bindings, options });
  const { startsAt } = await worker.until(
    programId,
    job.id,
    (/** @type {any} */ { startsAt }) => startsAt !== job.startsAt,
  );
  assert.ok(startsAt === null || startsAt > job.startsAt + 6_000, `${startsAt - job.startsAt}`);
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(programId), 5);
  const { entries } = await worker.json(`/api/audit?job=${job.id}`);
  const [started] = entries;
  assert.deepEqual([started.action, started.detail], ["started", "schedule"]);
  assert.ok(started.at > job.startsAt + 7_500, `${started.at - job.startsAt}`);
});

test("no start time passes while everything is paused, and the job can still be cancelled", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const [first, second] = [codes.slice(0, 3), codes.slice(3)];
  await pauseEverything(true);
  const held = await create(programId, first, "?startIn=1");
  const cancelled = await create(programId, second, "?startIn=1");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const waiting = await worker.json(`/api/programs/${programId}/jobs/${held.id}`);
  assert.equal(waiting.status, "scheduled");
  assert.equal((await act(cancelled, "cancel")).status, "cancelled");
  const resumedAt = Date.now();
  await pauseEverything(false);
  await worker.until(programId, held.id, ({ status }) => status === "finished");
  assert.equal(await sentOf(programId), 3);
  const { entries } = await worker.json(`/api/audit?job=${held.id}`);
  assert.ok(entries[0].at >= resumedAt + 900, "it could be cancelled once more");
});

test("a job that has stopped can be ended: what has not left never will, and is free", async () => {
  const { programId, codes } = await uber.createProgram(30);
  const list = codes.slice(0, 20);
  const job = await create(programId, list, "?pauseAfter=1&batchSize=5");
  assert.equal((await act(job, "abandon")).code, "wrong_job_state");
  await worker.until(programId, job.id, ({ status }) => status === "paused");
  const overview = await worker.json("/api/overview");
  assert.ok(
    overview.deciding.some((/** @type {any} */ { id }) => id === job.id),
    "it needs somebody",
  );
  const ended = await act(job, "abandon", { reason: "the wrong list" });
  assert.deepEqual([ended.status, ended.progress.abandoned], ["finished", 19]);
  assert.equal((await act(job, "resume")).code, "wrong_job_state");
  const { entries } = await worker.json(`/api/audit?job=${job.id}`);
  const [last] = entries;
  assert.deepEqual([last.action, last.codes, last.reason], ["ended", 19, "the wrong list"]);

  const again = await worker.createJob(programId, list);
  const refused = await again.json();
  assert.deepEqual([refused.code, refused.count], ["already_queued", 1]);
  const rest = await create(programId, list.slice(1));
  await worker.until(programId, rest.id, ({ status }) => status === "finished");
  const sent = await uber.deliveries(programId);
  assert.deepEqual([sent.size, new Set(sent.values())], [20, new Set([1])]);
  const now = await worker.json("/api/overview");
  assert.ok(
    now.deciding.every((/** @type {any} */ { id }) => id !== job.id),
    "it needs nobody",
  );
});

test("a job that has begun to send can't be cancelled", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const job = await create(programId, codes);
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  assert.equal((await act(job, "cancel")).code, "wrong_job_state");
  const paused = await uber.createProgram(10);
  const other = await create(paused.programId, paused.codes, "?start=false");
  assert.equal((await act(other, "cancel")).status, "cancelled");
  assert.equal(await sentOf(paused.programId), 0);
});

test("who starts a job late starts it once, and resumes nothing that has paused meanwhile", async () => {
  const { programId, codes } = await uber.createProgram(12);
  const job = await create(programId, codes.slice(0, 8), "?start=false&pauseAfter=1");
  // Another page, or a key.
  await act(job, "resume");
  const isPaused = (/** @type {any} */ { status }) => status === "paused";
  await worker.until(programId, job.id, isPaused);
  const late = await act(job, "start", { reason: "Its start window ended." });
  assert.deepEqual([late.answered, late.code], [409, "already_started"]);
  assert.equal(await sentOf(programId), 1);

  // The same where it was paused before anything had left.
  await pauseEverything(true);
  const other = await create(programId, codes.slice(8, 10), "?start=false");
  assert.equal((await act(other, "start")).status, "running");
  await act(other, "pause");
  assert.equal((await act(other, "start")).code, "already_started");
  await pauseEverything(false);

  const kept = await create(programId, codes.slice(10), "?startIn=3600");
  assert.equal((await act(kept, "start")).status, "running");
  const done = await worker.until(programId, kept.id, ({ status }) => status === "finished");
  assert.equal((await act(done, "start")).code, "wrong_job_state");
});

test("a large job waits for another operator", async () => {
  const { programId, codes } = await uber.createProgram(40);
  const asAda = people.headersOf("ada@example.com");
  const response = await worker.request(`/api/programs/${programId}/jobs?startIn=1`, {
    method: "POST",
    body: codes.slice(0, 21).join("\n"),
    headers: { "Idempotency-Key": crypto.randomUUID(), ...asAda },
  });
  const job = await response.json();
  assert.deepEqual([response.status, job.status, job.by], [201, "unapproved", "ada@example.com"]);
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
  // As many as need no approval.
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

test("pages get the start delay", async () => {
  const config = await worker.json("/api/config");
  assert.deepEqual(
    [config.approval, config.startDelaySeconds, config.settleMinutes],
    [{ above: 20 }, 7, 0],
  );
});

test("the start time is part of the idempotency fingerprint, the name is not", async () => {
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

test("exactly the first codes are sent, and the rest when an operator resumes, even after a kill", async () => {
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
  // The batch of a code is the one in which it was sent.
  const { rows } = await worker.json(`/api/programs/${programId}/jobs/${job.id}/results`);
  assert.deepEqual(
    rows.map((/** @type {{ batch: number }} */ { batch }) => batch),
    [0, ...Array(10).fill(1), ...Array(9).fill(2)],
  );
});
