/** The options of `createWorker`: each has a range. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startWorker } from "./harness.mjs";

/** @type {Record<string, { good: unknown[], wrong: unknown[] }>} */
const OPTIONS = {
  allowedOrigins: {
    good: [[], ["https://console.example.com", "http://localhost:8080"]],
    wrong: ["https://example.com", ["https://example.com/"], ["*"], ["null"], [1], {}, null],
  },
  allowDistributeAll: { good: [true, false], wrong: ["true", 1, 0, null] },
  requestsPerSecond: {
    good: [0.01, 0.5, 50, 100_000],
    wrong: [0, -1, 0.001, 100_001, "NaN", "Infinity", "50 a second", null],
  },
  batchSize: { good: [1, 500, 30_000], wrong: [0, 30_001, 1.5, "NaN", "500", null] },
  retentionDays: {
    good: [0.5, 1, 90, 3_650],
    wrong: [0, -1, 3_651, 100_000, "NaN", "Infinity", "90", null],
  },
  eventRetentionDays: {
    good: [0.5, 1, 30, 3_650],
    wrong: [0, -1, 3_651, "NaN", "Infinity", "30", null],
  },
  maxUploadBytes: {
    good: [1, 100_000_000, 5_000_000_000],
    wrong: [0, 1.5, 5_000_000_001, "Infinity", null],
  },
  maxCodes: { good: [1, 1_000_000, 10_000_000], wrong: [0, 10_000_001, "Infinity", null] },
  subrequests: {
    good: [1, 50, 1_000, 10_000, 10_000_000],
    wrong: [0, -50, 1.5, 10_000_001, "Infinity", "50", null, { outside: 50 }],
  },
  reconcile: {
    good: [
      false,
      {},
      { intervalHours: [0.5], delayMinutes: 1, pauseMinutes: 0.1 },
      { intervalHours: [1, 6, 24, 720] },
    ],
    wrong: [true, "daily", 5, null, []],
  },
  settleMinutes: { good: [0, 0.1, 10, 1_440], wrong: [-1, 1_441, "10", "NaN", null] },
  startDelaySeconds: { good: [0, 10, 3_600], wrong: [-1, 3_601, "10", "Infinity", null] },
  approval: {
    good: [{ above: 0 }, { above: 1_000 }],
    wrong: [1_000, {}, { above: -1 }, { above: 1.5 }, { above: "1" }, { above: 1, under: 2 }, null],
  },
  onEvent: { good: ["function"], wrong: [true, "code", {}, null] },
  outcomes: { good: ["function"], wrong: [true, "code", {}, null] },
};

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  worker = await startWorker({ uber: "http://127.0.0.1:1", entry: "settings-entry.mjs" });
});
after(cleanUp);

/** @param {unknown} options */
const check = (options) => worker.json("/", options);

test("each option has a range, and values outside it are refused with the option's name", async () => {
  for (const [name, { good, wrong }] of Object.entries(OPTIONS)) {
    for (const value of [...good, "undefined"]) {
      assert.deepEqual(await check({ [name]: value }), { code: null }, `${name}: ${value}`);
    }
    for (const value of wrong) {
      const { code, message } = await check({ [name]: value });
      assert.equal(code, "invalid_options", `${name}: ${JSON.stringify(value)}`);
      assert.ok(message.includes(`createWorker: \`${name}\` `), message);
    }
  }
});

test("the options for reads of usage have ranges too", async () => {
  for (const [name, values] of /** @type {[string, unknown[]][]} */ ([
    ["intervalHours", [[], 1, [0], [1, -6], [721], ["1"], null]],
    ["delayMinutes", [0, -1, 43_201, "5", null]],
    ["pauseMinutes", [0, -1, 43_201, "10", null]],
    ["everyHours", [1]],
  ])) {
    for (const value of values) {
      const { code, message } = await check({ reconcile: { [name]: value } });
      assert.equal(code, "invalid_options", `${name}: ${JSON.stringify(value)}`);
      assert.ok(message.includes(`createWorker: \`reconcile.${name}\` `), message);
    }
  }
});

test("the options must be an object, and an unknown one is refused with the list of known ones", async () => {
  for (const options of [null, 5, true, "options", [], "function"]) {
    assert.equal((await check(options)).code, "invalid_options", JSON.stringify(options));
  }
  const { code, message } = await check({ subRequests: 50 });
  assert.equal(code, "invalid_options");
  for (const name of Object.keys(OPTIONS)) assert.ok(message.includes(name), name);
});
