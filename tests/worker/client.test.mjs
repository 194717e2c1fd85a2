/** `uber-vouchers/worker-client`, as a page or a script uses it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { VoucherError } from "uber-vouchers";
import { WorkerError, createWorkerClient } from "uber-vouchers/worker-client";
import { WebSocket } from "ws";

import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { sendWebhook } from "./storage.mjs";

const SETTLE_MS = 60_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--failure-rate", "0.1"]);
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

/** @param {Partial<import("uber-vouchers/worker-client").WorkerClientOptions>} [options] */
const clientOf = (options = {}) =>
  createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN, WebSocket, ...options });

/**
 * Watches a job until the condition holds; returns all states that it got.
 * @param {ReturnType<typeof clientOf>} client @param {string} programId @param {string} jobId
 * @param {(watched: import("uber-vouchers/worker-client").WatchedJob) => boolean} isThere
 * @param {(watched: import("uber-vouchers/worker-client").WatchedJob) => void} [onTold]
 */
async function watchUntil(client, programId, jobId, isThere, onTold = () => {}) {
  /** @type {import("uber-vouchers/worker-client").WatchedJob[]} */
  const told = [];
  /** @type {() => void} */
  let end = () => {};
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(JSON.stringify(told.at(-1)))), SETTLE_MS);
      end = client.watch(programId, jobId, (watched) => {
        told.push(watched);
        onTold(watched);
        if (!isThere(watched)) return;
        clearTimeout(timer);
        resolve(undefined);
      });
    });
  } finally {
    end();
  }
  return told;
}

test("the worker sends 50,000 codes with progress, and every code has a state", async () => {
  const { programId, codes } = await uber.createProgram(50_000);
  const client = clientOf();
  const checked = await client.check(programId, codes);
  assert.deepEqual([checked.codes, checked.blocked.total], [50_000, 0]);
  const job = await client.createJob(programId, codes, { source: "codes.csv", batchSize: 5_000 });
  assert.deepEqual([job.source, job.progress.total], ["codes.csv", 50_000]);
  const told = await watchUntil(
    client,
    programId,
    job.id,
    ({ job: now }) => now?.status === "finished",
  );
  const queued = told.map(({ job: now }) => now?.progress.queued ?? 0);
  assert.deepEqual(
    queued,
    queued.toSorted((one, other) => one - other),
  );
  assert.ok(told.every(({ at, isConnected }) => !isConnected || at !== null));
  let count = 0;
  for await (const { code, place: index } of client.results(programId, job.id)) {
    assert.equal(code, codes[index]);
    count += 1;
  }
  assert.equal(count, 50_000);
  const deliveries = await uber.deliveries(programId);
  assert.ok(codes.every((code) => deliveries.get(code) === 1));
  assert.deepEqual(
    (await client.jobs(programId)).map(({ id }) => id),
    [job.id],
  );
});

test("a list that was sent before is refused with the choices", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const client = clientOf();
  const job = await client.createJob(programId, codes.join("\n"), { start: false });
  const error = await client.createJob(programId, new Blob([codes.join("\n")])).then(
    () => undefined,
    (/** @type {unknown} */ thrown) => thrown,
  );
  assert.ok(error instanceof WorkerError && error instanceof VoucherError);
  assert.deepEqual([error.code, error.queued, error.status], ["already_queued", "no", 422]);
  assert.deepEqual(Object.keys(error.toJSON()).includes("details"), false);
  await client.abandon(programId, job.id);
  assert.equal((await client.job(programId, job.id)).status, "finished");
  const again = await client.createJob(programId, new TextEncoder().encode(codes.join("\n")));
  assert.equal(again.progress.total, 10);
});

test("rejected entries have their line, for lists and files", async () => {
  const { programId, codes } = await uber.createProgram(2);
  const client = clientOf();
  for (const list of [[...codes, "a,b\nc"], `${codes.join("\n")}\nnot a code\n`]) {
    await assert.rejects(
      client.createJob(programId, list),
      (/** @type {any} */ error) =>
        error.code === "invalid_codes" && error.details.issues[0].line === 3,
    );
  }
});

test("after a lost response the request is repeated, and there is one job", async () => {
  const { programId, codes } = await uber.createProgram(10);
  let calls = 0;
  const client = clientOf({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      calls += 1;
      if (calls > 1) return response;
      await response.text();
      throw new TypeError("The connection broke off");
    },
  });
  const job = await client.createJob(programId, codes);
  assert.equal(calls, 2);
  assert.deepEqual(
    (await clientOf().jobs(programId)).map(({ id }) => id),
    [job.id],
  );
});

