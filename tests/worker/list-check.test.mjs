/**
 * A list is compared with its program's list before anything is sent. The lists come from the test
 * or the sandbox; what was sent is what the sandbox reports.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createWorkerClient } from "uber-vouchers/worker-client";

import { closeFronts, startFront } from "./front.mjs";
import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";

/** The memory that the platform gives one isolate. */
const ISOLATE = 128 * 1024 * 1024;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {(more?: { state?: string, port?: number, entry?: string }) => ReturnType<typeof startWorker>} */
let start;
/** The responses that replace a program's list. @type {Map<string, import("./front.mjs").Reply>} */
const lists = new Map();
/** How often each list was read. @type {Map<string, number>} */
const reads = new Map();

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  const { url } = await startFront(uber.url, ({ path }) => {
    const [, program] = /\/voucher-programs\/([^/]+)\/codes(?:\?.*)?$/.exec(path) ?? [];
    if (program === undefined) return undefined;
    reads.set(program, (reads.get(program) ?? 0) + 1);
    return lists.get(program);
  });
  start = (more) => startWorker({ uber: url, options: { reconcile: false }, ...more });
  worker = await start();
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @param {number} number */
const idOf = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
/** @param {number} count @param {number} [from] */
const range = (count, from = 0) => Array.from({ length: count }, (_, at) => idOf(from + at));

/** @param {string} programId @param {readonly object[]} codes */
function answerWith(programId, codes) {
  const headers = { "Content-Type": "application/json" };
  lists.set(programId, { status: 200, headers, body: JSON.stringify({ codes }) });
}

/** @param {readonly string[]} codes @param {object} [members] */
const entries = (codes, members = {}) => codes.map((code) => ({ code_id: code, ...members }));

/** @param {string} programId @param {readonly string[]} codes @param {string} [query] */
const create = async (programId, codes, query = "") => {
  const response = await worker.createJob(programId, codes, query);
  return { ...(await response.json()), answered: response.status };
};

/** @param {string} programId @param {readonly string[]} codes */
const dryRun = (programId, codes) => create(programId, codes, "?dryRun=true");

/** @param {string} programId @returns {Promise<string[]>} */
const sentOf = async (programId) => {
  const sent = await uber.deliveries(programId);
  return [...sent].filter(([, count]) => count > 0).map(([code]) => code);
};

test("codes of no program or another program are refused and never sent", async () => {
  const [own, other] = await Promise.all([uber.createProgram(40), uber.createProgram(30)]);
  const invented = range(3, 500);
  const list = [...own.codes.slice(0, 10), ...other.codes.slice(0, 5), ...invented];
  const checked = await dryRun(own.programId, list);
  assert.equal(checked.answered, 200);
  assert.deepEqual(
    [checked.codes, checked.foreign, checked.cancelled, checked.used, checked.blocked.total],
    [18, 8, 0, 0, 0],
  );
  assert.deepEqual(checked.firstForeign, [
    ...other.codes.slice(0, 5).map((code) => ({ code, program: other.programId })),
    ...invented.map((code) => ({ code, program: null })),
  ]);
  assert.deepEqual([checked.check.codes, checked.check.error], [40, null]);

  const refused = await create(own.programId, list);
  assert.deepEqual([refused.answered, refused.code, refused.count], [422, "foreign_codes", 8]);
  assert.deepEqual(refused.codes, checked.firstForeign);
  assert.match(refused.hint, new RegExp(other.programId));
  assert.deepEqual((await worker.json(`/api/programs/${own.programId}/jobs`)).jobs, []);
  assert.deepEqual(await sentOf(own.programId), []);

  const { answered, id } = await create(own.programId, own.codes.slice(0, 10));
  assert.equal(answered, 201);
  await worker.until(
    own.programId,
    id,
    ({ progress }) => progress.queued + progress.distributed === 10,
  );
  assert.deepEqual((await sentOf(own.programId)).sort(), own.codes.slice(0, 10).sort());
});

