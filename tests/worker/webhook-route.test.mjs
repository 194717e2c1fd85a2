/** `POST /webhooks/uber`: what is accepted, what is stored of it, and the responses. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, ORGANIZATION, SIGNING_KEY, cleanUp, fetchOnce } from "./harness.mjs";
import { startUber, startWorker } from "./harness.mjs";
import { startInspected } from "./storage.mjs";
import { raw } from "./raw.mjs";

const NEXT_KEY = "the-key-that-comes-after-it";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startInspected>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "1"]);
  worker = await startInspected({
    uber: uber.url,
    bindings: { UBER_SIGNING_KEY: ` ${SIGNING_KEY}\n ${NEXT_KEY} ` },
  });
});
after(cleanUp);

/** @param {string} body @param {string} [key] */
const sign = (body, key = SIGNING_KEY) => createHmac("sha256", key).update(body).digest("hex");

/** @param {string | undefined} programId @param {object[]} codes @param {object} [more] */
const eventOf = (programId, codes, more) =>
  JSON.stringify({
    event_type: "voucher_program_code_distributed",
    organization_id: ORGANIZATION,
    voucher_program_id: programId,
    codes,
    webhook_meta: { webhook_msg_uuid: crypto.randomUUID() },
    ...more,
  });

/** @param {string} body @param {string | null} [signature] null for none @param {string} [at] */
const send = (body, signature = sign(body), at = worker.url) =>
  raw(at, "/webhooks/uber", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Environment": "production",
      ...(signature !== null && { "X-Uber-Signature": signature }),
    },
    body,
  });

/** Everything acknowledged is applied. @param {string} programId */
const taken = (programId) =>
  eventually(async () => (await worker.sql(programId, "SELECT 1 FROM inbox")).length === 0);

/** The databases of the programs' objects. @param {{ state: string }} at */
async function databases(at = worker) {
  const files = await readdir(at.state, { recursive: true });
  return files.filter((file) => /VoucherProgram.*[0-9a-f]{64}\.sqlite$/.test(file)).sort();
}

/** A job whose codes are queued. @param {number} count */
async function queued(count) {
  const { programId, codes } = await uber.createProgram(count);
  const { id } = await (await worker.createJob(programId, codes)).json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  const path = `/api/programs/${programId}/jobs/${id}`;
  const progress = async () => (await worker.json(path)).progress;
  const journal = async () =>
    (await (await worker.request(`${path}/journal`)).arrayBuffer()).byteLength;
  return { programId, codes, id, path, progress, journal };
}

/** @param {() => Promise<boolean>} isSo */
async function eventually(isSo) {
  const end = Date.now() + 10_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, "it never became so");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {string} name @returns {Promise<number>} */
const counted = async (name) => (await worker.json("/api/config")).counts[name] ?? 0;

test("unsigned or forged events are refused and not stored", async () => {
  const { programId, codes, progress, journal } = await queued(3);
  const body = eventOf(programId, [{ code_uuid: codes[0], status: "distributed" }]);
  const before = [await progress(), await journal(), await databases()];
  const good = sign(body);
  /** @type {[string, string, string | null][]} */
  const forged = [
    ["missing_signature", body, null],
    ["missing_signature", body, ""],
    ["malformed_signature", body, "x"],
    ["malformed_signature", body, "0".repeat(63)],
    ["malformed_signature", body, `${good}0`],
    ["malformed_signature", body, `sha256=${good}`],
    ["malformed_signature", body, `${good}, ${good}`],
    ["malformed_signature", body, Buffer.from(good, "hex").toString("base64")],
    ["signature_mismatch", body, "0".repeat(64)],
    ["signature_mismatch", body, sign(body, "another key")],
    ["signature_mismatch", body, sign(body, "")],
    ["signature_mismatch", body, sign(body, `${SIGNING_KEY}\n`)],
    ["signature_mismatch", body, sign(`${body} `)],
    ["signature_mismatch", `${body} `, good],
    ["signature_mismatch", body.replace("distributed", "failed"), good],
    ["signature_mismatch", eventOf(crypto.randomUUID(), []), good],
    ["signature_mismatch", "", good],
    ["signature_mismatch", "no JSON", good],
  ];
  for (const [code, text, signature] of forged) {
    const result = await send(text, signature);
    assert.deepEqual([result.status, result.json.code], [401, code], `${signature}`);
    assert.equal(result.headers["content-type"], "application/problem+json");
    assert.ok(!result.text.includes(good), "the right signature is not told");
  }
  assert.deepEqual([await progress(), await journal(), await databases()], before);
  assert.deepEqual((await worker.json("/api/config")).counts, {});
});

