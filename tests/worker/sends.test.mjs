/**
 * The numbers that a dry run promises are those that a job sends: for codes that are used, cancelled,
 * foreign, failed or sent before, in all combinations.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { eventOf, sendWebhook } from "./storage.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** The responses that replace a program's list. @type {Map<string, import("./front.mjs").Reply>} */
const lists = new Map();

before(async () => {
  uber = await startUber(["--failure-rate", "0"]);
  const { url } = await startFront(uber.url, ({ path }) => {
    const [, program = ""] = /\/voucher-programs\/([^/]+)\/codes(?:\?.*)?$/.exec(path) ?? [];
    return lists.get(program);
  });
  worker = await startWorker({ uber: url, options: { reconcile: false, settleMinutes: 0 } });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @typedef {{ name: string, code: string, isUsed?: boolean, isCancelled?: boolean, isForeign?: boolean, isBefore?: boolean }} Kind */

/** One code of each combination. @type {(isForeign: boolean) => Kind[]} */
const kindsOf = (isForeign) =>
  [0, 1, 2, 3, 4, 5, 6, 7]
    .map((bits) => ({ isBefore: bits > 3, isUsed: (bits & 2) > 0, isCancelled: (bits & 1) > 0 }))
    // Of a code that Uber does not list, nothing else is known.
    .filter(({ isUsed, isCancelled }) => !isForeign || (!isUsed && !isCancelled))
    .map((kind) => ({
      ...kind,
      isForeign,
      name: JSON.stringify({ ...kind, isForeign }),
      code: crypto.randomUUID(),
    }));

/** @param {readonly Kind[]} kinds */
const codesOf = (kinds) => kinds.map(({ code }) => code);

/** @param {string} programId @param {readonly Kind[]} kinds */
function listAs(programId, kinds) {
  const codes = kinds
    .filter(({ isForeign }) => !isForeign)
    .map(({ code, isUsed, isCancelled }) => ({
      code_id: code,
      usage_count: isUsed ? 1 : 0,
      ...(isCancelled && { canceled_at: 1_709_251_200_000 }),
    }));
  const headers = { "Content-Type": "application/json" };
  lists.set(programId, { status: 200, headers, body: JSON.stringify({ codes }) });
}

/** @param {string} programId @param {readonly string[]} codes @param {string} query */
async function create(programId, codes, query) {
  const response = await worker.createJob(programId, codes, query);
  return { ...(await response.json()), answered: response.status };
}

/** How many codes the job has; it is cancelled. @param {string} programId @param {any} job */
async function cancelled(programId, job) {
  if (job.answered !== 201) return `${job.answered} ${job.code}`;
  const path = `/api/programs/${programId}/jobs/${job.id}/cancel`;
  assert.equal((await worker.request(path, { method: "POST" })).status, 200);
  return job.progress.total;
}

test("a dry run tells how many codes a job sends, with each decision and in every combination", async () => {
  const all = [...kindsOf(false), ...kindsOf(true)];
  assert.equal(all.length, 10);
  for (let nth = 0; nth < 1 << all.length; nth += 29) {
    const kinds = all.filter((_, at) => ((nth + 1) >> at) & 1);
    const what = kinds.map(({ name }) => name).join(" ");
    const programId = crypto.randomUUID();
    listAs(programId, kinds);
    const earlier = codesOf(kinds.filter(({ isBefore }) => isBefore));
    if (earlier.length > 0) {
      // Before anything of it was used or cancelled.
      lists.set(programId, { status: 503, body: "" });
      const made = await create(programId, earlier, "?start=false&unchecked=true");
      assert.equal(made.answered, 201, what);
      listAs(programId, kinds);
    }
    const list = codesOf(kinds);
    const told = await create(programId, list, "?dryRun=true");
    const own = codesOf(kinds.filter(({ isForeign }) => !isForeign));
    assert.equal(told.foreign, list.length - own.length, what);
    assert.equal(told.check.cancelled, kinds.filter(({ isCancelled }) => isCancelled).length, what);
    if (own.length === 0) {
      assert.deepEqual(told.sends, { skip: 0, resend: 0 }, what);
      continue;
    }
    const rest = await create(programId, own, "?dryRun=true");
    assert.deepEqual(rest.sends, told.sends, what);
    for (const decision of /** @type {const} */ (["skip", "resend"])) {
      const job = await create(programId, own, `?start=false&${decision}=true`);
      const none = told.sends[decision] === 0;
      const sent = await cancelled(programId, job);
      if (none) assert.match(String(sent), /^422 (already_queued|nothing_to_send)$/, what);
      else assert.equal(sent, told.sends[decision], `${decision}: ${what}`);
    }
  }
});

test("codes that failed are counted where they are sent: not if they are cancelled or in use since", async () => {
  const { programId, codes } = await uber.createProgram(4);
  const job = await create(programId, codes, "");
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  const outcomes = codes.slice(1).map((/** @type {string} */ code) => ({
    code_uuid: code,
    status: "failed",
    reason: "guest_not_found",
  }));
  await sendWebhook(worker.url, eventOf(programId, outcomes));
  await worker.until(programId, job.id, ({ progress }) => progress.failed === 3);
  listAs(
    programId,
    codes.map((/** @type {string} */ code, /** @type {number} */ at) => ({
      name: code,
      code,
      isCancelled: at === 1,
      isUsed: at === 2,
    })),
  );
  const told = await create(programId, codes, "?dryRun=true");
  assert.deepEqual([told.failedBefore, told.sends], [1, { skip: 1, resend: 2 }]);
});

test("an upload that spans programs tells the numbers of each, and their sum", async () => {
  const programs = [crypto.randomUUID(), crypto.randomUUID()].map((programId) => {
    const kinds = kindsOf(false);
    return { programId, kinds };
  });
  for (const { programId, kinds } of programs) {
    listAs(programId, kinds);
    const earlier = codesOf(kinds.filter(({ isBefore }) => isBefore));
    lists.set(programId, { status: 503, body: "" });
    await create(programId, earlier, "?start=false&unchecked=true");
    listAs(programId, kinds);
  }
  const body = [
    "program_id,code_id",
    ...programs.flatMap(({ programId, kinds }) =>
      codesOf(kinds).map((code) => `${programId},${code}`),
    ),
  ].join("\n");
  const told = await (
    await worker.request("/api/jobs?dryRun=true", { method: "POST", body })
  ).json();
  assert.deepEqual(told.sends, { skip: 2, resend: 4 });
  for (const { sends } of told.programs) assert.deepEqual(sends, { skip: 1, resend: 2 });
  for (const decision of /** @type {const} */ (["skip", "resend"])) {
    const response = await worker.request(`/api/jobs?start=false&${decision}=true`, {
      method: "POST",
      body,
      headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    });
    const { jobs } = await response.json();
    const sent = jobs.map((/** @type {any} */ { progress }) => progress.total);
    assert.deepEqual(sent, decision === "skip" ? [1, 1] : [2, 2]);
    for (const { programId, id } of jobs)
      await cancelled(programId, { id, answered: 201, progress: {} });
  }
});

test("codes that another job is going to send are not called sent", async () => {
  const { programId, codes } = await uber.createProgram(4);
  const waiting = await create(programId, codes.slice(0, 2), "?start=false");
  const refused = await create(programId, codes.slice(0, 2), "");
  assert.equal(refused.title, "2 codes are waiting to be sent in another job");
  assert.match(refused.hint, /Cancel the job that is going to send/);
  const sent = await create(programId, codes.slice(2, 3), "");
  await worker.until(programId, sent.id, ({ status }) => status === "finished");
  const both = await create(programId, codes, "");
  assert.equal(
    both.title,
    "1 code was sent before, or may have been, and 2 codes are waiting to be sent in another job",
  );
  const path = `/api/programs/${programId}/jobs/${waiting.id}/cancel`;
  await worker.request(path, { method: "POST" });
  const after = await create(programId, codes, "?dryRun=true");
  assert.deepEqual([after.blocked.total, after.sends], [1, { skip: 3, resend: 4 }]);
});
