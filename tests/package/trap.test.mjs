/** A trap ends everything in its instance, and nothing after it. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { createClient, parseCodes, verifyWebhook } from "uber-vouchers";
import { memoryJournal } from "uber-vouchers/journal";

import { manyCodes, tooMany, withLittleMemory } from "./little-memory.mjs";

const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

/** @param {() => Promise<unknown>} fetch */
const clientOf = (fetch) =>
  createClient({
    organizationId: "org",
    auth: { accessToken: "token" },
    module: withLittleMemory(),
    fetch: /** @type {any} */ (fetch),
  });

test("a trap while a list is read rejects the read and the calls under way", async () => {
  let result = (/** @type {unknown} */ _) => {};
  let leave = () => {};
  const hasLeft = new Promise((resolve) => (leave = () => resolve(undefined)));
  const client = clientOf(() => {
    leave();
    return new Promise((resolve) => (result = resolve));
  });
  const underWay = client.distribute("program", [CODE]);
  const lost = assert.rejects(underWay, { code: "instance_lost", queued: "unknown" });
  await hasLeft;
  await assert.rejects(parseCodes(tooMany), (/** @type {any} */ error) => {
    assert.equal(error.name, "JobError");
    assert.deepEqual([error.code, error.queued], ["instance_lost", "no"]);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    return true;
  });
  await lost;
  result({ status: 200 });
  assert.equal((await parseCodes(CODE)).size, 1);
});

test("a job of a lost instance reports that, and resumes from its journal", async () => {
  /** @type {(answer: unknown) => void} */
  let result = () => {};
  let calls = 0;
  const client = clientOf(() => {
    calls += 1;
    return calls === 2
      ? new Promise((resolve) => (result = resolve))
      : Promise.resolve({ status: 200 });
  });
  const journal = memoryJournal();
  const codes = manyCodes(40);
  const job = await client.createJob("program", codes, { batchSize: 10, concurrency: 1, journal });
  const before = job.progress();
  const running = job.run();
  const lost = assert.rejects(running, { code: "instance_lost", queued: "unknown" });
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  await assert.rejects(parseCodes(tooMany), { code: "instance_lost" });
  await lost;
  result({ status: 200 });
  for (const use of [
    () => job.run(),
    () => job.applyWebhook({ programId: null, outcomes: [] }),
    () => job.resolve("all", "queued"),
    () => job.applyUsage([{ codeId: codes[0] ?? null, usageCount: 1 }]),
    () => job.reconcile(),
  ]) {
    await assert.rejects(use(), { code: "instance_lost", queued: "unknown" });
  }
  assert.throws(() => job.batches(), { code: "instance_lost" });
  assert.ok(job.progress().total === before.total, "the last that was known");
  const resumed = await client.resumeJob(journal);
  assert.deepEqual([resumed.progress().queued, resumed.progress().unknown], [10, 10]);
  const report = await resumed.run();
  assert.deepEqual([report.queued, report.unknown, calls], [30, 10, 4]);
  await job.close();
  assert.equal(resumed.batches().length, 4);
});

test("a trap in a future rejects its call, and the same client continues", async () => {
  let codes = 100_000;
  const client = clientOf(async () => {
    const list = Array.from({ length: codes }, (_, at) => ({ code_id: `${CODE}${at}` }));
    return { status: 200, text: async () => JSON.stringify({ codes: list }) };
  });
  await assert.rejects(client.listCodes("program"), { code: "instance_lost", queued: "no" });
  codes = 1;
  assert.equal((await client.listCodes("program")).length, 1);
  assert.equal((await client.distribute("program", [CODE])).codes, 1);
});

const LOST = { name: "JobError", code: "instance_lost" };
const breakDown = () => assert.rejects(parseCodes(tooMany), LOST);
const later = () => new Promise((resolve) => setTimeout(resolve, 10));

/** @param {() => boolean} condition */
async function until(condition) {
  for (let looks = 0; !condition(); looks += 1) {
    assert.ok(looks < 500, `waits in vain: ${condition}`);
    await later();
  }
}

test("earlier lists survive a trap, the current one is lost, later ones work", async () => {
  await clientOf(() => Promise.resolve({ status: 200 })).ready();
  const before = await parseCodes(manyCodes(3));
  let go = () => {};
  const gate = new Promise((resolve) => (go = () => resolve(undefined)));
  let isClosed = false;
  async function* slow() {
    try {
      yield new TextEncoder().encode(`${CODE}\n`);
      await gate;
      yield new TextEncoder().encode(`${CODE}\n`);
    } finally {
      isClosed = true;
    }
  }
  const during = assert.rejects(parseCodes(slow()), LOST);
  await later();
  await breakDown();
  await during;
  assert.equal([...before].length, 3);
  assert.equal((await parseCodes(manyCodes(3))).size, 3);
  go();
  await later();
  assert.ok(isClosed, "a reader of a lost instance lets its input go");
  assert.equal((await parseCodes(before)).size, 3);
});

