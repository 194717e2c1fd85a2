/** A program's codes a page at a time: what is found, counted, selected, and what of it is read again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeFronts, startFront } from "./front.mjs";
import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const CODES = 300_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** What is answered in place of a program's list. @type {Map<string, import("./front.mjs").Reply>} */
const lists = new Map();
/** How often each list was read. @type {Map<string, number>} */
const reads = new Map();

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  const { url } = await startFront(uber.url, ({ path }) => {
    const [, program] = /\/voucher-programs\/([^/]+)\/codes(?:\?.*)?$/.exec(path) ?? [];
    if (program === undefined) return undefined;
    reads.set(program, (reads.get(program) ?? 0) + 1);
    return lists.get(program);
  });
  worker = await startWorker({ uber: url, options: { reconcile: false } });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {number} number */
const idOf = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
/** @param {number} count @param {number} [from] */
const range = (count, from = 0) => Array.from({ length: count }, (_, at) => idOf(from + at));

/** @param {string} programId @param {readonly object[]} codes */
function answerWith(programId, codes) {
  const headers = { "Content-Type": "application/json" };
  lists.set(programId, { status: 200, headers, body: JSON.stringify({ codes }) });
}

/** As Uber writes them: every tenth is cancelled, every seventh in use. @param {number} count */
const listOf = (count) =>
  range(count).map((code, at) => ({
    code_id: code,
    code_text: `Ride-"${at}"`,
    redemption_link: `https://r.uber.com/r${at}`,
    ...(at % 10 === 9 && { canceled_at: 1_709_251_200_000 }),
    ...(at % 7 === 0 && { usage_count: 1, usage_amount: 2.5 }),
  }));

