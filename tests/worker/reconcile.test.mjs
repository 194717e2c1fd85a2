/**
 * Codes in use were delivered: the worker reads usage automatically and on request, settles
 * unknown codes by it, and never sends used codes again. The truth is the sandbox's.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createClient } from "uber-vouchers";
import { createWorkerClient } from "uber-vouchers/worker-client";

import { closeFronts, startFront } from "./front.mjs";
import {
  ADMIN_TOKEN,
  ORGANIZATION,
  cleanUp,
  startUber,
  startWorker,
  fetchOnce,
} from "./harness.mjs";
import { damage, eventually, startInspected } from "./storage.mjs";

/** A list that is compared with its program's is read too: here, only reads of usage count. */
const UNCHECKED = "?unchecked=true";
/** Reads run as soon as they are requested, so that a test sees them. */
const SOON = { pauseMinutes: 0.001, delayMinutes: 0.001 };

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
let front = "";
/** The responses that replace a program's list. @type {Map<string, import("./front.mjs").Reply>} */
const lists = new Map();
/** How often the list of a program was read, with usage. @type {Map<string, number>} */
const reads = new Map();
/**
 * Called when codes of a program arrive, whose response is then lost.
 *
 * @type {Map<string, (codes: string[]) => unknown>}
 */
const unanswered = new Map();

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  ({ url: front } = await startFront(uber.url, async ({ path, program = "", headers, body }) => {
    const [, listed = ""] =
      /\/voucher-programs\/([^/]+)\/codes\?include_usage=true$/.exec(path) ?? [];
    if (listed !== "") reads.set(listed, readsOf(listed) + 1);
    const arrived = unanswered.get(program);
    if (arrived === undefined) return lists.get(listed);
    await fetch(uber.url + path, { method: "POST", headers, body: body.toString() });
    await arrived(JSON.parse(body.toString()).codes);
    return { status: 500, body: "{}" };
  }));
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {string} programId */
const readsOf = (programId) => reads.get(programId) ?? 0;

/** @param {Record<string, unknown>} [options] */
const start = (options = { reconcile: SOON }) => startInspected({ uber: front, options });

/** @param {string} program @param {readonly string[]} codes */
async function use(program, codes) {
  for (const code of codes) await uber.ask("redeem", { program, code });
}

/**
 * A job of a program whose response was lost, though everything was queued.
 * @param {Awaited<ReturnType<typeof start>>} worker @param {number} codes @param {(codes: string[]) => unknown} [arrived]
 */
async function unknownJob(worker, codes, arrived = () => {}) {
  const program = await uber.createProgram(codes);
  unanswered.set(program.programId, arrived);
  const created = await worker.createJob(program.programId, program.codes, UNCHECKED);
  const { id } = await created.json();
  return { ...program, id, path: `/api/programs/${program.programId}/jobs/${id}` };
}

/** @param {Awaited<ReturnType<typeof start>>} worker @param {string} path @returns {Promise<{ status: number, body: any }>} */
async function reconcile(worker, path) {
  const response = await worker.request(`${path}/reconcile`, { method: "POST" });
  return { status: response.status, body: await response.json() };
}

test("codes in use are settled before an operator is asked about unknown codes", async () => {
  const worker = await start();
  const job = await unknownJob(worker, 20, async (codes) => use(job.programId, codes.slice(0, 12)));
  const seen = await worker.until(
    job.programId,
    job.id,
    ({ status, usage, progress }) =>
      status === "undecided" && usage.readAt !== null && progress.distributed > 0,
  );
  assert.deepEqual([seen.progress.distributed, seen.progress.unknown], [12, 8]);
  const [batch] = seen.unknownBatches;
  assert.deepEqual([batch.codes, batch.reported, batch.used], [20, 12, 12]);
  assert.equal(seen.sources.usage.codes, 12);
  assert.ok(seen.sources.usage.lastAt >= seen.usage.readAt);
  assert.deepEqual(
    [seen.sources.answer, seen.sources.webhook, seen.sources.operator],
    Array(3).fill({ codes: 0, lastAt: null }),
  );
  assert.equal(seen.usage.error, null);
  assert.ok(seen.usage.nextAt > Date.now());
  const { rows } = await worker.json(`${job.path}/results`);
  for (const { code, state, by } of rows) {
    const isUsed = job.codes.indexOf(code) < 12;
    assert.deepEqual([state, by], isUsed ? ["distributed", "usage"] : ["unknown", null]);
  }
  await worker.kill();
});

