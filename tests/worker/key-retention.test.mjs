/** Idempotency keys are deleted after thirty days, and nothing is sent twice because of that. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startInspected>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "1", "--failure-rate", "0"]);
  worker = await startInspected({ uber: uber.url, options: { reconcile: false } });
});
after(cleanUp);

/**
 * A query in the account's object.
 *
 * @param {string} query
 * @param {...unknown} values
 * @returns {Promise<any[]>}
 */
const app = (query, ...values) => worker.inspect({ act: "sql", query, values });

const keys = async () => (await app("SELECT key FROM keys")).map(({ key }) => key);

/** As if a key had been used this many days ago. @param {string} key @param {number} days */
const age = (key, days) =>
  app("UPDATE keys SET used_at = used_at - ? WHERE key = ?", days * DAY_MS, key);

const uuid = () => crypto.randomUUID();

test("the use of a key is kept for thirty days, and the job of a key forever", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const [old, young] = [uuid(), uuid()];
  const send = (/** @type {string} */ key, from = 0) =>
    worker.createJob(programId, codes.slice(from, from + 2), "?resend=true", key);
  const first = await (await send(old)).json();
  assert.equal((await send(young, 2)).status, 201);
  await worker.until(programId, first.id, ({ status }) => status === "finished");
  await age(old, 31);
  await age(young, 29);
  const last = uuid();
  assert.equal((await send(last, 4)).status, 201);
  assert.deepEqual((await keys()).sort(), [young, last].sort());

  // Even if resending is allowed, it is the same request.
  const again = await send(old);
  assert.deepEqual([again.status, (await again.json()).id], [200, first.id]);
  const { jobs } = await worker.json(`/api/programs/${programId}/jobs`);
  assert.equal(jobs.length, 3);
  await eventually(async () => (await uber.deliveries(programId)).size === 6);
  assert.deepEqual([...new Set((await uber.deliveries(programId)).values())], [1]);
});

test("a single call is deleted with its key, and its codes still count as sent", async () => {
  const { programId, codes } = await uber.createProgram(4);
  const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  /** @param {string} key @param {string[]} list */
  const call = (key, list) =>
    worker.request(path, {
      method: "POST",
      body: JSON.stringify({ codes: list }),
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    });
  const [old, young] = [uuid(), uuid()];
  const list = codes.slice(0, 2);
  assert.equal((await call(old, list)).status, 200);
  assert.equal((await call(young, codes.slice(2))).status, 200);
  const calls = () =>
    worker.sql(programId, "SELECT key FROM jobs WHERE is_call = 1 AND is_folded = 1");
  // Their lists are deleted first, once Uber has reported.
  const sent = codes.map((code) => ({ code_uuid: code, status: "distributed" }));
  assert.equal(await worker.webhook(programId, sent), 200);
  await eventually(async () => (await calls()).length === 2);
  assert.equal((await call(old, list)).status, 200);

  for (const [key, days] of /** @type {[string, number][]} */ ([
    [old, 31],
    [young, 29],
  ])) {
    const created = Date.now() - days * DAY_MS;
    const query = "UPDATE jobs SET summary = json_set(summary, '$.createdAt', ?) WHERE key = ?";
    await worker.sql(programId, query, created, `call:${key}`);
    await age(key, days);
  }
  worker = await worker.restart();
  await worker.inspect({ act: "alarm", program: programId, at: Date.now() });
  await eventually(async () => (await calls()).length === 1);
  assert.deepEqual(await calls(), [{ key: `call:${young}` }]);
  // The alarm is set for the next deletion.
  const at = await worker.inspect({ act: "alarm", program: programId });
  assert.ok(at > Date.now() && at < Date.now() + 2 * DAY_MS, `${at}`);

  const again = await call(old, list);
  assert.deepEqual([again.status, (await again.json()).code], [422, "already_queued"]);
  assert.equal((await call(young, codes.slice(2))).status, 200);
  assert.deepEqual([...(await uber.deliveries(programId)).values()], [1, 1, 1, 1]);
});

test("keys of an earlier release count from the moment of the upgrade", async () => {
  const { programId, codes } = await uber.createProgram(2);
  const key = uuid();
  assert.equal((await worker.createJob(programId, codes, "?start=false", key)).status, 201);
  await app("DROP INDEX keys_by_time");
  await app("ALTER TABLE keys DROP COLUMN used_at");
  const [{ value }] = await app("SELECT value FROM state WHERE key = 'schema'");
  await app("UPDATE state SET value = ? WHERE key = 'schema'", String(Number(value) - 1));
  worker = await worker.restart();
  const other = await uber.createProgram(2);
  const refused = await worker.createJob(other.programId, other.codes, "?start=false", key);
  assert.deepEqual([refused.status, (await refused.json()).differs], [422, ["program"]]);
  const [{ used_at: usedAt }] = await app("SELECT used_at FROM keys WHERE key = ?", key);
  assert.ok(Math.abs(usedAt - Date.now()) < DAY_MS, `${usedAt}`);
});