/** @param {string} programId @param {string} which @param {object} [body] */
const post = (programId, which, body = {}) =>
  worker.request(`/api/programs/${programId}/codes/${which}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

/** @param {string} programId @param {object} [body] */
async function search(programId, body) {
  const response = await post(programId, "search", body);
  const page = await response.json();
  assert.equal(response.status, 200, JSON.stringify(page));
  return page;
}

/**
 * All ids of a query, range after range.
 * @param {string} programId @param {{ from?: number } & Record<string, unknown>} body
 */
async function select(programId, { from = 0, ...body }) {
  const codes = [];
  let results = 0;
  for (let next = from; next !== null; results += 1) {
    const response = await post(programId, "select", { ...body, from: next });
    assert.equal(response.status, 200);
    const part = await response.json();
    codes.push(...part.codes);
    ({ next } = part);
  }
  return { codes, answers: results };
}

const codesIn = (/** @type {{ rows: { code: string }[] }} */ { rows }) =>
  rows.map(({ code }) => code);

test("a job that is ended gives back the codes that it has not sent", async () => {
  const { programId, codes } = await uber.createProgram(30);
  const jobs = `/api/programs/${programId}/jobs`;
  const sent = await (await worker.createJob(programId, codes.slice(0, 10))).json();
  await worker.until(programId, sent.id, ({ status }) => status === "finished");
  const query = "?resend=true&start=false&batchSize=5";
  for (let turn = 0; turn < 2; turn += 1) {
    const held = await (await worker.createJob(programId, codes.slice(0, 20), query)).json();
    await worker.json(`${jobs}/${held.id}/abandon`, {});
  }
  const { counts, rows } = await search(programId, { from: 0, limit: 30 });
  assert.deepEqual(
    [counts["not-yet"], counts.abandoned, counts.distributed + counts.queued],
    [20, 0, 10],
  );
  const known = rows.map((/** @type {any} */ { code, job }) => [code, job]);
  assert.deepEqual(
    known,
    codes.map((/** @type {string} */ code, /** @type {number} */ at) => [
      code,
      at < 10 ? sent.id : null,
    ]),
  );
});

test("pages, counts and what is found are those of the whole list, which is read once", async () => {
  const programId = crypto.randomUUID();
  const codes = listOf(5_000);
  answerWith(programId, codes);
  const sent = range(20);
  const job = await (await worker.createJob(programId, sent, "?start=false&unchecked=true")).json();

  const page = await search(programId, { from: 3, limit: 2 });
  assert.deepEqual(page.rows, [
    {
      ...{ place: 3, code: idOf(3), codeText: 'Ride-"3"', usageCount: null, usageAmount: null },
      ...{ canceledAt: null, state: "pending", job: job.id },
    },
    {
      ...{ place: 4, code: idOf(4), codeText: 'Ride-"4"', usageCount: null, usageAmount: null },
      ...{ canceledAt: null, state: "pending", job: job.id },
    },
  ]);
  const { counts, found } = page;
  assert.deepEqual(
    [found, counts.all, counts.canceled, counts["not-canceled"], counts["not-yet"], counts.pending],
    [5_000, 5_000, 500, 4_500, 4_482, 20],
  );
  const [used] = (await search(programId, { from: 14, limit: 1 })).rows;
  assert.deepEqual([used.usageCount, used.usageAmount], [1, 2.5]);
  const [canceled] = (await search(programId, { filter: "canceled", from: 499 })).rows;
  assert.deepEqual([canceled.place, canceled.canceledAt], [4_999, 1_709_251_200_000]);

  // By text, in any case, and whatever JSON makes of it; by how the id begins; by ids.
  for (const [body, indices] of /** @type {[object, number[]][]} */ ([
    [{ find: '"4999"' }, [4_999]],
    [{ find: ' rIDE-"49" ' }, [49]],
    [{ find: idOf(4_321) }, [4_321]],
    [{ find: idOf(0x1230).slice(0, -1) }, range16(0x1230)],
    [{ find: `${idOf(16).slice(0, 19)}`, filter: "canceled", from: 498 }, [4_989, 4_999]],
    [{ find: "nothing has this" }, []],
    [{ find: "0000000-0" }, []],
    [{ find: '"7"', codes: [idOf(9).toUpperCase(), crypto.randomUUID()] }, [7, 9]],
    [{ codes: [idOf(9), idOf(11)], filter: "not-canceled" }, [11]],
  ])) {
    const found = await search(programId, body);
    assert.deepEqual(codesIn(found), indices.map(idOf), JSON.stringify(body));
    assert.equal(found.counts.all, 5_000, "the counts are of the whole list");
  }
  assert.equal(reads.get(programId), 1, "Uber's list is read once");
  await search(programId, { again: true });
  const before = reads.get(programId);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await search(programId, { again: true });
  assert.equal(Number(reads.get(programId)) > Number(before), true, "and again when asked to");
});

/** @param {number} from */
const range16 = (from) => Array.from({ length: 16 }, (_, at) => from + at);

test("what is selected is all of a filter, or the places between two", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, listOf(25_000));
  const notYet = await select(programId, { filter: "not-yet" });
  assert.deepEqual(
    [notYet.codes.length, notYet.answers, new Set(notYet.codes).size],
    [22_500, 3, 22_500],
  );
  const some = await select(programId, { filter: "canceled", from: 30, until: 60, limit: 2 });
  assert.deepEqual(some.codes, [39, 49, 59].map(idOf));
  const found = await select(programId, { find: '"12' });
  assert.equal(found.codes.length, 1 + 10 + 100 + 1_000);
});

test("what a job's codes were used for is what Uber says, or not known", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, listOf(100));
  const query = "?start=false&unchecked=true";
  const { id } = await (await worker.createJob(programId, range(15), query)).json();
  const used = `/api/programs/${programId}/codes/used?job=`;
  const { codes, amount } = await worker.json(`${used}${id}`);
  assert.deepEqual([codes, amount], [3, 7.5]);
  const nobody = await worker.json(`${used}${crypto.randomUUID()}`);
  assert.deepEqual([nobody.codes, nobody.amount], [0, 0]);

  const other = crypto.randomUUID();
  answerWith(other, [{ code_id: idOf(1), usage_count: "2" }]);
  const job = await (await worker.createJob(other, [idOf(1)], query)).json();
  const unknown = await worker.json(`/api/programs/${other}/codes/used?job=${job.id}`);
  assert.deepEqual([unknown.codes, unknown.amount], [1, null]);
});

test("wrong queries are refused, and an unreadable list is no page", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, listOf(3));
  for (const [which, body] of /** @type {[string, object][]} */ ([
    ["search", { filter: "sent" }],
    ["search", { find: 7 }],
    ["search", { find: "x".repeat(201) }],
    ["search", { limit: 1_001 }],
    ["search", { from: -1 }],
    ["search", { codes: ["RIDE2026"] }],
    ["search", { codes: range(1_001) }],
    ["search", { again: "yes" }],
    ["search", { until: 3 }],
    ["select", { limit: 10_001 }],
    ["select", { again: true }],
  ])) {
    const response = await post(programId, which, body);
    const { code } = await response.json();
    assert.deepEqual([response.status, code], [400, "invalid_options"], JSON.stringify(body));
  }
  const path = `/api/programs/${programId}/codes`;
  assert.equal((await worker.request(`${path}/search`)).status, 405);
  assert.equal((await post(programId, "used")).status, 405);
  assert.equal((await worker.request(`${path}/used`)).status, 400);
  assert.equal((await post(programId, "elsewhere")).status, 404);

  const broken = crypto.randomUUID();
  lists.set(broken, { status: 200, headers: {}, body: '{"codes":[' });
  const reply = await post(broken, "search");
  const { code, queued } = await reply.json();
  assert.deepEqual([reply.status, code, queued], [424, "unexpected_response", "no"]);
});

test("of 300,000 codes no answer is long, and a list that is dropped needs no other reading", async (t) => {
  const programId = crypto.randomUUID();
  answerWith(programId, listOf(CODES));
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" };
  /** @param {string} which @param {object} body */
  const ask = async (which, body) => {
    const path = `/api/programs/${programId}/codes/${which}`;
    const { status, json } = await raw(worker.url, path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(status, 200, JSON.stringify(json));
    return { json, bytes: JSON.stringify(json).length };
  };
  const first = await ask("search", { limit: 200 });
  assert.deepEqual([first.json.found, first.json.rows.length], [CODES, 200]);
  const last = await ask("search", { from: CODES - 1, filter: "all" });
  assert.equal(last.json.rows[0].code, idOf(CODES - 1));
  const ids = await ask("select", {});
  assert.equal(ids.json.codes.length, 10_000);
  const largest = Math.max(first.bytes, last.bytes, ids.bytes);
  t.diagnostic(`the largest answer has ${largest} bytes`);
  assert.ok(largest < 400_000, `${largest} bytes`);
  const checked = await (await worker.createJob(programId, range(9), "?dryRun=true")).json();
  assert.deepEqual([checked.foreign, checked.check.codes], [0, CODES]);
  assert.equal(reads.get(programId), 1);
});
