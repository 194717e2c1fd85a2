/**
 * Unknown codes can be sent again only once no more reports arrive: earlier, people would get two
 * messages.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  isUsageStale,
  lastActivityAt,
  resendAt,
  settlingOf,
} from "../../build/js/worker/program/evidence/settling.js";
import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { eventOf, sendWebhook } from "./storage.mjs";

/** How long no report may arrive. */
const SETTLE_MS = 6_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** Programs whose codes arrive, but whose responses are lost. @type {Set<string>} */
const unanswered = new Set();
/** Programs whose lists can't be read. @type {Set<string>} */
const unreadable = new Set();

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  const { url } = await startFront(uber.url, async ({ path, program = "", headers, body }) => {
    const [, listed = ""] = /\/voucher-programs\/([^/]+)\/codes\?/.exec(path) ?? [];
    if (unreadable.has(listed)) return { status: 500, body: "{}" };
    if (!unanswered.has(program)) return undefined;
    await fetch(uber.url + path, { method: "POST", headers, body: body.toString() });
    return { status: 500, body: "{}" };
  });
  worker = await startWorker({
    uber: url,
    options: {
      settleMinutes: SETTLE_MS / 60_000,
      // Only as far as the evidence needs it.
      reconcile: { intervalHours: [24], delayMinutes: 60, pauseMinutes: 0.001 },
    },
  });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {number} count */
async function unknownJob(count) {
  const program = await uber.createProgram(count);
  unanswered.add(program.programId);
  const job = await (await worker.createJob(program.programId, program.codes)).json();
  await worker.until(program.programId, job.id, ({ status }) => status === "undecided");
  unanswered.delete(program.programId);
  return { ...program, id: job.id, path: `/api/programs/${program.programId}/jobs/${job.id}` };
}

/** @param {string} path */
const resend = async (path) => {
  const response = await worker.request(`${path}/resolve`, {
    method: "POST",
    body: JSON.stringify({ batch: "all", decision: "resend" }),
    headers: { "Content-Type": "application/json" },
  });
  return { answered: response.status, ...(await response.json()) };
};

/** Sends reports of codes. @param {string} programId @param {readonly string[]} codes */
async function report(programId, codes) {
  const outcomes = codes.map((code) => ({ code_id: code, status: "distributed" }));
  assert.equal(await sendWebhook(worker.url, eventOf(programId, outcomes)), 200);
}

/** @param {string} programId */
const mostSent = async (programId) => Math.max(...(await uber.deliveries(programId)).values());

test("while reports arrive, nothing is sent again", async () => {
  const job = await unknownJob(20);
  const refused = await resend(job.path);
  assert.deepEqual([refused.answered, refused.code], [409, "reports_arriving"]);
  assert.ok(refused.resendAt > Date.now());
  const first = await worker.json(job.path);
  assert.deepEqual([first.settling.of, first.settling.arrived], [20, 0]);
  assert.deepEqual([first.settling.lastAt, first.settling.isOpen], [null, false]);
  assert.equal(first.settling.resendAt, refused.resendAt);

  // A report postpones it.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await report(job.programId, job.codes.slice(0, 12));
  const later = await worker.until(job.programId, job.id, ({ progress }) => progress.unknown === 8);
  assert.equal(later.settling.arrived, 12);
  assert.ok(later.settling.lastAt > first.settling.resendAt - SETTLE_MS);
  assert.ok(later.settling.resendAt > first.settling.resendAt);
  assert.equal((await resend(job.path)).code, "reports_arriving");
  // Nor through another job.
  const other = await worker.createJob(job.programId, job.codes.slice(10), "?resend=true");
  const problem = await other.json();
  assert.deepEqual([other.status, problem.code, problem.job], [409, "reports_arriving", job.id]);
  assert.equal(await mostSent(job.programId), 1);

  await worker.until(job.programId, job.id, ({ settling }) => settling.isOpen);
  const open = await worker.json(job.path);
  assert.ok(open.settling.usageReadAt >= later.settling.lastAt);
  assert.equal((await resend(job.path)).answered, 200);
  await worker.json(`${job.path}/resume`, {});
  await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  const sent = await uber.deliveries(job.programId);
  // Only those that were unknown.
  for (const [index, code] of job.codes.entries()) {
    assert.equal(sent.get(code), index < 12 ? 1 : 2, String(index));
  }
});

test("a report that has arrived counts for the next decision, before the worker gathers more", async () => {
  const [reviewed, resolved, created] = await Promise.all([2, 3, 4].map(unknownJob));
  assert.ok(reviewed && resolved && created);
  for (const job of [reviewed, resolved, created]) {
    await worker.until(job.programId, job.id, ({ settling }) => settling.isOpen);
    await report(job.programId, job.codes.slice(0, 1));
    if (job === reviewed) {
      const review = await worker.createJob(job.programId, job.codes, "?dryRun=true");
      const { blocked } = await review.json();
      assert.deepEqual([blocked.distributed, blocked.unknown], [1, 1]);
    } else if (job === resolved) {
      assert.equal((await resend(job.path)).code, "reports_arriving");
    } else {
      const again = await worker.createJob(job.programId, job.codes, "?resend=true");
      assert.equal((await again.json()).code, "reports_arriving");
    }
  }
});

