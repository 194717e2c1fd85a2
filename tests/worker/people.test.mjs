/** Recipients, as far as they are shown, and the outcome of each code, as a page and as a file. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorkerClient } from "uber-vouchers/worker-client";

import { csvCell } from "../../build/js/csv-cell.js";
import { masked } from "../../build/js/worker/http/guests.js";
import { messageIn } from "../../build/js/worker/program/jobs/rejections.js";
import { closeFronts, startFront } from "./front.mjs";
import { ADMIN_TOKEN, ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";
import { operators } from "./operators.mjs";
import { eventOf, sendWebhook } from "./storage.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {Awaited<ReturnType<typeof operators>>} */
let people;
/** The response to a distribution of a program. @type {Map<string, import("./front.mjs").Reply>} */
const refusals = new Map();

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  const { url } = await startFront(uber.url, ({ program = "" }) => refusals.get(program));
  people = await operators();
  worker = await startWorker({ uber: url, bindings: people.bindings });
});
after(async () => {
  people.close();
  closeFronts();
  await cleanUp();
});

/** @param {string} program */
const revealed = async (program) => {
  const { entries } = await worker.json(`/api/audit?program=${program}`);
  return entries.filter((/** @type {{ action: string }} */ { action }) => action === "revealed");
};

test("guests are masked until an operator reveals them", async () => {
  const { programId, codes } = await uber.createProgram(3);
  const path = `/api/programs/${programId}/guests`;
  const page = await worker.json(path);
  assert.equal(page.masked, true);
  assert.deepEqual([page.guests[0].email, page.guests[0].codeId], ["g…@example.com", codes[0]]);
  assert.doesNotMatch(JSON.stringify(page), /guest-\d/);
  assert.deepEqual(await revealed(programId), []);

  const as = (/** @type {string} */ name, /** @type {string} */ at) =>
    worker.request(at, { headers: people.headersOf(name) });
  for (let time = 0; time < 3; time += 1) {
    const shown = await (await as("ada@example.com", `${path}?reveal=true`)).json();
    assert.deepEqual([shown.masked, shown.guests[0].email], [false, "guest-1@example.com"]);
  }
  const ubers = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/guests`;
  assert.equal((await as("grace@example.com", ubers)).status, 200);
  assert.deepEqual(
    (await revealed(programId)).map((/** @type {{ by: string }} */ { by }) => by).sort(),
    ["ada@example.com", "grace@example.com"],
  );
  const client = createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN });
  for await (const { email } of client.guests(programId)) assert.match(email ?? "", /^g…@/);
});

test("masked guests are distinguishable but not identifiable", () => {
  const guest = { codeId: null, codeText: null, isClaimed: null, usageCount: null };
  /** @type {[string | null, string | null, string | null][]} */
  const cases = [
    ["ada@example.com", "a…@example.com", "email"],
    ["@", "@…", "email"],
    ["", null, "email"],
    ["+49 170 1234578", "+49…78", "phone"],
    ["112", "…", "phone"],
    ["+1555010", "…", "phone"],
    ["+15550100", "+15…00", "phone"],
    ["Ada Lovelace", "A…", "name"],
    ["👩‍💻 x", "👩…", "name"],
  ];
  for (const [given, shown, member] of cases) {
    const all = { name: null, email: null, phone: null, [String(member)]: given };
    const whole = { ...guest, ...all, usageAmount: null, raw: { ...all } };
    const { raw, ...found } = masked(/** @type {any} */ (whole));
    assert.deepEqual(raw, {});
    assert.equal(/** @type {any} */ (found)[String(member)], shown);
  }
});

test("results are filtered by reason, as a page and as a complete file", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const { id } = await (await worker.createJob(programId, codes, "?batchSize=3")).json();
  await worker.until(programId, id, ({ progress }) => progress.queued === 6);
  const reason = 'no "guest";=SUM(1)';
  const outcomes = [
    { code_uuid: codes[0], status: "failed", reason },
    { code_uuid: codes[1], status: "failed", reason: "other" },
    { code_uuid: codes[4], status: "distributed" },
  ];
  assert.equal(await sendWebhook(worker.url, eventOf(programId, outcomes)), 200);
  await worker.until(programId, id, ({ progress }) => progress.failed === 2);
  const path = `/api/programs/${programId}/jobs/${id}/results`;
  const { rows } = await worker.json(`${path}?reason=${encodeURIComponent(reason)}`);
  assert.deepEqual(
    rows.map((/** @type {any} */ row) => [row.code, row.place, row.reason]),
    [[codes[0], 0, reason]],
  );
  const without = await worker.json(`${path}?reason=&state=queued`);
  assert.equal(without.rows.length, 3);

  const csv = async (query = "") => (await worker.request(`${path}.csv${query}`)).text();
  const lines = (await csv()).trimEnd().split("\r\n");
  assert.equal(lines[0], "code,code_text,state,reason,by,batch,time,job");
  assert.equal(lines.length, 7);
  const [code, text, state, ...rest] = (lines[5] ?? "").split(",");
  assert.deepEqual(
    [code, state, rest[1], rest[2], rest[4]],
    [codes[4], "distributed", "webhook", "2", id],
  );
  assert.match(rest[3] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const list = await worker.json(`/api/programs/${programId}/codes`);
  assert.equal(text, list.codes[4].codeText);
  assert.ok(lines[1]?.includes(`"no ""guest"";'=SUM(1)"`), lines[1]);
  const failed = (await csv("?state=failed&reason=other")).trimEnd().split("\r\n");
  assert.deepEqual([failed.length, failed[1]?.slice(0, 36)], [2, codes[1]]);
  assert.equal((await worker.request(`${path}.csv?limit=2`)).status, 400);
});

test("no cell is a formula, wherever a spreadsheet splits it", () => {
  for (const [given, safe] of /** @type {[string, string][]} */ ([
    ["=1", "'=1"],
    ["x;=1", `"x;'=1"`],
    ["x;\t @1", `"x;\t '@1"`],
    ["-", "'-"],
    ["\tx", `"'\tx"`],
    [" \r=1", `"' \r'=1"`],
    ["x\n=1", `"x\n'=1"`],
    ["＝1", "'＝1"],
    ["a=b", "a=b"],
    ["a-b;c", `"a-b;c"`],
  ])) {
    assert.equal(csvCell(given), safe, given);
  }
});

test("the reason of a rejected batch is shown in Uber's words, without personal data", async () => {
  const { programId, codes } = await uber.createProgram(4);
  refusals.set(programId, {
    status: 400,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      code: "voucher_program_not_active",
      message: "The program ended; ask jane@example.com or +49 170 1234567",
    }),
  });
  const { id } = await (await worker.createJob(programId, codes, "?batchSize=2")).json();
  const job = await worker.until(programId, id, ({ progress }) => progress.rejected === 4);
  assert.deepEqual(job.rejections, [
    {
      status: 400,
      code: "voucher_program_not_active",
      message: "The program ended; ask [email] or [phone]",
      codes: 4,
    },
  ]);
  // Another batch is rejected for another reason.
  const path = `/api/programs/${programId}/jobs`;
  const other = await (
    await worker.createJob(programId, codes, "?batchSize=2&pauseAfter=2&resend=true")
  ).json();
  await worker.until(programId, other.id, ({ status }) => status === "paused");
  const body = JSON.stringify({ code: "invalid_request", message: "A code is not valid" });
  refusals.set(programId, { status: 422, headers: { "Content-Type": "application/json" }, body });
  await worker.request(`${path}/${other.id}/resume`, { method: "POST" });
  await worker.until(programId, other.id, ({ progress }) => progress.rejected === 4);
  const results = (query = "") => worker.json(`${path}/${other.id}/results${query}`);
  const reasons = (/** @type {any} */ { rows }) =>
    rows.map((/** @type {any} */ { reason }) => reason);
  const [ended, invalid] = [job.rejections[0].message, "A code is not valid"];
  assert.deepEqual(reasons(await results()), [ended, ended, invalid, invalid]);
  const some = await results(`?reason=${encodeURIComponent(invalid)}`);
  assert.deepEqual(some.rows.length, 2);
  const csv = await worker.request(`${path}/${other.id}/results.csv?state=rejected`);
  const [, first, , third] = (await csv.text()).split("\r\n");
  assert.ok(first?.includes("The program ended"), first);
  assert.ok(third?.includes(invalid), third);
  assert.equal(messageIn("<html>"), undefined);
  const nested = '{"errors":[{"code":"c","title":"T"}]}';
  assert.deepEqual(messageIn(nested), { code: "c", words: "T" });
});

test("the newest jobs of some programs are returned without a request to Uber", async () => {
  const { programId, codes } = await uber.createProgram(2);
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const client = createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN });
  const found = await client.lastJobs([programId, "another"]);
  assert.deepEqual(
    found.map((one) => [one.id, one.lastJob?.id ?? null]),
    [
      [programId, id],
      ["another", null],
    ],
  );
  for (const query of ["ids=", "ids=a&limit=5", `ids=${Array(101).fill("a").join()}`]) {
    assert.equal((await worker.request(`/api/programs?${query}`)).status, 400, query);
  }
});