test("if all codes are in use, no decision is needed", async () => {
  const worker = await start();
  const job = await unknownJob(worker, 5, async (codes) => use(job.programId, codes));
  const { progress } = await worker.until(
    job.programId,
    job.id,
    ({ status }) => status === "finished",
  );
  assert.deepEqual([progress.distributed, progress.unknown], [5, 0]);
  await worker.kill();
});

test("an operator can start a read; a restart forgets nothing, and a resend leaves out used codes", async () => {
  let worker = await start({});
  const job = await unknownJob(worker, 10);
  await worker.until(job.programId, job.id, ({ usage }) => usage.readAt !== null);
  assert.equal(readsOf(job.programId), 1);
  await use(job.programId, job.codes.slice(3, 7));
  // However recently it was read.
  const { status, body } = await reconcile(worker, job.path);
  assert.equal(status, 200);
  const { readAt, ...figures } = body;
  assert.deepEqual(figures, { read: 10, settled: 4, stillUnknown: 6 });
  worker = await worker.restart();
  const after = await worker.json(job.path);
  assert.deepEqual([after.progress.distributed, after.usage.readAt], [4, readAt]);
  assert.equal(after.sources.usage.codes, 4);
  assert.ok(after.sources.usage.lastAt >= readAt);
  unanswered.delete(job.programId);
  await worker.json(`${job.path}/resolve`, { batch: "all", decision: "resend" });
  await worker.json(`${job.path}/resume`, {});
  const done = await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  assert.deepEqual([done.progress.distributed, done.progress.queued], [4, 6]);
  const { answer: response, usage } = done.sources;
  assert.deepEqual([response.codes, usage.codes], [6, 4]);
  const sent = await uber.deliveries(job.programId);
  job.codes.forEach((code, index) => {
    assert.equal(sent.get(code), index >= 3 && index < 7 ? 1 : 2, `${index}`);
  });
  // Reading again finds nothing new.
  const page = createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN });
  const again = await page.reconcile(job.programId, job.id);
  assert.deepEqual([again.read, again.settled, again.stillUnknown], [10, 0, 0]);
  assert.ok(again.readAt > readAt);
  await worker.kill();
});

test("concurrent requests share one read", async () => {
  const worker = await start({ reconcile: false });
  const job = await unknownJob(worker, 10);
  await worker.until(job.programId, job.id, ({ status }) => status === "undecided");
  await use(job.programId, job.codes.slice(0, 2));
  const results = await Promise.all(Array.from({ length: 5 }, () => reconcile(worker, job.path)));
  assert.deepEqual(
    results.map(({ status, body }) => [status, body.settled]),
    Array(5).fill([200, 2]),
  );
  assert.equal(readsOf(job.programId), 1);
  // It reads nothing automatically, because that is turned off.
  const { usage } = await worker.json(job.path);
  assert.equal(usage.nextAt, null);
  await worker.kill();
});

test("a failed read changes nothing, is shown, and is tried again", async () => {
  const worker = await start({ reconcile: { ...SOON, pauseMinutes: 1 } });
  const job = await unknownJob(worker, 10);
  await worker.until(job.programId, job.id, ({ usage }) => usage.readAt !== null);
  await use(job.programId, job.codes);
  const before = await worker.json(job.path);
  const used = job.codes.map((code) => ({ code_id: code, usage_count: 1 }));
  const type = { "Content-Type": "application/json" };
  const list = JSON.stringify({ codes: used });
  for (const [
    reply,
    status,
    code,
  ] of /** @type {[import("./front.mjs").Reply, number, string][]} */ ([
    [{ status: 500, headers: type, body: "{}" }, 502, "internal_server_error"],
    [{ status: 403, headers: type, body: '{"code":"user_not_allowed"}' }, 403, "user_not_allowed"],
    [{ status: 404, headers: type, body: "{}" }, 404, "resource_not_found"],
    [
      { status: 200, headers: { "Content-Type": "text/html" }, body: "<p>Welcome" },
      502,
      "unexpected_response",
    ],
    // All codes are there, but the end is missing.
    [{ status: 200, headers: type, body: list.slice(0, -2) }, 424, "unexpected_response"],
    [{ status: 200, headers: type, body: '{"codes":{}}' }, 424, "unexpected_response"],
    [{ status: 429, headers: { ...type, "Retry-After": "2" }, body: "{}" }, 429, "rate_limited"],
  ])) {
    lists.set(job.programId, reply);
    const failed = await reconcile(worker, job.path);
    assert.deepEqual([failed.status, failed.body.code, failed.body.queued], [status, code, "no"]);
    const { usage, progress } = await worker.json(job.path);
    assert.deepEqual([usage.error.code, usage.error.queued], [code, "no"]);
    assert.equal(usage.readAt, before.usage.readAt);
    assert.ok(usage.triedAt > (before.usage.triedAt ?? 0));
    assert.ok(usage.nextAt > Date.now());
    assert.deepEqual(progress, before.progress);
  }
  // A later job was not there for that.
  const [code = ""] = job.codes;
  const query = "?resend=true&start=false&unchecked=true";
  const later = await (await worker.createJob(job.programId, [code], query)).json();
  const { usage: of } = await worker.json(`/api/programs/${job.programId}/jobs/${later.id}`);
  assert.deepEqual([of.triedAt, of.error], [null, null]);
  await worker.json(`/api/programs/${job.programId}/jobs/${later.id}/cancel`, {});
  lists.delete(job.programId);
  // Nothing is sent for as long as Uber asked to wait.
  const { body } = await eventually(async () => {
    const read = await reconcile(worker, job.path);
    return read.status === 200 && read;
  });
  assert.deepEqual([body.settled, body.stillUnknown], [10, 0]);
  assert.equal((await worker.json(job.path)).usage.error, null);
  await worker.kill();
});

