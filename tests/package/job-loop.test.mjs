/** The loop of a job: how often it saves, and that it uses no mocked timer. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { createClient } from "uber-vouchers";
import { memoryJournal } from "uber-vouchers/journal";

import { manyCodes } from "./little-memory.mjs";

const BATCH = 10;
const ROUNDS = 20;
const CONCURRENCY = 8;

test("responses that arrive together are saved together", async (context) => {
  const codes = manyCodes(BATCH * ROUNDS * CONCURRENCY);
  let requests = 0;
  let rounds = 0;
  /** @type {Promise<void> | undefined} */
  let round;
  /** Resolves all waiting requests at once. @type {any} */
  const fetch = async () => {
    requests += 1;
    round ??= new Promise((resolve) => {
      setImmediate(() => {
        rounds += 1;
        round = undefined;
        resolve();
      });
    });
    await round;
    return new Response("{}");
  };
  const kept = memoryJournal();
  let appends = 0;
  const journal = {
    ...kept,
    append: (/** @type {Uint8Array} */ record) => {
      appends += 1;
      return kept.append(record);
    },
  };
  const client = createClient({ organizationId: "org", auth: "none", fetch });
  const options = { batchSize: BATCH, concurrency: CONCURRENCY, requestsPerSecond: Infinity };
  const job = await client.createJob("program", codes, { journal, ...options });
  appends = 0;
  const { queued } = await job.run();
  assert.deepEqual([queued, requests], [codes.split("\n").length, ROUNDS * CONCURRENCY]);
  context.diagnostic(`${rounds} rounds, ${appends} appends`);
  // Responses are saved together with the next requests; at the beginning there are only
  // requests.
  assert.ok(appends <= rounds + 1, `${appends} appends in ${rounds} rounds`);
});

test("a job with its own clock uses no mocked timer", async () => {
  const codes = manyCodes(BATCH * 4);
  let now = 1_700_000_000_000;
  const clock = {
    now: () => now,
    // It wakes too early; from a time limit, never.
    sleep: async (/** @type {number} */ ms) => {
      if (ms > 10_000) await new Promise(() => {});
      now += Math.ceil(ms / 2);
    },
  };
  const client = createClient({
    organizationId: "org",
    auth: "none",
    clock,
    fetch: async () => new Response("{}"),
  });
  const options = { batchSize: BATCH, concurrency: 1, requestsPerSecond: 1 };
  const job = await client.createJob("program", codes, options);
  let told = 0;
  job.subscribe(() => (told += 1));
  const { queueMicrotask } = globalThis;
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.queueMicrotask = () => {};
  try {
    const { queued } = await job.run();
    assert.equal(queued, BATCH * 4);
    assert.ok(told > 0);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
    mock.timers.reset();
  }
});
