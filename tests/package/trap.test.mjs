/** A trap ends what lived in the instance, and nothing after it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createClient, parseCodes } from "uber-vouchers";
import { memoryJournal } from "uber-vouchers/journal";

const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
const PAGES = 40;
const wasm = readFileSync(fileURLToPath(import.meta.resolve("uber-vouchers/wasm")));

/**
 * The module with a memory that can't grow far: asking for more is a real trap.
 * @param {Buffer} bytes
 */
function withLittleMemory(bytes) {
  const MEMORY_SECTION = 5;
  let at = 8;
  const number = () => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  for (;;) {
    const start = at;
    const section = bytes[at++];
    const length = number();
    const body = at;
    if (section === MEMORY_SECTION) {
      at += 2;
      const limited = Buffer.from([MEMORY_SECTION, 4, 1, 1, number(), PAGES]);
      return Buffer.concat([bytes.subarray(0, start), limited, bytes.subarray(body + length)]);
    }
    at = body + length;
  }
}

/** @param {number} count */
function manyCodes(count) {
  const line = (/** @type {number} */ at) => CODE.slice(0, 24) + at.toString(16).padStart(12, "0");
  return Array.from({ length: count }, (_, at) => line(at)).join("\n");
}

/** @param {() => Promise<unknown>} fetch */
const clientOf = (fetch) =>
  createClient({
    organizationId: "org",
    auth: { accessToken: "token" },
    module: withLittleMemory(wasm),
    fetch: /** @type {any} */ (fetch),
  });

test("a trap while reading a list fails that reading, and calls under way", async () => {
  let answer = (/** @type {unknown} */ _) => {};
  const client = clientOf(() => new Promise((resolve) => (answer = resolve)));
  const underWay = client.distribute("program", [CODE]);
  const lost = assert.rejects(underWay, { code: "instance_lost", queued: "unknown" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await assert.rejects(parseCodes(manyCodes(400_000)), (/** @type {any} */ error) => {
    assert.equal(error.name, "JobError");
    assert.deepEqual([error.code, error.queued], ["instance_lost", "no"]);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    return true;
  });
  await lost;
  answer({ status: 200 });
  assert.equal((await parseCodes(CODE)).size, 1);
});

test("a job that lived in a lost instance says so, and resumes from its journal", async () => {
  /** @type {(answer: unknown) => void} */
  let answer = () => {};
  let calls = 0;
  const client = clientOf(() => {
    calls += 1;
    return calls === 2
      ? new Promise((resolve) => (answer = resolve))
      : Promise.resolve({ status: 200 });
  });
  const journal = memoryJournal();
  const codes = manyCodes(40);
  const job = await client.createJob("program", codes, { batchSize: 10, concurrency: 1, journal });
  const before = job.progress();
  const running = job.run();
  const lost = assert.rejects(running, { code: "instance_lost", queued: "unknown" });
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  await assert.rejects(parseCodes(manyCodes(400_000)), { code: "instance_lost" });
  await lost;
  answer({ status: 200 });
  for (const use of [
    () => job.run(),
    () => job.applyWebhook({ programId: null, outcomes: [] }),
    () => job.resolve("all", "queued"),
  ]) {
    await assert.rejects(use(), { code: "instance_lost", queued: "unknown" });
  }
  assert.throws(() => job.batches(), { code: "instance_lost" });
  assert.ok(job.progress().total === before.total, "the last that was known");
  const resumed = await client.resumeJob(journal);
  assert.deepEqual([resumed.progress().queued, resumed.progress().unknown], [10, 10]);
  const report = await resumed.run();
  assert.deepEqual([report.queued, report.unknown, calls], [30, 10, 4]);
  await job.close();
  assert.equal(resumed.batches().length, 4);
});

test("a trap in a future fails its call, and the same client goes on", async () => {
  let codes = 100_000;
  const client = clientOf(async () => {
    const list = Array.from({ length: codes }, (_, at) => ({ code_id: `${CODE}${at}` }));
    return { status: 200, text: async () => JSON.stringify({ codes: list }) };
  });
  await assert.rejects(client.listCodes("program"), { code: "instance_lost", queued: "no" });
  codes = 1;
  assert.equal((await client.listCodes("program")).length, 1);
  assert.equal((await client.distribute("program", [CODE])).codes, 1);
});
