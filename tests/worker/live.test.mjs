/** The messages that watchers of a job get. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { WebSocket } from "ws";

import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "30"]);
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

/** @param {string} path */
function watch(path) {
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}${path}`, {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  /** @type {any[]} */
  const messages = [];
  let wake = () => {};
  socket.on("message", (data) => {
    const text = String(data);
    messages.push(text.startsWith("{") ? JSON.parse(text) : text);
    wake();
  });
  /** @param {(messages: any[]) => boolean} isThere */
  const until = async (isThere) => {
    const end = Date.now() + 20_000;
    while (!isThere(messages)) {
      if (Date.now() > end) throw new Error(`Told so far: ${JSON.stringify(messages)}`);
      await new Promise((resolve) => {
        wake = () => resolve(undefined);
        setTimeout(resolve, 200);
      });
    }
  };
  return { socket, messages, until };
}

/** @param {any[]} messages */
const statusOf = (messages) => {
  const last = messages.findLast((message) => message.type !== undefined);
  return last?.type === "job" ? last.job.status : last?.status;
};

test("a watcher gets the whole job, then changes, then the end", async () => {
  const { programId, codes } = await uber.createProgram(300);
  const { id } = await (
    await worker.createJob(programId, codes, "?batchSize=10&start=false")
  ).json();
  const { socket, messages, until } = watch(`/api/programs/${programId}/jobs/${id}/live`);
  await until(([first]) => first !== undefined);
  assert.deepEqual([messages[0].type, messages[0].job.progress.pending], ["job", 300]);
  await worker.json(`/api/programs/${programId}/jobs/${id}/resume`, {});
  await until((told) => statusOf(told) === "finished");
  const progress = messages.filter(({ type }) => type === "progress");
  assert.ok(progress.length >= 2, JSON.stringify(messages));
  const queued = progress.map((message) => message.progress.queued);
  assert.deepEqual(
    queued,
    [...queued].sort((one, other) => one - other),
  );
  socket.send("ping");
  await until((told) => told.at(-1) === "pong");
  socket.close();
});

test("two watchers see the same, including decisions", async () => {
  const { programId, codes } = await uber.createProgram(20);
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const watching = [1, 2].map(() => watch(`/api/programs/${programId}/jobs/${id}/live`));
  await Promise.all(watching.map(({ until }) => until(([first]) => first !== undefined)));
  await worker.json(`/api/programs/${programId}/jobs/${id}/abandon`, {});
  for (const { until, socket } of watching) {
    await until((told) => statusOf(told) === "finished");
    socket.close();
  }
});

test("requests without an upgrade or sign-in are refused", async () => {
  const { programId, codes } = await uber.createProgram(1);
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const path = `/api/programs/${programId}/jobs/${id}/live`;
  assert.equal((await worker.request(path)).status, 426);
  const stranger = new WebSocket(`${worker.url.replace("http", "ws")}${path}`);
  const [error] = await once(stranger, "error");
  assert.match(String(error), /401/);
});

test("watchers are notified when a list expires", async () => {
  const { programId, codes } = await uber.createProgram(2);
  const { state, port } = worker;
  await worker.kill();
  const options = { retentionDays: 3 / (24 * 60 * 60) };
  worker = await startWorker({ uber: uber.url, state, port, options });
  const { id } = await (await worker.createJob(programId, codes)).json();
  const path = `/api/programs/${programId}/jobs/${id}`;
  const { socket, messages, until } = watch(`${path}/live`);
  await until(() => statusOf(messages) === "finished");
  await until(() => statusOf(messages) === "expired");
  assert.equal((await worker.request(`${path}/results`)).status, 410);
  socket.close();
});
