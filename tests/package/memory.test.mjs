/** The memory of a job of a million codes: wasm memory, including reading the list. */
import assert from "node:assert/strict";
import { test } from "node:test";

const CODES = 1_000_000;
const BYTES_A_CODE = 32;

/** @type {WebAssembly.Memory[]} */
const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = Reflect.construct(target, args);
    for (const value of Object.values(instance.exports)) {
      if (value instanceof WebAssembly.Memory) memories.push(value);
    }
    return instance;
  },
});
const { createClient, parseCodes } = await import("uber-vouchers");

test("at most 32 bytes per code", { timeout: 60_000 }, async (context) => {
  async function* text() {
    const encoder = new TextEncoder();
    for (let at = 0; at < CODES; at += 1000) {
      let lines = "";
      for (let code = at; code < at + 1000; code += 1) {
        const spread = (code * 2_654_435_761) % 4_294_967_296;
        const head = spread.toString(16).padStart(8, "0");
        lines += `${head}-f52c-42a0-aa0b-${code.toString(16).padStart(12, "0")}\n`;
      }
      yield encoder.encode(lines);
    }
  }
  let calls = 0;
  const client = createClient({
    organizationId: "org",
    auth: "none",
    fetch: async () => {
      calls += 1;
      return new Response("{}");
    },
  });
  await client.ready();
  const [memory] = memories;
  assert.ok(memory && memories.length === 1);
  const list = await parseCodes(text());
  const read = memory.buffer.byteLength;
  const options = { concurrency: 8, requestsPerSecond: Infinity };
  const job = await client.createJob("program", list, options);
  const made = memory.buffer.byteLength;
  const { queued } = await job.run();
  const ran = memory.buffer.byteLength;
  context.diagnostic(`${made} made ${ran} ran`);
  assert.deepEqual([queued, calls], [CODES, 2000]);
  const outcomes = [...list]
    .slice(0, 30_000)
    .map((code) => ({ code, status: /** @type {const} */ ("distributed"), reason: null }));
  await job.applyWebhook({ programId: null, outcomes });
  const bytes = memory.buffer.byteLength;
  context.diagnostic(
    `${(read / CODES).toFixed(1)} bytes a code after reading, ${(bytes / CODES).toFixed(1)} at the end`,
  );
  assert.ok(bytes <= CODES * BYTES_A_CODE, `${bytes / CODES} bytes a code`);
});