test("cancelled and used codes are left out and counted", async () => {
  const programId = crypto.randomUUID();
  const codes = range(10);
  answerWith(programId, [
    ...entries(codes.slice(0, 5)),
    ...entries(codes.slice(5, 7), { canceled_at: 1_709_251_200_000, usage_count: 1 }),
    ...entries(codes.slice(7, 10), { usage_count: "2" }),
  ]);
  const checked = await dryRun(programId, codes);
  assert.deepEqual([checked.foreign, checked.cancelled, checked.used], [0, 2, 3]);
  assert.deepEqual(checked.firstCancelled, codes.slice(5, 7));
  assert.deepEqual(checked.firstUsed, codes.slice(7, 10));

  const job = await create(programId, codes, "?start=false");
  assert.deepEqual([job.answered, job.progress.total], [201, 5]);
  assert.deepEqual(job.leftOut, { cancelled: 2, used: 3 });
  const { rows } = await worker.json(`/api/programs/${programId}/jobs/${job.id}/results`);
  assert.deepEqual(
    rows.map((/** @type {{ code: string }} */ { code }) => code),
    codes.slice(0, 5),
  );

  // Codes of an earlier job are sent again if requested; codes that are left out never are.
  const again = await create(programId, codes, "?start=false&resend=true");
  assert.deepEqual([again.progress.total, again.resent], [5, 5]);
  const nothing = await create(programId, codes.slice(5), "?resend=true");
  assert.deepEqual([nothing.answered, nothing.code], [422, "nothing_to_send"]);
  assert.deepEqual(nothing.leftOut, { cancelled: 2, used: 3 });
});

test("codes in use are not resent, and a dry run counts them", async () => {
  const programId = crypto.randomUUID();
  const codes = range(10);
  answerWith(programId, entries(codes));
  const job = await create(programId, codes.slice(0, 8), "?start=false");
  assert.deepEqual([job.answered, job.progress.total], [201, 8]);
  // Some are used right after that list was read.
  answerWith(programId, [
    ...entries(codes.slice(0, 4), { usage_count: 1 }),
    ...entries(codes.slice(4, 9)),
    ...entries(codes.slice(9), { usage_count: 1 }),
  ]);
  const checked = await dryRun(programId, codes);
  assert.deepEqual([checked.blocked.total, checked.blockedUsed, checked.used], [8, 4, 1]);
  assert.deepEqual(
    checked.firstBlocked.map((/** @type {{ used: boolean }} */ { used }) => used),
    [true, true, true, true, false, false, false, false],
  );
  // Without a parameter, they are codes that were sent before, whatever their outcome.
  const plain = await create(programId, codes);
  assert.deepEqual(
    [plain.answered, plain.code, plain.count, plain.used, plain.free],
    [422, "already_queued", 8, 4, 1],
  );
  const again = await create(programId, codes, "?start=false&resend=true");
  assert.deepEqual([again.answered, again.progress.total, again.resent], [201, 5, 4]);
  assert.deepEqual(again.leftOut, { cancelled: 0, used: 5 });
  const { rows } = await worker.json(`/api/programs/${programId}/jobs/${again.id}/results`);
  assert.deepEqual(
    rows.map((/** @type {{ code: string }} */ { code }) => code),
    codes.slice(4, 9),
  );
  const none = await create(programId, codes.slice(0, 4), "?resend=true");
  assert.deepEqual(
    [none.answered, none.code, none.leftOut],
    [422, "nothing_to_send", { cancelled: 0, used: 4 }],
  );
  const told = await create(programId, codes.slice(0, 4));
  assert.equal(told.code, "already_queued");
  assert.doesNotMatch(told.hint, /resend=true/, "what could not be sent is not offered");
});

