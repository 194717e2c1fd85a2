/** One event may report everything that one call sent: 30,000 codes, 4 MiB. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, resultRows, startUber } from "./harness.mjs";
import { eventOf, eventually, sendWebhook, startInspected } from "./storage.mjs";

/** The platform refuses rows of 2 MB. */
const MAX_BYTES = 1_000_000;
const BODY_BYTES = 4 * 1024 * 1024;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** A job whose codes are queued. @param {Worker} worker @param {number} count */
async function queued(worker, count) {
  const { programId, codes } = await uber.createProgram(count);
  const response = await worker.createJob(programId, codes, "?batchSize=30000");
  const { id } = await response.json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  return { programId, codes, id };
}

/**
 * What an event reports of each code, and the resulting state.
 *
 * @param {string[]} codes
 * @param {string} reason
 */
function outcomes(codes, reason) {
  const event = codes.map((code, at) =>
    at % 3 === 0
      ? { code_uuid: code, status: "distributed" }
      : { code_uuid: code, status: "failed", reason: `${reason}${at % 5}` },
  );
  const known = event.map(({ code_uuid: code, status, reason = "" }) =>
    [code, status, reason].join(),
  );
  return { event, known };
}

/** @param {Worker} worker @param {string} programId @param {string} id */
async function knownOf(worker, programId, id) {
  const response = await worker.request(`/api/programs/${programId}/jobs/${id}/results.csv`);
  const rows = resultRows(await response.text());
  return rows.map(({ code, state, reason }) => [code, state, reason].join());
}

/** The first ones. @param {string[]} found @param {string[]} expected */
function differences(found, expected) {
  const pairs = Array.from({ length: Math.max(found.length, expected.length) }, (_, at) => [
    found[at],
    expected[at],
  ]);
  return pairs.filter(([one, other]) => one !== other).slice(0, 3);
}

/**
 * Makes the database record each row that is written to the inbox.
 *
 * @param {Worker} worker
 * @param {string} programId
 */
async function watchRows(worker, programId) {
  await worker.sql(programId, "CREATE TABLE seen (bytes INTEGER)");
  for (const event of ["INSERT", "UPDATE"]) {
    await worker.sql(
      programId,
      `CREATE TRIGGER seen_${event} AFTER ${event} ON inbox BEGIN
        INSERT INTO seen VALUES (length(CAST(new.outcomes AS BLOB))); END`,
    );
  }
}

/** @param {Worker} worker @param {string} programId */
const taken = (worker, programId) =>
  eventually(async () => (await worker.sql(programId, "SELECT 1 FROM inbox")).length === 0);

test("events with 1 to 30,000 outcomes are applied completely", { timeout: 240_000 }, async () => {
  let worker = await startInspected({ uber: uber.url });
  for (const [count, reason] of /** @type {const} */ ([
    [1, "no account "],
    [2, "no account "],
    [100, "no account "],
    [9_001, "x".repeat(190)],
    // Three bytes of UTF-8 each.
    [7_000, "\u{4e16}".repeat(150)],
    [26_000, "this user is not known to us: "],
    [30_000, "wrong address "],
  ])) {
    const { programId, codes, id } = await queued(worker, count);
    const { event, known } = outcomes(codes, reason);
    await watchRows(worker, programId);
    const body = eventOf(programId, event);
    assert.ok(Buffer.byteLength(body) <= BODY_BYTES, `${count}: ${Buffer.byteLength(body)}`);
    assert.equal(await sendWebhook(worker.url, body), 200, `${count} outcomes`);
    const rows = (await worker.sql(programId, "SELECT bytes FROM seen")).map(({ bytes }) => bytes);
    assert.ok(rows.length > 0 && Math.max(...rows) < MAX_BYTES, `${count}: ${rows}`);
    if (count >= 26_000) {
      // It is acknowledged, so it survives whatever ends now.
      for (const id of await worker.workerd()) process.kill(id, "SIGKILL");
      worker = await worker.restart();
    }
    await taken(worker, programId);
    await worker.until(programId, id, ({ progress }) => progress.queued === 0);
    assert.deepEqual(differences(await knownOf(worker, programId, id), known), []);
  }
  await worker.kill();
});

test("a body of 4 MB is accepted, whatever it contains", { timeout: 120_000 }, async () => {
  const worker = await startInspected({ uber: uber.url });
  const { programId, codes, id } = await queued(worker, 30_000);
  const { event, known } = outcomes(codes, "no account ");
  const bare = eventOf(programId, event);
  const note = "x".repeat(BODY_BYTES - bare.length - `,"note":""`.length);
  const body = `${bare.slice(0, -1)},"note":"${note}"}`;
  assert.equal(Buffer.byteLength(body), BODY_BYTES);
  // Several at once, with the same codes.
  const sent = await Promise.all([1, 2, 3, 4].map(() => sendWebhook(worker.url, body)));
  assert.deepEqual(sent, [200, 200, 200, 200]);
  await worker.until(programId, id, ({ progress }) => progress.queued === 0);
  await taken(worker, programId);
  assert.deepEqual(differences(await knownOf(worker, programId, id), known), []);
  await worker.kill();
});

test(
  "one event can have codes of many jobs, including deleted ones",
  { timeout: 120_000 },
  async () => {
    let worker = await startInspected({ uber: uber.url });
    const { programId, codes } = await uber.createProgram(24_000);
    /** @type {string[]} */
    const ids = [];
    for (let from = 0; from < codes.length; from += 4_000) {
      const part = codes.slice(from, from + 4_000);
      const { id } = await (await worker.createJob(programId, part, "?batchSize=4000")).json();
      await worker.until(programId, id, ({ status }) => status === "finished");
      ids.push(id);
    }
    worker = await worker.restart({ options: { retentionDays: 0.00001 } });
    for (const id of ids.slice(0, 3)) {
      await worker.until(programId, id, ({ status }) => status === "expired");
    }
    worker = await worker.restart({ options: {} });
    const { event } = outcomes(codes, "");
    assert.equal(await worker.webhook(programId, event), 200);
    await taken(worker, programId);
    const { codes: found } = await worker.json(`/api/programs/${programId}/codes`);
    const states = new Map(found.map((/** @type {any} */ { code, state }) => [code, state]));
    assert.deepEqual(
      event.filter(({ code_uuid: code, status }) => states.get(code) !== status),
      [],
    );
    await worker.kill();
  },
);
