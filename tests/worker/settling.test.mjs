/**
 * What is unknown is sent again only once nothing is reported any more: whoever decides while reports
 * arrive gets people messaged twice.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  isUsageStale,
  quietSince,
  resendAt,
  settlingOf,
} from "../../build/js/worker/program/settling.js";
import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { eventOf, sendWebhook } from "./storage.mjs";

/** So long nothing may arrive. */
const SETTLE_MS = 6_000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** Programs whose codes arrive, and whose answers say nothing. @type {Set<string>} */
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
  const answer = await worker.request(`${path}/resolve`, {
    method: "POST",
    body: JSON.stringify({ batch: "all", decision: "resend" }),
    headers: { "Content-Type": "application/json" },
  });
  return { answered: answer.status, ...(await answer.json()) };
};

/** Reports of codes arrive. @param {string} programId @param {readonly string[]} codes */
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

  // What is reported puts it off.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await report(job.programId, job.codes.slice(0, 12));
  const later = await worker.until(job.programId, job.id, ({ progress }) => progress.unknown === 8);
  assert.equal(later.settling.arrived, 12);
  assert.ok(later.settling.lastAt > first.settling.resendAt - SETTLE_MS);
  assert.ok(later.settling.resendAt > first.settling.resendAt);
  assert.equal((await resend(job.path)).code, "reports_arriving");
  // Nor by the way of another job.
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
  // Only those of which nothing was known.
  for (const [place, code] of job.codes.entries()) {
    assert.equal(sent.get(code), place < 12 ? 1 : 2, String(place));
  }
});

test("use is read once more before anything is sent again, and leaves out what it shows", async () => {
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

test("a failing read of usage does not block the decision for ever", async () => {
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
  assert.equal(quietSince({ sentAt: 5, lastAt: 7 }), 7);
  assert.equal(resendAt({ sentAt: NOW, lastAt: null }, 1), NOW + MINUTE);
  assert.equal(isUsageStale({ sentAt: 5, lastAt: 7, usageTriedAt: 6 }, 0), true);
});