test("while Uber fails, the cached list decides what is not resent", async () => {
  const programId = crypto.randomUUID();
  const codes = range(6);
  answerWith(programId, [
    ...entries(codes.slice(0, 2), { usage_count: 1 }),
    ...entries(codes.slice(2)),
  ]);
  // From here on all six are in a job, including those in use.
  lists.set(programId, { status: 503, body: "" });
  assert.equal((await create(programId, codes, "?start=false&unchecked=true")).progress.total, 6);
  const unknown = await dryRun(programId, codes);
  assert.deepEqual([unknown.blocked.total, unknown.blockedUsed], [6, 0]);
  assert.equal(unknown.check.error.status, 503);
  const refused = await create(programId, codes, "?start=false&resend=true");
  assert.deepEqual([refused.answered, refused.code], [503, "codes_not_read"]);
  const unchecked = await create(programId, codes, "?start=false&resend=true&unchecked=true");
  assert.deepEqual([unchecked.answered, unchecked.progress.total], [201, 6]);

  answerWith(programId, [
    ...entries(codes.slice(0, 2), { usage_count: 1 }),
    ...entries(codes.slice(2)),
  ]);
  assert.equal((await dryRun(programId, codes)).blockedUsed, 2);
  lists.set(programId, { status: 503, body: "" });
  const kept = await dryRun(programId, codes);
  assert.deepEqual([kept.blockedUsed, kept.check.codes, kept.check.error], [2, 6, null]);
  for (const more of ["", "&unchecked=true"]) {
    const again = await create(programId, codes, `?start=false&resend=true${more}`);
    assert.deepEqual([again.answered, again.progress.total], [201, 4], more);
    assert.deepEqual(again.leftOut, { cancelled: 0, used: 2 });
  }
  // Once the list can be read, it is compared even if the request does not insist on it.
  answerWith(programId, [
    ...entries(codes.slice(0, 3), { usage_count: 1 }),
    ...entries(codes.slice(3)),
  ]);
  const read = await create(programId, codes, "?start=false&resend=true&unchecked=true");
  assert.equal(read.progress.total, 3);
});

test("a code that one job knows to be in use is not resent by another, even if Uber can't be asked", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const { id } = await create(programId, codes);
  await worker.until(programId, id, ({ progress }) => progress.queued + progress.distributed === 6);
  answerWith(programId, [
    ...entries(codes.slice(0, 2), { usage_count: 1 }),
    ...entries(codes.slice(2)),
  ]);
  const path = `/api/programs/${programId}/jobs/${id}/reconcile`;
  const read = await worker.request(path, { method: "POST" });
  assert.equal((await read.json()).settled, 2);
  // Uber's list is no longer cached, and it can't be read.
  lists.set(programId, { status: 503, body: "" });
  await worker.kill();
  worker = await start({ state: worker.state, port: worker.port });
  const checked = await dryRun(programId, codes);
  assert.deepEqual([checked.check.error.status, checked.blockedUsed], [503, 2]);
  const again = await create(programId, codes, "?start=false&resend=true&unchecked=true");
  assert.deepEqual([again.answered, again.progress.total], [201, 4]);
});

test("an unreadable list is reported, and the operator decides", async () => {
  const programId = crypto.randomUUID();
  lists.set(programId, { status: 500, body: "{}" });
  const codes = range(4);
  const checked = await dryRun(programId, codes);
  assert.deepEqual([checked.answered, checked.foreign, checked.check.readAt], [200, 0, null]);
  assert.equal(checked.check.error.status, 500);

  const key = crypto.randomUUID();
  const refused = await worker.createJob(programId, codes, "?start=false", key);
  assert.equal(refused.status, 503);
  const problem = await refused.json();
  assert.deepEqual(
    [problem.code, problem.queued, problem.cause.status],
    ["codes_not_read", "no", 500],
  );
  assert.deepEqual((await worker.json(`/api/programs/${programId}/jobs`)).jobs, []);

  const unchecked = await worker.createJob(programId, codes, "?start=false&unchecked=true", key);
  assert.equal(unchecked.status, 201);
  const { id } = await unchecked.json();
  const readBefore = reads.get(programId);
  // A repeated request gets the existing job.
  const repeated = await worker.createJob(programId, codes, "?start=false&unchecked=true", key);
  assert.deepEqual([repeated.status, (await repeated.json()).id], [200, id]);
  assert.equal(reads.get(programId), readBefore);
  const other = await worker.createJob(programId, codes, "?start=false", key);
  assert.deepEqual((await other.json()).differs, ["unchecked"]);
});

