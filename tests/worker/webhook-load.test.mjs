/**
 * Ten thousand webhooks at full speed, some of them forged, to a program that is busy
 * sending, with a kill in the middle: everything acknowledged is there.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  ORGANIZATION,
  SIGNING_KEY,
  cleanUp,
  resultRows,
  startUber,
  startWorker,
} from "./harness.mjs";

const GENUINE = 7_000;
const DUPLICATES = 1_000;
const FORGED = 2_000;
const FOREIGN = 200;
const AT_ONCE = 40;

after(cleanUp);

/** @typedef {{ body: string, signature: string, status: number }} Message */

/** @param {string} programId @param {string} code @param {string} status @param {string} key @param {number} expected @returns {Message} */
function message(programId, code, status, key, expected) {
  const body = JSON.stringify({
    event_id: crypto.randomUUID(),
    event_type: "voucher_program_code_distributed",
    organization_id: ORGANIZATION,
    voucher_program_id: programId,
    codes: [{ code_uuid: code, status, ...(status === "failed" && { reason: "invalid_email" }) }],
  });
  return {
    body,
    signature: createHmac("sha256", key).update(body).digest("hex"),
    status: expected,
  };
}

/** @template T @param {T[]} values */
function shuffle(values) {
  for (let index = values.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [values[index], values[other]] = [
      /** @type {T} */ (values[other]),
      /** @type {T} */ (values[index]),
    ];
  }
  return values;
}

test("10,000 webhooks, and a kill among them", { timeout: 240_000 }, async (t) => {
  const uber = await startUber(["--latency", "5-20"]);
  let worker = await startWorker({ uber: uber.url, options: { requestsPerSecond: 20 } });
  const { programId, codes } = await uber.createProgram(GENUINE + 3_000);
  const sent = codes.slice(0, GENUINE);
  const { id } = await (await worker.createJob(programId, sent, "?batchSize=1000")).json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  // This one sends all the time.
  const busy = await (
    await worker.createJob(programId, codes.slice(GENUINE), "?batchSize=2")
  ).json();

  const expected = new Map(
    sent.map((code, index) => [code, index % 10 === 0 ? "failed" : "distributed"]),
  );
  const genuine = [...expected].map(([code, status]) =>
    message(programId, code, status, SIGNING_KEY, 200),
  );
  const forged = sent.slice(0, FORGED).map((code) => {
    const wrong = expected.get(code) === "failed" ? "distributed" : "failed";
    return message(programId, code, wrong, "another key", 401);
  });
  const elsewhere = crypto.randomUUID();
  const foreign = sent.slice(0, FOREIGN).map((code) => {
    return message(elsewhere, code, "failed", SIGNING_KEY, 200);
  });
  const waiting = shuffle([...genuine, ...genuine.slice(0, DUPLICATES), ...forged, ...foreign]);
  const total = waiting.length;

  /** @type {number[]} */
  const times = [];
  /** @type {Promise<unknown> | undefined} */
  let restarting;
  let isKilled = false;
  /** Webhooks without a response: the worker may have counted them. */
  let repeated = 0;
  async function deliver() {
    for (;;) {
      await restarting;
      const next = waiting.pop();
      if (next === undefined) return;
      const began = performance.now();
      try {
        const response = await fetch(`${worker.url}/webhooks/uber`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Uber-Signature": next.signature },
          body: next.body,
        });
        await response.arrayBuffer();
        assert.equal(response.status, next.status);
        times.push(performance.now() - began);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        // Not acknowledged: it is sent again.
        waiting.unshift(next);
        repeated += 1;
        await sleep(20);
      }
      if (!isKilled && times.length > total / 2) {
        isKilled = true;
        restarting = (async () => {
          await worker.kill();
          const { state, port } = worker;
          worker = await startWorker({
            uber: uber.url,
            state,
            port,
            options: { requestsPerSecond: 20 },
          });
        })();
      }
    }
  }
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, deliver));
  const seconds = (performance.now() - began) / 1000;
  times.sort((one, other) => one - other);
  const at = (/** @type {number} */ share) =>
    Math.round(times[Math.floor(times.length * share)] ?? 0);
  t.diagnostic(
    `${total} webhooks in ${seconds.toFixed(1)} s; answered within ${at(0.5)} ms (half), ${at(0.99)} ms (99 of 100)`,
  );
  assert.equal(times.length, total);

  const path = `/api/programs/${programId}/jobs`;
  const isThere = (/** @type {any} */ { progress }) => progress.queued === 0;
  await worker.until(programId, id, isThere, 60_000);
  const csv = await (await worker.request(`${path}/${id}/results.csv`)).text();
  const found = new Map(resultRows(csv).map(({ code, state }) => [code, state]));
  assert.deepEqual(found, expected);
  // The other program was not affected.
  const other = await worker.json(`${path}/${busy.id}`);
  assert.equal(other.progress.distributed + other.progress.failed, 0);
  assert.ok(other.progress.queued > 0);
  const { counts } = await worker.json("/api/config");
  assert.ok(counts["webhooks_of_nothing_here"] <= FOREIGN + repeated);
});