test("signed events are applied, with digits in either case and with either key", async () => {
  const { programId, codes, progress } = await queued(3);
  const events = codes.map((code) =>
    eventOf(programId, [{ code_uuid: code, status: "distributed" }]),
  );
  const [first = "", second = "", third = ""] = events;
  const results = [
    await send(first),
    await send(second, sign(second).toUpperCase()),
    await send(third, sign(third, NEXT_KEY)),
  ];
  assert.deepEqual(
    results.map(({ status, text }) => [status, text]),
    [
      [200, ""],
      [200, ""],
      [200, ""],
    ],
  );
  await eventually(async () => (await progress()).distributed === 3);
});

test("a replay changes nothing: no state, and not a byte of the journal", async () => {
  const { programId, codes, progress, journal } = await queued(4);
  const [one, other] = codes;
  const failed = eventOf(programId, [{ code_uuid: one, status: "failed", reason: "no account" }]);
  const good = eventOf(programId, [
    { code_uuid: one, status: "distributed" },
    { code_uuid: other, status: "distributed" },
  ]);
  await send(failed);
  await eventually(async () => (await progress()).failed === 1);
  await send(good);
  await eventually(async () => (await progress()).distributed === 2);
  const before = [await progress(), await journal()];
  // The older of the two as well: a distributed code does not fail later.
  const replays = Array.from({ length: 100 }, (_, at) => send(at % 2 === 0 ? failed : good));
  for (const { status } of await Promise.all(replays)) assert.equal(status, 200);
  await taken(programId);
  assert.deepEqual([await progress(), await journal()], before);
});

test("an outcome of another program's code is not applied", async () => {
  const mine = await queued(2);
  const other = await queued(2);
  const body = eventOf(other.programId, [{ code_uuid: mine.codes[0], status: "failed" }]);
  assert.equal((await send(body)).status, 200);
  await taken(other.programId);
  assert.equal((await mine.progress()).failed, 0);
  assert.equal((await other.progress()).failed, 0);
});

test("an irrelevant event is acknowledged and counted", async () => {
  const { programId, codes, progress, journal } = await queued(2);
  const outcome = { code_uuid: codes[0], status: "distributed" };
  const before = [await progress(), await journal()];
  const since = await counted("webhooks_of_nothing_here");
  const bodies = [
    eventOf(crypto.randomUUID(), [outcome]),
    eventOf(undefined, [outcome]),
    eventOf(programId, [outcome], { organization_id: crypto.randomUUID() }),
    eventOf(programId, [outcome], { event_type: "trip_completed" }),
    eventOf("..", [outcome]),
    eventOf("x".repeat(10_000), [outcome]),
    eventOf("__proto__", [outcome]),
    "{}",
    "[]",
    "null",
    "1",
    `{"__proto__":{"event_type":"voucher_program_code_distributed"}}`,
  ];
  for (const body of bodies) {
    const result = await send(body);
    assert.deepEqual([result.status, result.text], [200, ""], body.slice(0, 200));
  }
  const isCounted = async () => {
    const { counts } = await worker.json("/api/config");
    const all = (counts["webhooks_of_nothing_here"] ?? 0) + (counts["webhooks_malformed"] ?? 0);
    return all === since + bodies.length;
  };
  await eventually(isCounted);
  assert.deepEqual([await progress(), await journal()], before);
});

/** Databases that contain more than the platform's own tables. */
async function filled() {
  const files = await readdir(worker.state, { recursive: true });
  const mine = files.filter((file) => /VoucherProgram.*[0-9a-f]{64}\.sqlite(-wal)?$/.test(file));
  const texts = await Promise.all(mine.map((file) => readFile(join(worker.state, file), "latin1")));
  const full = mine.filter((_, at) => texts[at]?.includes("CREATE TABLE jobs"));
  return [...new Set(full.map((file) => file.replace("-wal", "")))].sort();
}

test("an event of an unknown program creates no tables for that program", async () => {
  const before = await filled();
  assert.ok(before.length > 0);
  for (let time = 0; time < 3; time += 1) {
    const body = eventOf(crypto.randomUUID(), [
      { code_uuid: crypto.randomUUID(), status: "distributed" },
    ]);
    assert.equal((await send(body)).status, 200);
  }
  // Reading usage of an unknown program creates no table either.
  await worker.request(`/api/programs/${crypto.randomUUID()}/jobs`);
  assert.deepEqual(await filled(), before);
});

