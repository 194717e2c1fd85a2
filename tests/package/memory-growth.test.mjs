/**
 * Ten thousand calls and a thousand jobs in one process: their memory is freed, and so is that
 * of abandoned ones.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { collect, manyCodes, watchMemories } from "./little-memory.mjs";

const CALLS = 10_000;
const JOBS = 1_000;
/** Normal variation of a heap: compiled code, caches of the host. */
const HEAP_SLACK = 1_000_000;
/** One page of wasm memory: normal fragmentation of the instance's heap. */
const WASM_SLACK = 2 * 65_536;

const memories = watchMemories();
const { authorizationUrl, createClient, exchangeCode, parseCodes, verifyWebhook } =
  await import("uber-vouchers");
const { memoryJournal } = await import("uber-vouchers/journal");

const codes = manyCodes(20);
const list = codes.split("\n");
const listed = JSON.stringify({ codes: list.map((code_id) => ({ code_id })) });
const tokens = JSON.stringify({ access_token: "token", expires_in: 3600 });

/** Responds at once: tokens, lists, and sometimes a refusal. */
function answerer() {
  let count = 0;
  return /** @type {any} */ (
    async (/** @type {string} */ url, /** @type {any} */ { method }) => {
      count += 1;
      const text = url.includes("oauth") ? tokens : method === "GET" ? listed : "{}";
      const status = !url.includes("oauth") && count % 10 === 0 ? [400, 500, 404][count % 3] : 200;
      return { status, headers: { "x-uber-trace-id": String(count) }, text: async () => text };
    }
  );
}

/** The time jumps to the next timer. */
const clock = {
  now: () => Date.now(),
  sleep: (/** @type {number} */ ms, /** @type {AbortSignal | undefined} */ signal) =>
    ms > 5_000
      ? /** @type {Promise<void>} */ (
          new Promise((resolve) => {
            signal?.addEventListener("abort", () => resolve(), { once: true });
          })
        )
      : Promise.resolve(),
};

const auth = { clientId: "app", clientSecret: "secret" };
const options = { organizationId: "org", auth, fetch: answerer(), clock, maxRetries: 0 };
const client = createClient(options);
const settle = (/** @type {Promise<unknown>} */ call) => call.catch((error) => error);

const wasmBytes = () =>
  memories.alive().reduce((bytes, memory) => bytes + memory.buffer.byteLength, 0);
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/**
 * Repeats the work, after enough runs to fill all caches.
 * @param {import("node:test").TestContext} context
 * @param {number} times
 * @param {(at: number) => unknown} work
 */
async function flat(context, times, work) {
  const warm = Math.ceil(times / 10);
  // The host frees unreachable objects at its own pace: it gets many chances here, so that the
  // result does not depend on the timing.
  const repeat = async (/** @type {number} */ count) => {
    for (let at = 0; at < count; at += 1) {
      await work(at);
      if (at % 50 === 0) await collect();
    }
  };
  await repeat(warm);
  const [heap, wasm, ticking] = [await collect(), wasmBytes(), timers()];
  await repeat(times);
  const grown = (await collect()) - heap;
  const grownWasm = wasmBytes() - wasm;
  context.diagnostic(`heap ${grown}, wasm ${grownWasm} of ${wasmBytes()} bytes more`);
  assert.ok(grown < HEAP_SLACK, `${grown} bytes of heap`);
  assert.ok(grownWasm <= WASM_SLACK, `${grownWasm} bytes of wasm`);
  assert.ok(timers() <= ticking, `${timers()} timers, ${ticking} before`);
}

test(`${CALLS} calls of every kind`, async (context) => {
  const body = '{"event_type":"x"}';
  const signature = createHmac("sha256", "key").update(body).digest("hex");
  const grant = { ...auth, code: "code", redirectUri: "https://a.example/", fetch: options.fetch };
  const url = { clientId: "app", redirectUri: "https://a.example/", state: "state" };
  /** @type {(() => Promise<unknown>)[]} */
  const kinds = [
    () => client.distribute("program", list),
    () => client.distribute("program", codes),
    () => client.distributeAll("program"),
    () => client.listCodes("program"),
    () => client.searchPrograms(),
    () => parseCodes(codes),
    () => client.distribute("program", ["no code"]),
    () => client.distribute("program", list, { signal: AbortSignal.abort() }),
    () => verifyWebhook({ body, signature }, { signingKey: "key" }),
    () => verifyWebhook({ body, signature }, { signingKey: "another" }),
    () => authorizationUrl(url),
    () => exchangeCode({ ...grant, clock }),
  ];
  await flat(context, CALLS, (at) => settle(/** @type {any} */ (kinds[at % kinds.length])()));
});

test(`${JOBS} jobs`, async (context) => {
  await flat(context, JOBS, async (at) => {
    const journal = memoryJournal();
    const pace = { batchSize: 5, requestsPerSecond: Infinity };
    const job = await client.createJob("program", codes, { journal, ...pace });
    const leave = job.subscribe(() => {});
    await settle(job.run());
    await job.applyWebhook({
      programId: "program",
      outcomes: [{ code: String(list[0]), status: "failed", reason: `reason ${at}` }],
    });
    await job.resolve("all", "queued");
    assert.equal([...job.results()].length, list.length);
    leave();
    await job.close();
  });
});

test("abandoned clients, jobs, lists, and aborted calls", async (context) => {
  const hanging = /** @type {any} */ (() => new Promise(() => {}));
  const slow = createClient({ ...options, auth: "none", fetch: hanging });
  const one = new AbortController();
  await flat(context, JOBS, async (at) => {
    createClient({ ...options, organizationId: `org ${at}` });
    // Created, used once, abandoned.
    await settle(createClient(options).searchPrograms());
    await client.createJob("program", codes);
    await client.resumeJob(await interrupted());
    const controller = new AbortController();
    const { signal } = controller;
    const reading = new ReadableStream({ pull: () => new Promise(() => {}) });
    const calls = [
      slow.distribute("program", list, { signal }),
      slow.listCodes("program", { signal, timeoutMs: 1_000 }),
      parseCodes(reading, { signal }),
      // A signal that outlives its calls.
      client.distribute("program", list, { signal: one.signal }),
    ].map(settle);
    // Paused while a request is under way, which ends by its own timeout.
    const job = await slow.createJob("program", codes, { timeoutMs: 1_000 });
    const run = job.run({ signal });
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await Promise.all([...calls, settle(run)]);
  });
  assert.equal(getEventListeners(one.signal, "abort").length, 0);
});

/** The journal of an interrupted job. */
async function interrupted() {
  const journal = memoryJournal();
  await client.createJob("program", codes, { journal });
  return memoryJournal(journal.bytes());
}