test("a broken connection is opened again", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const client = clientOf();
  const { id } = await client.createJob(programId, codes, { start: false });
  /** @type {InstanceType<typeof WebSocket>[]} */
  const sockets = [];
  class Kept extends WebSocket {
    /** @param {string} url @param {string[]} protocols */
    constructor(url, protocols) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  let wasBroken = false;
  const told = await watchUntil(
    clientOf({ WebSocket: Kept }),
    programId,
    id,
    ({ isConnected }) => sockets.length === 2 && isConnected,
    ({ isConnected }) => {
      if (!isConnected || wasBroken) return;
      wasBroken = true;
      sockets[0]?.terminate();
    },
  );
  assert.ok(told.some(({ isConnected }) => !isConnected));
  assert.equal(sockets.length, 2);
});

test("a WebSocket carries the token, and the response does not repeat it", async () => {
  const { programId, codes } = await uber.createProgram(1);
  const client = clientOf();
  const { id } = await client.createJob(programId, codes, { start: false });
  const path = `/api/programs/${programId}/jobs/${id}/live`;
  const bearer = Buffer.from(ADMIN_TOKEN).toString("base64url");
  const socket = new WebSocket(worker.url.replace("http", "ws") + path, [
    "uber-vouchers",
    `bearer.${bearer}`,
  ]);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  assert.equal(socket.protocol, "uber-vouchers");
  socket.close();
});

test("a page of an allowed origin may watch", async () => {
  const allowed = "https://console.example";
  const other = await startWorker({ uber: uber.url, options: { allowedOrigins: [allowed] } });
  const { programId, codes } = await uber.createProgram(1);
  const { id } = await clientOf({ baseUrl: other.url }).createJob(programId, codes, {
    start: false,
  });
  /** @param {string} origin */
  const from = (origin) =>
    clientOf({
      baseUrl: other.url,
      fetch: (url, init) => {
        const headers = new Headers(init.headers);
        headers.set("Origin", origin);
        return fetch(url, { ...init, headers });
      },
      WebSocket: class extends WebSocket {
        /** @param {string} url @param {string[]} protocols */
        constructor(url, protocols) {
          super(url, protocols, { origin });
        }
      },
    });
  await watchUntil(from(allowed), programId, id, ({ isConnected }) => isConnected);
  const stranger = from("https://stranger.example");
  const told = await watchUntil(stranger, programId, id, ({ error }) => error !== null);
  assert.equal(told.at(-1)?.error?.code, "foreign_origin");
});

test("a wrong token ends watching with an error", async () => {
  const { programId, codes } = await uber.createProgram(1);
  const { id } = await clientOf().createJob(programId, codes, { start: false });
  const wrong = clientOf({ token: "not the token, by far" });
  const told = await watchUntil(wrong, programId, id, ({ error }) => error !== null);
  assert.equal(told.at(-1)?.error?.code, "not_signed_in");
  await assert.rejects(
    wrong.programs(),
    (error) => error instanceof WorkerError && error.status === 401,
  );
});

test("without a response, the error's `queued` is correct", async () => {
  const nobody = createWorkerClient({ baseUrl: "http://127.0.0.1:9", token: ADMIN_TOKEN });
  await assert.rejects(
    nobody.job("p", "j"),
    (error) => error instanceof WorkerError && error.queued === "no" && error.status === null,
  );
  await assert.rejects(
    nobody.pause("p", "j"),
    (error) => error instanceof WorkerError && error.code === "connection_failed",
  );
});

test("stored events are listed, shown, read again and dismissed", async () => {
  const client = clientOf();
  const program = crypto.randomUUID();
  const bodies = ["one", "two", "three"].map((note) =>
    JSON.stringify({
      ...{ event_type: "voucher_program_code_distributed", voucher_program_id: program },
      note,
    }),
  );
  for (const body of bodies) assert.equal(await sendWebhook(worker.url, body), 200);
  const first = await client.events({ program, unread: true, limit: 2 });
  assert.deepEqual([first.events.length, first.rereading], [2, null]);
  assert.ok(first.next !== null && first.unreadCount >= 3);
  const { events, next } = await client.events({ program, before: first.next });
  assert.deepEqual([events.length, next], [1, null]);
  const [oldest] = events;
  assert.ok(oldest);
  assert.equal(await client.event(oldest.id), bodies[0]);
  assert.equal((await client.dismiss(oldest.id)).isDismissed, true);
  assert.equal((await client.events({ program, unread: true })).events.length, 2);
  // Before the other read: a read under way would become a part of it.
  assert.deepEqual(await client.reread({ programId: crypto.randomUUID() }), { events: 0 });
  assert.deepEqual(await client.reread({ programId: program, unread: true }), { events: 2 });
  assert.equal((await client.events({ type: "another" })).events.length, 0);
  for (const call of [client.event("999999"), client.dismiss("999999")]) {
    await assert.rejects(call, (/** @type {any} */ error) => {
      assert.ok(error instanceof WorkerError);
      return error.code === "unknown_event" && error.status === 404;
    });
  }
});