test("several clients: each call is lost once, and each client continues", async () => {
  /** @type {(() => void)[]} */
  const results = [];
  const fetch = () => new Promise((resolve) => results.push(() => resolve({ status: 200 })));
  const clients = Array.from({ length: 5 }, () => clientOf(fetch));
  const sends = clients.map((client) =>
    assert.rejects(client.distribute("program", [CODE]), { ...LOST, queued: "unknown" }),
  );
  const reads = clients.map((client) =>
    assert.rejects(client.listCodes("program"), { ...LOST, queued: "no" }),
  );
  await until(() => results.length >= 10);
  await breakDown();
  await Promise.all([...sends, ...reads]);
  // Responses to the lost calls, which must have no effect.
  for (const result of results.splice(0)) result();
  const again = clients.map((client) => client.distribute("program", [CODE]));
  await until(() => results.length >= 5);
  for (const reply of results) reply();
  for (const receipt of await Promise.all(again)) assert.equal(receipt.codes, 1);
});

test("several jobs in one instance: each resumes exactly from its journal", async () => {
  let isOpen = false;
  /** @type {string[]} */
  const sent = [];
  const fetch = async (/** @type {any} */ _, /** @type {any} */ init) => {
    sent.push(...JSON.parse(init.body).codes);
    // The first batch of each is accepted, the next one hangs.
    if (!isOpen && sent.length > 30) await new Promise(() => {});
    return { status: 200 };
  };
  const client = clientOf(/** @type {any} */ (fetch));
  const jobs = await Promise.all(
    [0, 1000, 2000].map(async (from) => {
      const journal = memoryJournal();
      const options = { batchSize: 10, concurrency: 1, requestsPerSecond: Infinity, journal };
      const job = await client.createJob("program", manyCodes(40, from), options);
      const controller = new AbortController();
      const { signal } = controller;
      const lost = assert.rejects(job.run({ signal }), { ...LOST, queued: "unknown" });
      return { journal, job, lost, controller };
    }),
  );
  await until(() => sent.length >= 60);
  await breakDown();
  isOpen = true;
  for (const { journal, lost, controller } of jobs) {
    await lost;
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    controller.abort();
    const resumed = await client.resumeJob(journal);
    const { queued, unknown, pending, total } = resumed.progress();
    assert.deepEqual([queued + unknown + pending, total], [40, 40]);
    const report = await resumed.run();
    assert.deepEqual([report.queued, report.unknown], [40 - unknown, unknown]);
    await resumed.close();
  }
  assert.equal(new Set(sent).size, sent.length, "no code was sent twice");
});

test("a journal failure after a trap rejects only pending calls", async () => {
  const client = clientOf(() => Promise.resolve({ status: 200 }));
  const journal = memoryJournal();
  let fail = () => {};
  let appends = 0;
  const append = (/** @type {Uint8Array} */ record) => {
    appends += 1;
    if (appends < 3) return journal.append(record);
    return /** @type {Promise<void>} */ (
      new Promise((_, reject) => (fail = () => reject(new Error("disk"))))
    );
  };
  const slow = { ...journal, append };
  const job = await client.createJob("program", manyCodes(10), { journal: slow });
  const lost = assert.rejects(job.run(), LOST);
  await until(() => appends >= 3);
  await breakDown();
  await lost;
  fail();
  await later();
  await job.close();
  const resumed = await client.resumeJob(journal);
  // It was about to be sent, as far as the journal knows.
  assert.equal((await resumed.run()).unknown, 10);
});

test("a trap while a job is created releases its journal, and nothing is sent", async () => {
  let calls = 0;
  const client = clientOf(async () => ({ status: (calls += 1) && 200 }));
  const journal = memoryJournal();
  await assert.rejects(client.createJob("program", tooMany, { journal }), LOST);
  assert.equal(calls, 0);
  const job = await client.createJob("program", manyCodes(10), { journal });
  assert.equal((await job.run()).queued, 10);
});

test("webhooks are verified after a trap", async () => {
  await breakDown();
  const message = { body: "{}", signature: "0".repeat(64) };
  await assert.rejects(verifyWebhook(message, { signingKey: "key" }), {
    code: "signature_mismatch",
  });
  // Also while the instance has to be made first.
  await breakDown();
  const body = Buffer.from('{"event_type":"a"}');
  const signature = createHmac("sha256", "key").update(body).digest("hex");
  const call = verifyWebhook({ body, signature }, { signingKey: "key" });
  body.fill(0);
  assert.equal((await call).type, "a");
});
