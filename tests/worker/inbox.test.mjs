/**
 * Where reports go: to every job that has the code, and to the ledger if a job's list was deleted.
 * Codes that only a job in memory has are not looked up. Rows are counted as the platform bills
 * them.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startUber } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** @param {string} code @param {string} [status] */
const outcome = (code, status = "distributed") => [{ code_uuid: code, status }];

/**
 * Creates a job and waits until it has sent all codes; returns its id.
 *
 * @param {Worker} worker
 * @param {string} programId @param {readonly string[]} codes @param {string} [query]
 */
async function send(worker, programId, codes, query = "") {
  const { id } = await (await worker.createJob(programId, codes, query)).json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  return id;
}

/**
 * Sends reports and waits until they are applied; returns the rows that were billed.
 *
 * @param {Worker} worker
 * @param {string} programId
 * @param {readonly string[]} codes
 * @param {string} [status]
 */
async function report(worker, programId, codes, status) {
  await worker.inspect({ act: "rows", program: programId });
  const told = codes.map((code) => worker.webhook(programId, outcome(code, status)));
  assert.deepEqual([...new Set(await Promise.all(told))], [200]);
  await eventually(async () => (await worker.sql(programId, "SELECT 1 FROM inbox")).length === 0);
  return worker.inspect({ act: "rows", program: programId });
}

/** @param {Worker} worker @param {string} programId @param {string} id */
const progressOf = async (worker, programId, id) =>
  (await worker.json(`/api/programs/${programId}/jobs/${id}`)).progress;

test("reports of a job in memory read no page of the ledger, and are saved together", async (t) => {
  const worker = await startInspected({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(200);
  const id = await send(worker, programId, codes);
  const rows = await report(worker, programId, codes.slice(0, 100));
  t.diagnostic(JSON.stringify(rows));
  assert.equal(rows.ledger, 0);
  assert.ok(rows.puts <= 5, `${rows.puts} records of the journal`);
  assert.equal((await progressOf(worker, programId, id)).distributed, 100);

  // A job that was read from its journal is looked up once.
  const again = await worker.restart();
  const first = await report(again, programId, codes.slice(100, 101));
  assert.ok(first.ledger > 0);
  const others = await report(again, programId, codes.slice(101));
  assert.equal(others.ledger, 0);
  assert.equal((await progressOf(again, programId, id)).distributed, 200);
  await again.kill();
});

test("an outcome reaches every job that has the code", async () => {
  const worker = await startInspected({ uber: uber.url, options: { settleMinutes: 0 } });
  const { programId, codes } = await uber.createProgram(6);
  const first = await send(worker, programId, codes);
  const resent = await send(worker, programId, codes.slice(0, 2), "?resend=true");
  const rows = await report(worker, programId, codes.slice(0, 2));
  assert.ok(rows.ledger > 0);
  for (const id of [first, resent]) {
    assert.equal((await progressOf(worker, programId, id)).distributed, 2, id);
  }
  // A failed code is free, and another job then has it.
  await report(worker, programId, codes.slice(2, 4), "failed");
  const later = await send(worker, programId, codes.slice(2, 4));
  await report(worker, programId, codes.slice(2, 5));
  const { distributed, failed } = await progressOf(worker, programId, first);
  assert.deepEqual([distributed, failed], [5, 0]);
  assert.equal((await progressOf(worker, programId, later)).distributed, 2);
  await worker.kill();
});

test("an outcome of a skipped code reaches the earlier job only", async () => {
  const worker = await startInspected({ uber: uber.url });
  const { programId, codes } = await uber.createProgram(6);
  const first = await send(worker, programId, codes.slice(0, 4));
  const later = await send(worker, programId, codes, "?skip=true");
  const rows = await report(worker, programId, codes);
  assert.equal(rows.ledger, 0);
  assert.equal((await progressOf(worker, programId, first)).distributed, 4);
  assert.equal((await progressOf(worker, programId, later)).distributed, 2);
  await worker.kill();
});

test("outcomes of an expired job go to the ledger", async () => {
  const short = await startInspected({ uber: uber.url, options: { retentionDays: 1e-5 } });
  const { programId, codes } = await uber.createProgram(4);
  const first = await send(short, programId, codes.slice(0, 3));
  await report(short, programId, codes.slice(0, 1), "failed");
  await short.until(programId, first, ({ status }) => status === "expired");
  const worker = await short.restart({ options: {} });
  const later = await send(worker, programId, [codes[0], codes[3]].map(String));
  await report(worker, programId, codes);
  assert.equal((await progressOf(worker, programId, later)).distributed, 2);
  const states = await worker.sql(programId, "SELECT entries FROM ledger");
  assert.ok(states.length > 0);
  const { codes: listed } = await worker.json(`/api/programs/${programId}/codes`);
  assert.deepEqual(
    listed.map((/** @type {{ state: string }} */ { state }) => state),
    codes.map(() => "distributed"),
  );
  await worker.kill();
});
