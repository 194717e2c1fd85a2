/**
 * The garbage of a request: a young collection frees it, so that a job needs no more memory
 * than a plain loop. Only objects that were in use at a collection may stay until the next full
 * one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { createClient, parseCodes } from "uber-vouchers";

import { manyCodes } from "./little-memory.mjs";

/** Many, so that a body outweighs what the host allocates for a request, some of which also survives. */
const BATCH = 2_000;
const REQUESTS = 300;
const CONCURRENCY = 4;
/** A collection runs in each request whose number is a multiple of this. */
const COLLECTED = 30;
/** What the host allocates for this many requests and does not free: signals, headers. */
const SLACK = REQUESTS / 5;

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
/** An object that survives this is old. */
const collectYoung = () => {
  gc({ type: "minor" });
  gc({ type: "minor" });
};

let requests = 0;
let bodyBytes = 0;
/** @type {any} */
const fetch = async (/** @type {string} */ _url, /** @type {{ body: string }} */ { body }) => {
  bodyBytes = body.length;
  requests += 1;
  if (requests % COLLECTED === 0) collectYoung();
  await new Promise((resolve) => setImmediate(resolve));
  return new Response("{}");
};
const client = createClient({ organizationId: "org", auth: "none", fetch });
const text = manyCodes(REQUESTS * BATCH);
const codes = text.split("\n");

const heapBytes = () =>
  getHeapSpaceStatistics().reduce((bytes, space) => bytes + space.space_used_size, 0);

/** How many bodies are left after this many requests. @param {() => Promise<void>} work */
async function survivors(work) {
  await work();
  gc();
  requests = 0;
  const before = heapBytes();
  await work();
  collectYoung();
  assert.equal(requests, REQUESTS);
  return (heapBytes() - before) / bodyBytes;
}

/** @param {number} concurrency */
function plainLoop(concurrency) {
  let next = 0;
  const send = async () => {
    while (next < codes.length) {
      const from = next;
      next += BATCH;
      const body = JSON.stringify({ codes: codes.slice(from, from + BATCH) });
      await (await fetch("", { body })).text();
    }
  };
  return Promise.all(Array.from({ length: concurrency }, send));
}

/** @param {import("node:test").TestContext} context @param {number} ours @param {number} loop */
function compare(context, ours, loop) {
  const found = `${ours.toFixed(1)} bodies of ${REQUESTS} are left, ${loop.toFixed(1)} of a loop's`;
  context.diagnostic(found);
  assert.ok(ours <= loop + SLACK, found);
}

test("a job creates as much garbage as a plain loop", async (context) => {
  const list = await parseCodes(text);
  const ours = await survivors(async () => {
    const options = { batchSize: BATCH, concurrency: CONCURRENCY, requestsPerSecond: Infinity };
    const job = await client.createJob("program", list, options);
    await job.run();
    await job.close();
  });
  compare(context, ours, await survivors(async () => void (await plainLoop(CONCURRENCY))));
});

test("single calls create as much garbage as a plain loop", async (context) => {
  const list = await parseCodes(manyCodes(BATCH));
  const ours = await survivors(async () => {
    for (let call = 0; call < REQUESTS; call += 1) await client.distribute("program", list);
  });
  compare(context, ours, await survivors(async () => void (await plainLoop(1))));
});