test("`allowForeign` sends codes that Uber does not list", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, entries(range(2)));
  const list = range(4);
  assert.equal((await create(programId, list)).code, "foreign_codes");
  const job = await create(programId, list, "?start=false&allowForeign=true");
  assert.deepEqual([job.answered, job.progress.total], [201, 4]);
});

test("the list is read once, and again if a code may be newer", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, entries(range(3)));
  await dryRun(programId, range(2));
  await dryRun(programId, range(3));
  assert.equal((await create(programId, range(1), "?start=false")).answered, 201);
  assert.equal(reads.get(programId), 1);
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  answerWith(programId, entries(range(4)));
  assert.equal((await dryRun(programId, range(4))).foreign, 0);
  assert.equal(reads.get(programId), 2);
});

test("an upload that spans programs is checked in each of them: all are sent or none", async () => {
  const programs = await Promise.all([uber.createProgram(5), uber.createProgram(5)]);
  const [one, other] = programs;
  assert(one && other);
  const rows = (/** @type {[string, string][]} */ found) =>
    ["program,code", ...found.map((row) => row.join(","))].join("\n");
  const swapped = rows([
    ...one.codes.map((code) => /** @type {[string, string]} */ ([one.programId, code])),
    [other.programId, /** @type {string} */ (one.codes[0])],
    [other.programId, /** @type {string} */ (other.codes[1])],
  ]);
  const send = (/** @type {string} */ body, query = "") =>
    worker.request(`/api/jobs${query}`, {
      method: "POST",
      body,
      headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    });
  const checked = await (await send(swapped, "?dryRun=true")).json();
  assert.deepEqual([checked.foreign, checked.firstForeign.length], [1, 1]);
  assert.deepEqual(
    checked.programs.map((/** @type {{ foreign: number }} */ { foreign }) => foreign),
    [0, 1],
  );
  assert.deepEqual(
    checked.programs.map((/** @type {any} */ { firstForeign }) => firstForeign.length),
    [0, 1],
    "each program has its own",
  );
  const refused = await send(swapped);
  const problem = await refused.json();
  assert.deepEqual(
    [refused.status, problem.code, problem.programId],
    [422, "foreign_codes", other.programId],
  );
  for (const { programId } of programs) {
    assert.deepEqual((await worker.json(`/api/programs/${programId}/jobs`)).jobs, []);
    assert.deepEqual(await sentOf(programId), []);
  }
});

test("`pauseAfter` counts the codes that are sent, not those left out", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const earlier = await create(programId, codes.slice(3, 5), "?start=false");
  assert.equal(earlier.answered, 201);
  answerWith(programId, [
    ...entries(codes.slice(0, 2), { canceled_at: 1_709_251_200_000 }),
    // Of two codes of the earlier job, one is in use.
    ...entries(codes.slice(2, 4), { usage_count: 1 }),
    ...entries(codes.slice(4)),
  ]);
  const paused = (/** @type {{ id: string }} */ { id }) =>
    worker.until(programId, id, ({ status }) => status === "paused");
  const times = async () => {
    const sent = await uber.deliveries(programId);
    return codes.map((code) => sent.get(code) ?? 0);
  };
  // It reads Uber's list again, because codes may be sent again.
  assert.equal((await dryRun(programId, codes)).cancelled, 2);
  const skipping = await create(programId, codes, "?skip=true&pauseAfter=2");
  assert.deepEqual([skipping.progress.total, skipping.leftOut], [5, { cancelled: 2, used: 1 }]);
  assert.equal((await paused(skipping)).progress.pending, 3);
  assert.deepEqual(await times(), [0, 0, 0, 0, 0, 1, 1, 0, 0, 0]);

  const again = await create(programId, codes, "?resend=true&pauseAfter=2");
  assert.deepEqual([again.progress.total, again.leftOut], [6, { cancelled: 2, used: 2 }]);
  assert.equal((await paused(again)).progress.pending, 4);
  assert.deepEqual(await times(), [0, 0, 0, 0, 1, 2, 1, 0, 0, 0]);
});

