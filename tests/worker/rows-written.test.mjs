/**
 * The costs of webhooks: rows written are billed. They are counted as the platform
 * does, including those of the journal and alarms.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { eventually, startInspected } from "./storage.mjs";

const EVENTS = 300;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** @param {string} code */
const outcome = (code) => [{ code_uuid: code, status: "distributed" }];

/**
 * The rows that the program's object writes during the work.
 *
 * @param {Worker} worker
 * @param {string} program
 * @param {() => Promise<unknown>} work
 */
async function rowsOf(worker, program, work) {
  await worker.inspect({ act: "rows", program });
  await work();
  await eventually(async () => (await worker.sql(program, "SELECT 1 FROM inbox")).length === 0);
  const { sql, keys, alarms } = await worker.inspect({ act: "rows", program });
  return { sql, keys, alarms, all: sql + keys + alarms };
}

/** @param {Worker} worker @param {string} programId @param {readonly string[]} codes */
async function inTurn(worker, programId, codes) {
  for (const code of codes) assert.equal(await worker.webhook(programId, outcome(code)), 200);
}

test(
  "300 events of one code each write at most two rows per event",
  { timeout: 120_000 },
  async (t) => {
    const worker = await startInspected({ uber: uber.url });
    const { programId, codes } = await uber.createProgram(3 * EVENTS);
    const { id } = await (await worker.createJob(programId, codes.slice(0, 2 * EVENTS))).json();
    await worker.until(programId, id, ({ status }) => status === "finished");
    const first = codes.slice(0, EVENTS);
    const journal = async () => {
      const keys = await worker.inspect({ act: "keys", program: programId });
      return keys.length;
    };
    const records = await journal();

    const atOnce = await rowsOf(worker, programId, () =>
      Promise.all(first.map((code) => worker.webhook(programId, outcome(code)))),
    );
    await worker.until(programId, id, ({ progress }) => progress.distributed === EVENTS);
    t.diagnostic(`at once: ${JSON.stringify(atOnce)}`);
    assert.ok(atOnce.all <= 2 * EVENTS);
    const added = (await journal()) - records;
    assert.ok(added <= 5, `${added} records of the journal`);

    const oneByOne = await rowsOf(worker, programId, () =>
      inTurn(worker, programId, codes.slice(EVENTS, 2 * EVENTS)),
    );
    await worker.until(programId, id, ({ progress }) => progress.distributed === 2 * EVENTS);
    t.diagnostic(`one by one: ${JSON.stringify(oneByOne)}`);
    assert.ok(oneByOne.all <= 2 * EVENTS);

    // The same events again change nothing, and must not cost more.
    const again = await rowsOf(worker, programId, () => inTurn(worker, programId, first));
    t.diagnostic(`again: ${JSON.stringify(again)}`);
    assert.ok(again.all <= 2 * EVENTS);

    // Only the outcomes of its codes are left of a single call.
    const called = codes.slice(2 * EVENTS);
    const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ codes: called });
    assert.equal((await worker.request(path, { method: "POST", headers, body })).status, 200);
    await eventually(
      async () =>
        (await worker.sql(programId, "SELECT 1 FROM jobs WHERE is_call = 1")).length === 0,
    );
    const orphans = await rowsOf(worker, programId, () => inTurn(worker, programId, called));
    t.diagnostic(`of a job that is gone: ${JSON.stringify(orphans)}`);
    // One for the event and one for its page of the ledger, which it rarely shares.
    assert.ok(orphans.all <= 2 * EVENTS + 20);
    const found = await worker.json(`/api/programs/${programId}/codes`);
    const states = new Set(found.codes.map((/** @type {any} */ { state }) => state));
    assert.deepEqual([...states], ["distributed"]);
    await worker.kill();
  },
);