test("a program's id in upper case is the same program", async () => {
  const { programId, codes, progress } = await queued(1);
  const body = eventOf(programId.toUpperCase(), [{ code_uuid: codes[0], status: "distributed" }], {
    organization_id: ORGANIZATION.toUpperCase(),
  });
  assert.equal((await send(body)).status, 200);
  await eventually(async () => (await progress()).distributed === 1);
});

test("a signed body that is not JSON is acknowledged: sending it again would change nothing", async () => {
  const since = await counted("webhooks_malformed");
  for (const body of ["no JSON", "{", "", "\u0000"]) {
    assert.equal((await send(body)).status, 200, body);
  }
  await eventually(async () => (await counted("webhooks_malformed")) === since + 4);
});

test("a body above four megabytes is refused, with and without a declared length", async () => {
  const body = JSON.stringify({ note: "x".repeat(4 * 1024 * 1024) });
  const result = await send(body);
  assert.deepEqual([result.status, result.json.code], [413, "body_too_large"]);
  const pieces = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
  /** @type {any} */
  const init = { method: "POST", body: pieces, duplex: "half" };
  const streamed = await fetchOnce(`${worker.url}/webhooks/uber`, init);
  assert.equal(streamed.status, 413);
});

test("only POST is served, and only at this path", async () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const result = await raw(worker.url, "/webhooks/uber", { method });
    assert.deepEqual([result.status, result.headers["allow"]], [405, "POST"], method);
  }
  const body = "{}";
  for (const path of ["/webhooks/uber/", "/webhooks", "//webhooks/uber", "/webhooks/Uber"]) {
    const headers = { "X-Uber-Signature": sign(body) };
    const reply = await raw(worker.url, path, { method: "POST", headers, body });
    assert.equal(reply.status, 404, path);
  }
});

test("webhooks need neither a session nor a token, and neither helps", async () => {
  const body = eventOf(crypto.randomUUID(), []);
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, Origin: worker.url };
  const result = await raw(worker.url, "/webhooks/uber", { method: "POST", headers, body });
  assert.deepEqual([result.status, result.json.code], [401, "missing_signature"]);
});

test("a reason is masked before it is stored, and is not a formula in the results", async () => {
  const { programId, codes, path, progress } = await queued(6);
  const reasons = [
    '=HYPERLINK("https://evil.example","jane@example.com")',
    "+49 170 1234567 unknown",
    "@SUM(1)",
    '-1,"two"\r\nthree',
    "\uff1dSUM(1)",
    " \uff20SUM(1)",
  ];
  const outcomes = codes.map((code, at) => ({
    ...{ code_uuid: code, status: "failed", reason: reasons[at] },
    ...{ recipient: { email: "jane@example.com", phone: "+491701234567" } },
  }));
  await send(eventOf(programId, outcomes));
  await eventually(async () => (await progress()).failed === 6);
  const csv = await (await worker.request(`${path}/results.csv`)).text();
  assert.doesNotMatch(csv, /(^|,)"?\s*[=+@\uff1d\uff20-]/m);
  assert.match(csv, /'=HYPERLINK/);
  const journal = Buffer.from(await (await worker.request(`${path}/journal`)).arrayBuffer());
  for (const kept of [csv, journal.toString("latin1"), JSON.stringify(await worker.json(path))]) {
    assert.doesNotMatch(kept, /jane|1701234567|170 1234567/);
  }
});

test("without a signing key the route answers 503, and an empty key verifies nothing", async () => {
  const open = await startWorker({ uber: uber.url, bindings: { UBER_SIGNING_KEY: " \n " } });
  const body = eventOf(crypto.randomUUID(), []);
  for (const signature of [sign(body, ""), sign(body), null, sign(body, " ")]) {
    const result = await send(body, signature, open.url);
    assert.deepEqual([result.status, result.json.code], [503, "no_signing_key"]);
  }
  assert.deepEqual(await databases(open), []);
  await open.kill();
});

test("nothing of an event is in the log", () => {
  const output = worker.output();
  assert.match(output, /"event":"webhook","state":"refused","code":"signature_mismatch"/);
  assert.ok(!output.includes(SIGNING_KEY) && !output.includes(NEXT_KEY));
  assert.deepEqual(
    output.split("\n").filter((line) => /jane|1701234567|HYPERLINK|[0-9a-f]{64}/.test(line)),
    [],
  );
});