test("in an upload, a program with nothing to send gets no job, and the others do", async () => {
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const codes = range(4);
  const others = range(4, 100);
  answerWith(one, entries(codes, { usage_count: 0 }));
  answerWith(other, entries(others));
  assert.equal((await create(one, codes, "?start=false")).answered, 201);
  const rows = [
    "program,code",
    ...codes.map((code) => `${one},${code}`),
    ...others.slice(0, 2).map((code) => `${other},${code}`),
  ];
  const send = async (/** @type {string} */ query, lines = rows, key = crypto.randomUUID()) => {
    const response = await worker.request(`/api/jobs?start=false${query}`, {
      method: "POST",
      body: lines.join("\n"),
      headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
    });
    return { ...(await response.json()), answered: response.status };
  };
  const undecided = await send("");
  assert.deepEqual([undecided.answered, undecided.code], [422, "already_queued"]);
  const programsOf = (/** @type {any} */ { jobs }) =>
    jobs.map((/** @type {any} */ { programId, progress }) => [programId, progress.total]);
  const key = crypto.randomUUID();
  const skipped = await send("&skip=true", rows, key);
  assert.deepEqual([skipped.answered, programsOf(skipped)], [201, [[other, 2]]]);
  assert.deepEqual((await send("&skip=true", rows, key)).jobs[0].id, skipped.jobs[0].id);
  // All codes of the first program are in use by now: the others are sent again.
  answerWith(one, entries(codes, { usage_count: 1 }));
  const again = await send("&resend=true");
  assert.deepEqual([again.answered, programsOf(again)], [201, [[other, 2]]]);
  const none = await send("&resend=true", rows.slice(0, 5));
  assert.deepEqual([none.answered, none.code, none.programId], [422, "nothing_to_send", one]);
  assert.equal((await worker.json(`/api/programs/${one}/jobs`)).jobs.length, 1);
});

test("300,000 codes are compared within the memory of an isolate", async () => {
  const programId = crypto.randomUUID();
  const all = range(300_000);
  answerWith(programId, entries(all, { code_text: "RIDE-TEXT-OF-THE-CODE", usage_count: 0 }));
  const [id] = await worker.workerd();
  const resident = async () => {
    const status = await readFile(`/proc/${id}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  const before = await resident();
  const checked = await dryRun(programId, [...all.slice(0, 299_000), ...range(1_500, 900_000)]);
  assert.deepEqual(
    [checked.codes, checked.foreign, checked.firstForeign.length, checked.check.codes],
    [300_500, 1_500, 1_000, 300_000],
  );
  assert((await resident()) - before < ISOLATE);
});

test("the client for pages passes on what is allowed", async () => {
  const programId = crypto.randomUUID();
  answerWith(programId, entries(range(2)));
  const client = createWorkerClient({ baseUrl: worker.url, token: ADMIN_TOKEN });
  assert.equal((await client.check(programId, range(3))).foreign, 1);
  await assert.rejects(client.createJob(programId, range(3)), { code: "foreign_codes" });
  const job = await client.createJob(programId, range(3), { allowForeign: true, start: false });
  assert.equal(job.progress.total, 3);
});

test("a list that is older than a minute is read again, unless it is long", async () => {
  const [few, many] = [crypto.randomUUID(), crypto.randomUUID()];
  answerWith(few, entries(range(3)));
  answerWith(many, entries(range(5_001)));
  const later = await start({ entry: "limits-entry.mjs" });
  const check = async (/** @type {string} */ programId) => {
    const response = await later.createJob(programId, range(3), "?dryRun=true");
    assert.deepEqual([response.status, (await response.json()).foreign], [200, 0]);
  };
  for (const [aheadMs, readsOfFew, readsOfMany] of /** @type {[number, number, number][]} */ ([
    [0, 1, 1],
    [30_000, 1, 1],
    [90_000, 2, 1],
    [280_000, 3, 1],
    [320_000, 3, 2],
  ])) {
    await later.json("/_limits", { aheadMs });
    await check(few);
    await check(many);
    const found = [reads.get(few), reads.get(many)];
    assert.deepEqual(found, [readsOfFew, readsOfMany], `after ${aheadMs} ms`);
  }
  await later.kill();
});
