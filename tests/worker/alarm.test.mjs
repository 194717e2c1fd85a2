/** What happens without requests: long waits, the deletion of lists, interrupted calls. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import { closeFronts, startFront } from "./front.mjs";
import {
  ADMIN_TOKEN,
  ORGANIZATION,
  cleanUp,
  startUber,
  startWorker,
  fetchOnce,
} from "./harness.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;

before(async () => {
  uber = await startUber(["--latency", "1-5", "--failure-rate", "0"]);
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {Awaited<ReturnType<typeof startWorker>>} worker @param {string} programId @param {readonly string[]} codes */
const call = (worker, programId, codes) =>
  worker.request(
    `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`,
    {
      method: "POST",
      body: JSON.stringify({ codes }),
      headers: { "Content-Type": "application/json" },
    },
  );

/** Delivers all webhooks. @param {string} url */
async function deliver(url) {
  await uber.ask("advance", { ms: 10_000 });
  for (const { headers, body } of await uber.ask("webhooks")) {
    const response = await fetchOnce(`${url}/webhooks/uber`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
  }
}

/** @param {Awaited<ReturnType<typeof startWorker>>} worker @param {string} programId @returns {Promise<Map<string, string | null>>} */
async function statesOf(worker, programId) {
  const { codes } = await worker.json(`/api/programs/${programId}/codes`);
  return new Map(codes.map((/** @type {any} */ { code, state }) => [code, state]));
}

test("429 with a long Retry-After closes the gate for all programs, even after a kill", async () => {
  const patience = 12;
  let closedUntil = 0;
  let sends = 0;
  /** @type {number[]} */
  const early = [];
  const front = await startFront(uber.url, ({ at, program }) => {
    if (program === undefined) return undefined;
    if (at < closedUntil - 100) early.push(closedUntil - at);
    sends += 1;
    // The first request is interrupted. Its repetition gets a 429.
    if (sends === 1) return "lost";
    if (sends !== 3) return undefined;
    closedUntil = at + patience * 1000;
    return { status: 429, headers: { "Retry-After": String(patience) } };
  });
  let worker = await startWorker({ uber: front.url });
  const [one, other, third] = /** @type {any[]} */ (
    await Promise.all([20, 20, 20].map((codes) => uber.createProgram(codes)))
  );
  const path = `/api/programs/${one.programId}/jobs`;
  const { id } = await (await worker.createJob(one.programId, one.codes, "?batchSize=10")).json();
  await worker.until(one.programId, id, ({ status }) => status === "undecided");
  await worker.json(`${path}/${id}/resolve`, { batch: 0, decision: "resend" });
  await worker.json(`${path}/${id}/resume`, {});
  const waiting = await worker.until(
    one.programId,
    id,
    ({ waitingUntil }) => waitingUntil !== null,
  );
  // It has something to send, although none of it is pending.
  assert.deepEqual([waiting.status, waiting.progress.pending], ["running", 0]);
  assert.ok(Math.abs(waiting.waitingUntil - closedUntil) < 1_000);

  const second = await (await worker.createJob(other.programId, other.codes)).json();
  const held = await worker.until(
    other.programId,
    second.id,
    ({ waitingUntil }) => waitingUntil !== null,
  );
  assert.ok(Math.abs(held.waitingUntil - closedUntil) < 1_000);
  await worker.kill();
  worker = await startWorker({ uber: front.url, state: worker.state, port: worker.port });
  const last = await (await worker.createJob(third.programId, third.codes)).json();
  // Without further requests, each job continues automatically.
  await sleep(closedUntil - Date.now());
  /** @type {[string, string][]} */
  const all = [
    [one.programId, id],
    [other.programId, second.id],
    [third.programId, last.id],
  ];
  for (const [program, job] of all) {
    const end = await worker.until(program, job, ({ status }) => status === "finished");
    assert.equal(end.progress.queued, 20);
  }
  assert.deepEqual(early, []);
  await worker.kill();
});

test("a wrong Retry-After stops sending for at most an hour, and an operator can end it", async () => {
  const HOUR_MS = 60 * 60_000;
  let result = "";
  const front = await startFront(uber.url, ({ program }) => {
    if (program === undefined || result === "") return undefined;
    return { status: 429, headers: { "Retry-After": result } };
  });
  const worker = await startWorker({ uber: front.url });
  const { programId, codes } = await uber.createProgram(20);
  const path = `/api/programs/${programId}/jobs`;
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  /** @param {any} job */
  const isWaiting = ({ waitingUntil }) => waitingUntil > Date.now();
  for (const value of [
    "3600000",
    "99999999999999999999",
    "Sat, 01 Jan 2101 00:00:00 GMT",
    "7200",
  ]) {
    result = value;
    await worker.json(`${path}/${id}/resume`, {});
    const { status, waitingUntil } = await worker.until(programId, id, isWaiting);
    assert.equal(status, "running");
    assert.ok(waitingUntil - Date.now() <= HOUR_MS, value);
    assert.ok(waitingUntil - Date.now() > HOUR_MS - 30_000, value);
    // After a pause and a resume, it asks again at once, as all programs do.
    await worker.json(`${path}/${id}/pause`, {});
  }
  result = "";
  await worker.json(`${path}/${id}/resume`, {});
  const job = await worker.until(programId, id, ({ status }) => status === "finished");
  assert.equal(job.waitingUntil, null);
  assert.deepEqual(new Set((await uber.deliveries(programId)).values()), new Set([1]));
  await worker.kill();
});

test("the list of a job is deleted after its retention, and the states of its codes stay", async () => {
  const worker = await startWorker({
    uber: uber.url,
    options: { retentionDays: 2_500 / DAY_MS, batchSize: 5 },
  });
  const { programId, codes } = await uber.createProgram(20);
  const { id } = await (await worker.createJob(programId, codes.slice(0, 10))).json();
  await worker.until(programId, id, ({ status }) => status === "expired");
  const gone = await worker.request(`/api/programs/${programId}/jobs/${id}/results.csv`);
  assert.equal(gone.status, 410);
  const again = await worker.createJob(programId, codes.slice(5, 15));
  assert.deepEqual([again.status, (await again.json()).count], [422, 5]);
  const before = await statesOf(worker, programId);
  assert.deepEqual(
    codes.map((code) => before.get(code)),
    codes.map((_, index) => (index < 10 ? "queued" : null)),
  );
  // Outcomes that are reported only now are known too.
  await deliver(worker.url);
  const end = Date.now() + 10_000;
  for (let known = before; known.get(codes[0] ?? "") !== "distributed";) {
    assert.ok(Date.now() < end);
    await sleep(100);
    known = await statesOf(worker, programId);
  }
  await worker.kill();
});

test("only the states of the codes of single calls are kept", async () => {
  const worker = await startWorker({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(6);
  assert.equal((await call(worker, programId, codes.slice(0, 3))).status, 200);
  await sleep(1_500);
  await deliver(worker.url);
  const end = Date.now() + 10_000;
  for (;;) {
    const states = await statesOf(worker, programId);
    const found = codes.map((code) => states.get(code));
    if (found[2] === "distributed") {
      assert.deepEqual(found.slice(3), [null, null, null]);
      break;
    }
    assert.ok(Date.now() < end, JSON.stringify(found));
    await sleep(100);
  }
  assert.equal((await call(worker, programId, codes.slice(2))).status, 422);
  await worker.kill();
});

test("an interrupted single call is unknown until webhooks report its codes", async () => {
  const { programId, codes } = await uber.createProgram(4);
  let hasArrived = () => {};
  const arrived = new Promise((resolve) => (hasArrived = () => resolve(undefined)));
  const front = await startFront(uber.url, async ({ program }) => {
    if (program === undefined) return undefined;
    setTimeout(hasArrived, 200);
    // Sent, and the response arrives late.
    await sleep(100);
    return undefined;
  });
  const slow = await startFront(front.url, async ({ program, path, headers, body }) => {
    if (program === undefined) return undefined;
    await fetch(front.url + path, { method: "POST", headers, body: new Uint8Array(body) });
    await sleep(5_000);
    return "lost";
  });
  let worker = await startWorker({ uber: slow.url });
  const calling = call(worker, programId, codes).catch(() => null);
  await arrived;
  await worker.kill();
  assert.equal(await calling, null);
  worker = await startWorker({ uber: slow.url, state: worker.state, port: worker.port });
  const [job] = (await worker.json(`/api/programs/${programId}/jobs`)).jobs;
  assert.deepEqual([job.status, job.progress.unknown], ["undecided", 4]);
  assert.equal((await call(worker, programId, codes)).status, 422);
  await deliver(worker.url);
  const end = Date.now() + 10_000;
  while ((await statesOf(worker, programId)).get(codes[3] ?? "") !== "distributed") {
    assert.ok(Date.now() < end);
    await sleep(100);
  }
  // No decision is needed any more.
  assert.deepEqual((await worker.json(`/api/programs/${programId}/jobs`)).jobs, []);
  assert.deepEqual(new Set((await uber.deliveries(programId)).values()), new Set([1]));
  await worker.kill();
});

test("a socket stays open while the object is out of memory, and gets later changes", async (t) => {
  const worker = await startWorker({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(20);
  const path = `/api/programs/${programId}/jobs`;
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}${path}/${id}/live`, {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  /** @type {any[]} */
  const told = [];
  socket.on("message", (data) => told.push(JSON.parse(String(data))));
  await once(socket, "message");
  const instance = async () => {
    const headers = { "X-Test": "memory" };
    return (await worker.request(`${path}/${id}`, { headers })).json();
  };
  const before = await instance();
  // The platform evicts an object after ten seconds without work.
  await sleep(13_000);
  assert.equal(told.length, 1);
  assert.notEqual(await instance(), before, "it stayed in memory");
  await worker.json(`${path}/${id}/resume`, {});
  await worker.until(programId, id, ({ status }) => status === "finished");
  await sleep(600);
  assert.equal(told.at(-1).status ?? told.at(-1).job.status, "finished");
  assert.equal(socket.readyState, WebSocket.OPEN);
  socket.close();
  const [code] = await once(socket, "close");
  t.diagnostic(`closed with ${code}`);
  await worker.kill();
});