test("a code that is reported between the decision to send it again and the start is not sent", async () => {
  const job = await unknownJob(5);
  await worker.until(job.programId, job.id, ({ settling }) => settling.isOpen);
  assert.equal((await resend(job.path)).answered, 200);
  await report(job.programId, job.codes.slice(0, 2));
  await worker.json(`${job.path}/resume`, {});
  await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  const sent = await uber.deliveries(job.programId);
  const times = job.codes.map((/** @type {string} */ code) => sent.get(code));
  assert.deepEqual(times, [1, 1, 2, 2, 2]);
});

for (const decision of ["queued", "abandon"]) {
  test(`codes that rest on a decision alone (${decision}) wait like unknown ones`, async () => {
    const job = await unknownJob(6);
    await worker.json(`${job.path}/resolve`, { batch: "all", decision });
    await worker.until(job.programId, job.id, ({ progress }) => progress.unknown === 0);
    const early = await worker.createJob(job.programId, job.codes, "?resend=true");
    const problem = await early.json();
    assert.deepEqual([early.status, problem.code], [409, "reports_arriving"]);
    const checked = await worker.createJob(job.programId, job.codes, "?dryRun=true");
    const { resendAt: shown } = await checked.json();
    assert.equal(shown, problem.resendAt);
    assert.equal(await mostSent(job.programId), 1);

    await new Promise((resolve) => setTimeout(resolve, problem.resendAt - Date.now() + 100));
    const late = await worker.createJob(job.programId, job.codes, "?resend=true");
    assert.equal(late.status, 201);
  });
}

test("abandoning what is unknown leaves what is pending as it is", async () => {
  const program = await uber.createProgram(40);
  unanswered.add(program.programId);
  const created = await worker.createJob(program.programId, program.codes, "?batchSize=10");
  const { id } = await created.json();
  await worker.until(program.programId, id, ({ status }) => status === "halted");
  unanswered.delete(program.programId);
  const path = `/api/programs/${program.programId}/jobs/${id}`;
  const decided = await worker.json(`${path}/resolve`, { batch: "all", decision: "abandon" });
  assert.deepEqual(
    [decided.progress.abandoned, decided.progress.pending, decided.progress.unknown],
    [30, 10, 0],
  );
  const ended = await worker.json(`${path}/abandon`, {});
  assert.deepEqual([ended.status, ended.progress.abandoned], ["finished", 40]);
  // Those that have never left are free; of the others reports may still arrive.
  const last = program.codes.slice(30);
  assert.equal((await worker.createJob(program.programId, last)).status, 201);
  const first = await worker.createJob(
    program.programId,
    program.codes.slice(0, 30),
    "?resend=true",
  );
  assert.equal((await first.json()).code, "reports_arriving");
});

test("usage is read before a resend, and used codes are left out", async () => {
  const job = await unknownJob(6);
  for (const code of job.codes.slice(0, 2)) {
    await uber.ask("redeem", { program: job.programId, code });
  }
  await worker.until(job.programId, job.id, ({ settling }) => settling.isOpen);
  assert.equal((await resend(job.path)).answered, 200);
  await worker.json(`${job.path}/resume`, {});
  await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  const sent = await uber.deliveries(job.programId);
  assert.deepEqual(
    job.codes.map((code) => sent.get(code)),
    [1, 1, 2, 2, 2, 2],
  );
});

test("a failing read of usage does not block the decision forever", async () => {
  const job = await unknownJob(3);
  unreadable.add(job.programId);
  const open = await worker.until(job.programId, job.id, ({ settling }) => settling.isOpen);
  assert.equal(open.settling.usageReadAt === null || open.usage.error !== null, true);
  assert.equal((await resend(job.path)).answered, 200);
});

test("the other decisions do not wait", async () => {
  const job = await unknownJob(3);
  assert.ok((await worker.json(job.path)).settling);
  await worker.json(`${job.path}/resolve`, { batch: "all", decision: "queued" });
  assert.equal((await worker.json(job.path)).settling, null);
});

test("resending is allowed after the settling time and a read of usage", () => {
  const [NOW, MINUTE] = [1_800_000_000_000, 60_000];
  const facts = {
    of: 10,
    arrived: 4,
    sentAt: NOW,
    lastAt: null,
    usageReadAt: null,
    usageTriedAt: 0,
  };
  const at = (/** @type {object} */ more, /** @type {number} */ now, minutes = 10) =>
    settlingOf({ ...facts, ...more }, now, minutes).isOpen;
  const read = { usageTriedAt: NOW + 10 * MINUTE };
  assert.equal(at({}, NOW + 20 * MINUTE), false);
  assert.equal(at({ usageTriedAt: NOW + MINUTE }, NOW + 20 * MINUTE), false);
  assert.equal(at(read, NOW + 9 * MINUTE), false);
  assert.equal(at(read, NOW + 10 * MINUTE), true);
  assert.equal(at({ ...read, lastAt: NOW + 2 * MINUTE }, NOW + 13 * MINUTE), false);
  assert.equal(
    at({ usageTriedAt: NOW + 12 * MINUTE, lastAt: NOW + 2 * MINUTE }, NOW + 13 * MINUTE),
    true,
  );
  assert.equal(at({}, NOW, 0), true);
  assert.equal(lastActivityAt({ sentAt: 5, lastAt: 7 }), 7);
  assert.equal(resendAt({ sentAt: NOW, lastAt: null }, 1), NOW + MINUTE);
  assert.equal(isUsageStale({ sentAt: 5, lastAt: 7, usageTriedAt: 6 }, 0), true);
});
