/** Who receives, as far as it is shown, and what became of each code, as a page and as a file. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorkerClient } from "uber-vouchers/worker-client";

import { masked } from "../../build/js/worker/http/guests.js";
import { wordsOf } from "../../build/js/worker/program/rejections.js";
import { cell } from "../../build/js/worker/program/results-csv.js";
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
/** What a distribution of a program is answered with. @type {Map<string, import("./front.mjs").Reply>} */
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

test("guests are masked, until an operator says that they are to be seen", async () => {
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

test("what is masked tells people apart and nobody who they are", () => {
  const guest = { codeId: null, codeText: null, isClaimed: null, usageCount: null };
  /** @type {[string | null, string | null, string | null][]} */
  const cases = [
    ["ada@example.com", "a…@example.com", "email"],
    ["@", "@…", "email"],
    ["", null, "email"],
    ["+49 170 1234578", "+49…78", "phone"],
    ["112", "…", "phone"],
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

test("results are filtered by reason, as a page and as a file with everything that is known", async () => {
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

test("no cell is a formula, whatever a spreadsheet cuts it at", () => {
  for (const [given, safe] of /** @type {[string, string][]} */ ([
    ["=1", "'=1"],
    ["x;=1", `"x;'=1"`],
    ["x;\t @1", `"x;\t '@1"`],
    ["-", "'-"],
    ["＝1", "'＝1"],
    ["a=b", "a=b"],
    ["a-b;c", `"a-b;c"`],
  ])) {
    assert.equal(cell(given), safe, given);
  }
});

test("why Uber rejected a batch is told in its words, without anybody's data", async () => {
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
      message: "The program ended; ask … or …",
      codes: 4,
    },
  ]);
  assert.equal(wordsOf("<html>"), undefined);
  const nested = '{"errors":[{"code":"c","title":"T"}]}';
  assert.deepEqual(wordsOf(nested), { code: "c", words: "T" });
});

test("the newest jobs of some programs, without asking Uber", async () => {
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