test("usage is read automatically at intervals, even by an object that was evicted", async () => {
  let worker = await start({ reconcile: { ...SOON, intervalHours: [0.001, 0.002, 10] } });
  const program = await uber.createProgram(4);
  const { id } = await (await worker.createJob(program.programId, program.codes, UNCHECKED)).json();
  await worker.until(program.programId, id, ({ progress }) => progress.queued === 4);
  await eventually(() => readsOf(program.programId) === 1);
  await use(program.programId, program.codes.slice(0, 1));
  worker = await worker.restart();
  const hour = 3_600_000;
  const { progress } = await worker.until(
    program.programId,
    id,
    ({ usage }) => usage.nextAt > Date.now() + hour,
  );
  assert.equal(progress.distributed, 1);
  assert.ok(readsOf(program.programId) >= 2);
  await worker.kill();
});

test("a caller that gives up does not stop the read for others", async () => {
  const worker = await start({ reconcile: false });
  const job = await unknownJob(worker, 4);
  await worker.until(job.programId, job.id, ({ status }) => status === "undecided");
  await use(job.programId, job.codes.slice(0, 2));
  /** @type {(reply?: undefined) => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  const asked = new Promise((resolve) => {
    lists.set(
      job.programId,
      /** @type {any} */ ({
        then: (/** @type {any} */ next) => {
          resolve(undefined);
          void held.then(next);
        },
      }),
    );
  });
  const gaveUp = new AbortController();
  const reading = worker.request(`${job.path}/reconcile`, {
    method: "POST",
    signal: gaveUp.signal,
  });
  await asked;
  gaveUp.abort();
  await assert.rejects(reading, { name: "AbortError" });
  const next = reconcile(worker, job.path);
  release();
  lists.delete(job.programId);
  const { status } = await next;
  assert.equal(status, 200);
  assert.equal((await worker.json(job.path)).progress.distributed, 2);
  await worker.kill();
});

test("a read interrupted with its object changes nothing and is not repeated at once", async () => {
  let worker = await start({ reconcile: { ...SOON, pauseMinutes: 30 } });
  const job = await unknownJob(worker, 6);
  await worker.until(job.programId, job.id, ({ usage }) => usage.readAt !== null);
  await use(job.programId, job.codes);
  const asked = new Promise((resolve) => {
    // The response never arrives.
    lists.set(job.programId, /** @type {any} */ ({ then: () => resolve(undefined) }));
  });
  const broken = reconcile(worker, job.path).catch(() => "broken off");
  await asked;
  worker = await worker.restart();
  assert.equal(await broken, "broken off");
  const { progress, usage } = await worker.json(job.path);
  assert.deepEqual([progress.unknown, progress.distributed], [6, 0]);
  assert.ok(usage.nextAt > Date.now() + 20 * 60_000);
  lists.delete(job.programId);
  assert.equal((await reconcile(worker, job.path)).body.settled, 6);
  await worker.kill();
});

