/**
 * Uber's long lists of codes: read while jobs send, in little memory, and completely or not at all.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createClient } from "uber-vouchers";

import { closeFronts, startFront } from "./front.mjs";
import { ADMIN_TOKEN, ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const MEGABYTE = 1024 * 1024;
/** The memory that the platform gives one isolate. */
const ISOLATE = 128 * MEGABYTE;
const CODES = 300_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
let front = "";
/** The responses that replace a program's list. @type {Map<string, import("./front.mjs").Reply>} */
const lists = new Map();

before(async () => {
  uber = await startUber();
  ({ url: front } = await startFront(uber.url, ({ path }) => {
    const [, program = ""] = /\/voucher-programs\/([^/]+)\/codes(?:\?.*)?$/.exec(path) ?? [];
    return lists.get(program);
  }));
  worker = await startWorker({ uber: front, options: { allowDistributeAll: true } });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

const JSON_TYPE = { "Content-Type": "application/json" };

/** @param {number} number */
const idOf = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;

/** In Uber's form; every tenth code is cancelled. @param {number} count @param {number} [from] */
function listOf(count, from = 0) {
  const codes = Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      code_id: idOf(from + at),
      code_text: `RIDE-"${at}\\`,
      redemption_link: `https://r.uber.com/r${at}?codes=[{`,
      max_num_redemptions: 1,
      currency_code: "USD",
      ...(at % 10 === 9 && { canceled_at: 1_709_251_200_000 }),
    }),
  );
  return `{"total_number_of_codes":${count},"codes":[${codes.join(", ")}]}`;
}

/** @param {string} programId */
const summaryOf = (programId) => worker.json(`/api/programs/${programId}/codes?summary=true`);

/** @param {string} programId @param {string} [query] @param {typeof worker} [at] */
const everybody = (programId, query = "", at = worker) =>
  at.request(`/api/programs/${programId}/jobs?all=true&confirm=${programId}&start=false${query}`, {
    method: "POST",
    headers: { "Idempotency-Key": crypto.randomUUID() },
  });