test("an event of a claim or use causes a read soon, even after a restart", async () => {
  let worker = await start({ reconcile: { ...SOON, intervalHours: [24], delayMinutes: 0.05 } });
  const { programId, codes } = await uber.createProgram(4);
  const note = () => worker.inspect({ act: "evidence", program: programId });
  // Without open jobs, there is nothing to read.
  await note();
  const { id } = await (await worker.createJob(programId, codes, UNCHECKED)).json();
  const path = `/api/programs/${programId}/jobs/${id}`;
  await worker.until(programId, id, ({ progress }) => progress.queued === 4);
  await use(programId, codes.slice(0, 3));
  assert.ok((await worker.json(path)).usage.nextAt > Date.now() + 23 * 3_600_000);
  await note();
  const { nextAt } = (await worker.json(path)).usage;
  assert.ok(nextAt < Date.now() + 3_000);
  // A later event postpones nothing.
  await note();
  assert.equal((await worker.json(path)).usage.nextAt, nextAt);
  assert.equal(readsOf(programId), 0);
  worker = await worker.restart();
  const { usage, progress } = await worker.until(
    programId,
    id,
    ({ usage }) => usage.readAt !== null && usage.nextAt > Date.now() + 23 * 3_600_000,
  );
  assert.ok(usage.readAt >= nextAt);
  assert.equal(progress.distributed, 3);
  await worker.kill();
});

test("a job continues while a long list is read, and pausing everything does not stop the read", async () => {
  const worker = await start({ reconcile: SOON });
  const job = await unknownJob(worker, 2);
  await worker.until(job.programId, job.id, ({ usage }) => usage.readAt !== null);
  /** @type {(reply?: undefined) => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  lists.set(job.programId, /** @type {any} */ (held));
  const reading = reconcile(worker, job.path);
  unanswered.delete(job.programId);
  await worker.json(`${job.path}/resolve`, { batch: "all", decision: "resend" });
  await worker.json(`${job.path}/resume`, {});
  await worker.until(job.programId, job.id, ({ progress }) => progress.queued === 2);
  await worker.json("/api/pause", { paused: true });
  await use(job.programId, job.codes.slice(0, 1));
  release();
  assert.deepEqual([(await reading).status, (await reading).body.settled], [200, 1]);
  lists.delete(job.programId);
  await use(job.programId, job.codes.slice(1));
  assert.equal((await reconcile(worker, job.path)).body.settled, 1);
  await worker.json("/api/pause", { paused: false });
  await worker.kill();
});

test("an unreadable job does not block others, and its codes stay claimed", async () => {
  let worker = await start({ reconcile: false });
  const { programId, codes } = await uber.createProgram(6);
  const create = async (/** @type {string[]} */ some) => {
    const created = await (await worker.createJob(programId, some, UNCHECKED)).json();
    await worker.until(programId, created.id, ({ progress }) => progress.queued === some.length);
    return created.id;
  };
  const [broken, sound] = [await create(codes.slice(0, 3)), await create(codes.slice(3))];
  await damage(worker, programId, 1, 60);
  await use(programId, codes);
  worker = await worker.restart();
  const { status, body } = await reconcile(worker, `/api/programs/${programId}/jobs/${sound}`);
  assert.deepEqual([status, body.settled, body.read], [200, 3, 6]);
  const path = `/api/programs/${programId}/jobs/${broken}`;
  assert.equal((await worker.json(path)).status, "unreadable");
  assert.equal((await reconcile(worker, path)).body.code, "job_unreadable");
  const again = await worker.createJob(programId, codes, "?skip=true");
  assert.equal((await again.json()).code, "already_queued");
  await worker.kill();
});

test("a read and a running job together stay within the requests of an invocation", async () => {
  const worker = await startWorker({
    uber: front,
    entry: "limits-entry.mjs",
    options: {
      requestsPerSecond: 90,
      subrequests: 20,
      reconcile: { ...SOON, intervalHours: [0.001] },
    },
  });
  await worker.json("/_limits", { outside: 20, inAll: 20 });
  const { programId, codes } = await uber.createProgram(120);
  const created = await worker.createJob(programId, codes, `${UNCHECKED}&batchSize=1`);
  const { id } = await created.json();
  const job = await worker.until(
    programId,
    id,
    ({ status, usage }) => status === "finished" && usage.readAt !== null,
    120_000,
  );
  assert.equal(job.progress.queued, 120);
  assert.deepEqual([...new Set((await uber.deliveries(programId)).values())], [1]);
  const { refused } = await worker.json("/_limits");
  assert.equal(refused, 0);
  await worker.kill();
});