async function peak() {
  const [id] = await worker.workerd();
  const status = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

test("lists are counted and shown correctly whatever characters the texts contain", async () => {
  const programId = crypto.randomUUID();
  lists.set(programId, { status: 200, headers: JSON_TYPE, body: listOf(5_000) });
  const sent = Array.from({ length: 20 }, (_, at) => idOf(at));
  const { id } = await (await worker.createJob(programId, sent, "?start=false")).json();
  assert.deepEqual(await summaryOf(programId), {
    programId,
    total: 5_000,
    canceled: 500,
    states: { pending: 18, none: 4_482 },
  });
  const { codes } = await worker.json(`/api/programs/${programId}/codes`);
  assert.equal(codes.length, 5_000);
  assert.deepEqual(codes[3], {
    code: idOf(3),
    codeText: 'RIDE-"3\\',
    usageCount: null,
    usageAmount: null,
    canceledAt: null,
    state: "pending",
    job: id,
  });
  assert.deepEqual([codes[4_999].code, codes[4_999].state], [idOf(4_999), null]);
  const client = createClient({
    organizationId: ORGANIZATION,
    auth: { accessToken: ADMIN_TOKEN },
    baseUrl: worker.url,
  });
  const found = await client.listCodes(programId);
  assert.deepEqual([found.length, found[7]?.codeId], [5_000, idOf(7)]);
});

test("every form of a list that the client reads is read", async () => {
  const programId = crypto.randomUUID();
  const [one, other] = [`{"code_id":"${idOf(1)}"}`, `{"code_id":"${idOf(2)}"}`];
  for (const [body, total] of /** @type {[string, number][]} */ ([
    [`[${one},${other}]`, 2],
    [` { "next" : [ ] , "a":{"codes":[1]}, "codes" : [ ${one} , ${other} ] , "z" : [1] } `, 2],
    ['{"codes":[]}', 0],
    ["[]", 0],
    [`{"codes":[${one}]}`, 1],
  ])) {
    lists.set(programId, { status: 200, headers: JSON_TYPE, body });
    assert.equal((await summaryOf(programId)).total, total, body);
    assert.equal((await worker.json(`/api/programs/${programId}/codes`)).codes.length, total, body);
  }
});

test("an incomplete or malformed list creates no job, and the error says so", async () => {
  const { programId } = await uber.createProgram(1);
  const whole = listOf(3_000);
  const call = () =>
    worker.request(
      `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`,
      { method: "POST", body: "{}", headers: JSON_TYPE },
    );
  for (const reply of [
    { status: 200, headers: JSON_TYPE, body: whole.slice(0, -2) },
    { status: 200, headers: JSON_TYPE, body: whole.slice(0, 400_000) },
    { status: 200, headers: JSON_TYPE, body: '{"codes":null}' },
    { status: 200, headers: JSON_TYPE, body: '{"codes":[{]}' },
    { status: 200, headers: JSON_TYPE, body: "" },
    { status: 200, headers: { "Content-Type": "text/html" }, body: "<p>Sign in" },
    { status: 404, headers: JSON_TYPE, body: "{}" },
    { status: 500, headers: JSON_TYPE, body: "{}" },
  ]) {
    lists.set(programId, reply);
    const where = `${reply.status} ${reply.body.slice(0, 20)}`;
    for (const response of [
      await worker.request(`/api/programs/${programId}/codes?summary=true`),
      await everybody(programId),
    ]) {
      assert.ok(response.status >= 400, where);
      const { code, queued } = await response.json();
      assert.notEqual(code, "internal", where);
      assert.equal(queued, "no", where);
    }
    // A page's client takes a 5xx as unknown, but nothing is unknown because of an incomplete list.
    const result = await call();
    assert.ok(result.status >= 400 && result.status < 500, `${where}: ${await result.text()}`);
  }
  assert.deepEqual((await worker.json(`/api/programs/${programId}/jobs`)).jobs, []);
  assert.equal((await uber.deliveries(programId)).size, 0);
});

test("an invalid code in Uber's list stays invalid", async () => {
  const { programId } = await uber.createProgram(1);
  for (const id of ["null", '"RIDE2026"', `"${idOf(1).slice(0, -1)}g"`, "1", '""']) {
    const body = `{"codes":[{"code_id":"${idOf(1)}"},{"code_id":${id}}]}`;
    lists.set(programId, { status: 200, headers: JSON_TYPE, body });
    const response = await everybody(programId);
    assert.deepEqual([response.status, (await response.json()).code], [422, "invalid_codes"], id);
    assert.equal((await summaryOf(programId)).total, 2);
  }
});

test("a program with more codes than a job may have is refused", async () => {
  const small = await startWorker({
    uber: front,
    options: { allowDistributeAll: true, maxCodes: 2_000 },
  });
  const programId = crypto.randomUUID();
  lists.set(programId, { status: 200, headers: JSON_TYPE, body: listOf(2_001) });
  const path = `/api/programs/${programId}/codes?summary=true`;
  for (const response of [await small.request(path), await everybody(programId, "", small)]) {
    const { code, title } = await response.json();
    assert.deepEqual([response.status, code], [422, "too_many_codes"]);
    assert.match(title, /2000/);
  }
  assert.deepEqual((await small.json(`/api/programs/${programId}/jobs`)).jobs, []);
  await small.kill();
});

test("lists of 300,000 codes are read while jobs send, in the memory of one isolate", async (t) => {
  const sending = await uber.createProgram(3_000);
  const others = [crypto.randomUUID(), crypto.randomUUID()];
  const body = listOf(CODES);
  for (const programId of [sending.programId, ...others]) {
    lists.set(programId, { status: 200, headers: JSON_TYPE, body });
  }
  // What the isolate needs anyway: jobs in several objects.
  for (const [at, programId] of others.entries()) {
    const body = Array.from({ length: 100_000 }, (_, number) => idOf(number + at)).join("\n");
    const path = `/api/programs/${programId}/jobs?start=false`;
    const headers = {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      "Content-Type": "text/plain",
      "Idempotency-Key": programId,
    };
    const { status } = await raw(worker.url, path, { method: "POST", body, headers });
    assert.equal(status, 201);
  }
  // The replaced list is not the sandbox's.
  const query = "?batchSize=10&unchecked=true";
  const job = await worker.createJob(sending.programId, sending.codes, query);
  const { id } = await job.json();
  const before = await peak();
  // New connections: this process is busy playing Uber, and would use closed ones.
  const ask = (/** @type {string} */ path, method = "GET") =>
    raw(worker.url, path, { method, headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } });
  const summaries = await Promise.all(
    [sending.programId, ...others].map((programId) =>
      ask(`/api/programs/${programId}/codes?summary=true`),
    ),
  );
  for (const { json } of summaries) {
    assert.deepEqual([json.total, json.canceled], [CODES, CODES / 10]);
  }
  const program = `/api/programs/${others[0]}`;
  const all = `all=true&confirm=${others[0]}&skip=true&dryRun=true`;
  const { codes, blocked } = (await ask(`${program}/jobs?${all}`, "POST")).json;
  assert.deepEqual([codes, blocked.total], [CODES * 0.9, 90_000]);
  const counted = (await peak()) - before;
  assert.equal((await ask(`${program}/codes`)).json.codes.length, CODES);
  const shown = (await peak()) - before - counted;
  const size = (body.length / MEGABYTE).toFixed(0);
  t.diagnostic(`${size} MB each: ${counted / MEGABYTE} MB more, ${shown / MEGABYTE} to show all`);
  // The most memory that the process had: more than is kept, because nothing forces a collection.
  assert.ok(counted < ISOLATE, `${counted} bytes`);
  assert.ok(shown < ISOLATE, `${shown} bytes`);
  await worker.until(sending.programId, id, ({ status }) => status === "finished", 60_000);
  const sent = await uber.deliveries(sending.programId);
  assert.deepEqual([sent.size, new Set(sent.values())], [3_000, new Set([1])]);
});