test("300,000 codes are read in little memory", async () => {
  const worker = await start({ reconcile: false });
  const { programId, codes } = await uber.createProgram(3);
  const { id } = await (await worker.createJob(programId, codes, UNCHECKED)).json();
  await worker.until(programId, id, ({ progress }) => progress.queued === 3);
  const entry = (/** @type {number} */ number) => ({
    code_id: codes[number] ?? `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`,
    code_text: "ABCDEFGH",
    redemption_link: "https://r.uber.com/rABCDEFGH",
    max_num_redemptions: 1,
    usage_count: number % 3 === 0 ? "1" : 0,
    usage_amount: 0,
    currency_code: "USD",
  });
  const list = Array.from({ length: 300_000 }, (_, number) => JSON.stringify(entry(number)));
  const headers = { "Content-Type": "application/json" };
  lists.set(programId, { status: 200, headers, body: `{"codes":[${list.join()}]}` });
  const path = `/api/programs/${programId}/jobs/${id}`;
  const memory = async () => {
    const [pid] = await worker.workerd();
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  const before = await memory();
  assert.deepEqual((await reconcile(worker, path)).body.settled, 1);
  const taken = (await memory()) - before;
  assert.ok(taken < 128 * 1024 * 1024, `${taken}`);
  // 100,000 codes are in use that no job here has sent: they are blocked for a later job.
  assert.equal((await reconcile(worker, path)).body.read, 300_000);
  lists.delete(programId);
  await worker.kill();
});

test("even if no event can be read, every code in use is settled in the end", async () => {
  const opaque = await startUber([
    "--latency",
    "1-3",
    "--event-form",
    "opaque",
    "--use-rate",
    "0.5",
  ]);
  const worker = await startWorker({ uber: opaque.url, options: { reconcile: false } });
  const { programId, codes } = await opaque.createProgram(300);
  const { id } = await (await worker.createJob(programId, codes, UNCHECKED)).json();
  await worker.until(programId, id, ({ progress }) => progress.queued === 300);
  const path = `/api/programs/${programId}/jobs/${id}`;
  for (const days of [0.01, 1, 3]) {
    await opaque.ask("advance", { ms: days * 24 * 3_600_000 });
    const uses = Object.keys(await opaque.ask(`uses/${programId}`));
    await worker.json(`${path}/reconcile`, {});
    const { rows } = await worker.json(`${path}/results?state=distributed`);
    const settled = rows.map((/** @type {any} */ { code }) => code);
    // More may have been used during the read.
    assert.ok(uses.every((code) => settled.includes(code)) && uses.length > 0);
    const later = Object.keys(await opaque.ask(`uses/${programId}`));
    assert.ok(settled.every((/** @type {string} */ code) => later.includes(code)));
  }
  await worker.kill();
});

test("a code in use is never free for a later job, whatever its outcome here", async () => {
  const worker = await start({ reconcile: false });
  const { programId, codes } = await uber.createProgram(12);
  const path = `/api/programs/${programId}/jobs`;
  const part = (/** @type {number} */ from, /** @type {number} */ to) => codes.slice(from, to);
  // Sent, and reported as failed: free for another job.
  const failed = await (await worker.createJob(programId, part(0, 3))).json();
  await worker.until(programId, failed.id, ({ progress }) => progress.queued === 3);
  const outcomes = part(0, 3).map((code) => ({ code_uuid: code, status: "failed" }));
  assert.equal(await worker.webhook(programId, outcomes), 200);
  await worker.until(programId, failed.id, ({ progress }) => progress.failed === 3);
  // Cancelled before it was sent, and one that waits.
  const cancelled = await (await worker.createJob(programId, part(3, 6), "?start=false")).json();
  await worker.json(`${path}/${cancelled.id}/resolve`, { batch: 0, decision: "abandon" });
  const waiting = await (await worker.createJob(programId, part(6, 9), "?start=false")).json();
  const check = async () => {
    const response = await worker.request(`${path}?dryRun=true`, {
      method: "POST",
      body: codes.join("\n"),
      headers: { "Content-Type": "text/plain" },
    });
    return response.json();
  };
  assert.deepEqual((await check()).blocked, { total: 3, pending: 3 });
  // Of each three, two are in use; the last one is in no job.
  const used = codes.filter((_, index) => index % 3 < 2);
  await use(programId, used);
  const { body } = await reconcile(worker, `${path}/${waiting.id}`);
  assert.deepEqual([body.read, body.settled, body.stillUnknown], [12, 0, 0]);
  const { usage, progress } = await worker.json(`${path}/${waiting.id}`);
  assert.deepEqual([usage.usedBefore, progress.pending], [2, 3]);
  assert.equal((await worker.json(`${path}/${failed.id}`)).progress.distributed, 2);
  assert.equal((await worker.json(`${path}/${cancelled.id}`)).progress.abandoned, 3);
  const { blocked, firstBlocked, used: inUse, firstUsed } = await check();
  assert.deepEqual([blocked.total, inUse], [5, 4]);
  const blockedCodes = firstBlocked.map((/** @type {any} */ { code }) => code);
  assert.deepEqual([...blockedCodes, ...firstUsed].toSorted(), [...used, codes[8]].toSorted());
  const later = await (await worker.createJob(programId, codes, "?skip=true")).json();
  assert.deepEqual([later.progress.total, later.skipped, later.leftOut.used], [3, 5, 4]);
  // No job here has sent the last ones.
  const list = await worker.json(`/api/programs/${programId}/codes`);
  const last = list.codes.filter((/** @type {any} */ { code }) => part(9, 11).includes(code));
  assert.deepEqual(
    last.map((/** @type {any} */ { state, job }) => [state, job]),
    [
      ["distributed", null],
      ["distributed", null],
    ],
  );
  // Known facts are read once more, and only they are stored.
  await worker.until(programId, later.id, ({ status }) => status === "finished");
  await worker.inspect({ act: "rows", program: programId });
  await reconcile(worker, `${path}/${waiting.id}`);
  const { sql, keys } = await worker.inspect({ act: "rows", program: programId });
  assert.ok(sql <= 4 && keys === 0, JSON.stringify({ sql, keys }));
  const final = await check();
  assert.deepEqual([final.blocked.total, final.used], [8, 4]);
  await worker.kill();
});

test("a program and its guests are passed through to clients and pages, and not stored", async () => {
  const worker = await start({ reconcile: false });
  const { programId, codes } = await uber.createProgram(1_205);
  await use(programId, codes.slice(0, 1));
  const client = createClient({
    organizationId: ORGANIZATION,
    auth: { accessToken: ADMIN_TOKEN },
    baseUrl: worker.url,
  });
  const page = createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN });
  const guests = [];
  for await (const guest of client.listGuests(programId, { pageSize: 400 })) guests.push(guest);
  const shown = [];
  for await (const guest of page.guests(programId, { pageSize: 1_000, reveal: true }))
    shown.push(guest);
  assert.equal(guests.length, 1_205);
  assert.deepEqual(shown, guests);
  assert.deepEqual(
    [guests[0]?.codeId, guests[0]?.isClaimed, guests[0]?.usageCount],
    [codes[0], true, 1],
  );
  const [own, through] = [await page.getProgram(programId), await client.getProgram(programId)];
  assert.deepEqual([own.programId, own.usageVoucherClaimCount], [programId, 1]);
  assert.deepEqual(own, through);
  const response = await worker.request(`/api/programs/${programId}/guests`);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  // Masked, unless requested otherwise.
  assert.ok(!(await response.text()).includes("guest-1@example.com"));
  const revealed = await worker.request(`/api/programs/${programId}/guests?reveal=true`);
  assert.ok((await revealed.text()).includes("guest-1@example.com"));
  for (const [path, status, code] of /** @type {[string, number, string][]} */ ([
    [`/api/programs/${programId}/guests?pageToken=never`, 400, "invalid_request"],
    [`/api/programs/${programId}/guests?pageSize=0`, 400, "invalid_options"],
    [`/api/programs/${programId}/guests?limit=5`, 400, "invalid_options"],
    [`/api/programs/${programId}?usage=true`, 400, "invalid_options"],
    [`/api/programs/unknown`, 404, "resource_not_found"],
    [
      `/v1/organizations/${ORGANIZATION}/voucher-programs/unknown/guests`,
      404,
      "resource_not_found",
    ],
    [`/v1/organizations/other/voucher-programs/${programId}`, 404, "unknown_organization"],
  ])) {
    const refused = await worker.request(path);
    assert.deepEqual([refused.status, (await refused.json()).code], [status, code], path);
  }
  for (const path of [`/api/programs/${programId}`, `/api/programs/${programId}/guests`]) {
    assert.equal((await worker.request(path, { method: "POST" })).status, 405);
    assert.equal((await fetchOnce(worker.url + path)).status, 401);
  }
  assert.ok(!worker.output().includes("@example.com"));
  assert.deepEqual(await worker.inspect({ act: "keys", program: programId }), []);
  await worker.kill();
});
