/** The audit trail, the overview, and the search for jobs. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { newsOf } from "../../build/js/worker/account/notices.js";
import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { operators } from "./operators.mjs";
import { eventually, sendWebhook } from "./storage.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {Awaited<ReturnType<typeof operators>>} */
let people;

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  people = await operators();
  const options = { approval: { above: 8 } };
  worker = await startWorker({ uber: uber.url, bindings: people.bindings, options });
});
after(async () => {
  people.close();
  closeFronts();
  await cleanUp();
});

/** @param {string} method @param {string} path @param {unknown} [body] @param {string} [name] */
const ask = async (method, path, body, name = "") => {
  const response = await worker.request(path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { "Content-Type": "application/json", ...(name && people.headersOf(name)) },
  });
  return { answered: response.status, ...(await response.json()) };
};

/** @param {string} programId @param {readonly string[]} codes @param {string} [query] */
const create = async (programId, codes, query = "") =>
  (await worker.createJob(programId, codes, query)).json();

/** @param {string} query @returns {Promise<any[]>} */
const audit = async (query) => (await worker.json(`/api/audit?${query}`)).entries;

test("every decision is recorded with operator and reason", async () => {
  const { programId, codes } = await uber.createProgram(20);
  const job = await create(programId, codes.slice(0, 9), "?start=false&name=Spring");
  const path = `/api/programs/${programId}/jobs/${job.id}`;
  const [ada, grace] = ["ada@example.com", "grace@example.com"];
  await ask("POST", `${path}/approve`, { reason: "counted twice" }, grace);
  await ask("PATCH", path, { name: "Spring party", note: "for the Berlin office" }, ada);
  await ask("POST", `${path}/resume`, undefined, ada);
  await worker.until(programId, job.id, ({ status }) => status === "finished");
  const small = await create(programId, codes.slice(9, 12), "?startIn=3600");
  const other = `/api/programs/${programId}/jobs/${small.id}`;
  await ask("POST", `${other}/pause`, { reason: "one moment" }, ada);
  await ask("POST", `${other}/cancel`, { reason: "the wrong file" }, ada);

  const entries = await eventually(async () => {
    const found = await audit(`program=${programId}`);
    return found.length >= 7 && found;
  });
  assert.deepEqual(
    entries
      .map((/** @type {any} */ { action, by, reason, job: id }) => [action, by, reason, id])
      .toReversed(),
    [
      ["created", "admin", null, job.id],
      ["approved", grace, "counted twice", job.id],
      ["renamed", ada, null, job.id],
      ["resumed", ada, null, job.id],
      ["created", "admin", null, small.id],
      ["paused", ada, "one moment", small.id],
      ["cancelled", ada, "the wrong file", small.id],
    ],
  );
  assert.deepEqual(
    entries.map((/** @type {any} */ { codes: count }) => count),
    [3, 3, 3, 9, null, 9, 9],
  );
  assert.equal((await audit(`job=${small.id}&find=WRONG`)).length, 1);
  assert.deepEqual(await audit(`job=${small.id}&find=party`), []);

  // The same, page by page.
  const paged = [];
  for (let before = ""; ;) {
    const query = `program=${programId}&limit=2${before}`;
    const page = await worker.json(`/api/audit?${query}`);
    paged.push(...page.entries);
    if (page.next === null) break;
    before = `&before=${page.next}`;
  }
  assert.deepEqual(paged, entries);
  for (const query of ["before=x", "limit=0", "who=ada"]) {
    assert.equal((await worker.request(`/api/audit?${query}`)).status, 400, query);
  }
});

test("actions on all jobs are recorded too, and survive a restart", async () => {
  await ask("POST", "/api/pause", { paused: true, reason: "a deploy" }, "ada@example.com");
  await ask("POST", "/api/pause", { paused: false });
  const { state, port } = worker;
  await worker.kill();
  const options = { approval: { above: 8 } };
  worker = await startWorker({ uber: uber.url, state, port, bindings: people.bindings, options });
  const [resumed, paused] = await audit("limit=2");
  assert.deepEqual([resumed.action, resumed.by], ["all_resumed", "admin"]);
  assert.deepEqual(
    [paused.action, paused.by, paused.reason, paused.job],
    ["all_paused", "ada@example.com", "a deploy", null],
  );
});

test("jobs are found by name, note, source and ids, by status and by program", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const one = await create(programId, codes.slice(0, 2), "?start=false&source=Gäste.csv");
  assert.equal(one.name, "Gäste.csv");
  const two = await create(programId, codes.slice(2, 4), "?start=false&name=Second");
  await ask("PATCH", `/api/programs/${programId}/jobs/${two.id}`, { note: "Ask Müller first" });
  const find = async (/** @type {string} */ query) =>
    (await worker.json(`/api/jobs?program=${programId}&${query}`)).jobs.map(
      (/** @type {{ id: string }} */ { id }) => id,
    );
  assert.deepEqual(await find("find=GÄSTE"), [one.id]);
  assert.deepEqual(await find("find=müller"), [two.id]);
  assert.deepEqual(await find(`find=${one.id.slice(0, 8)}`), [one.id]);
  assert.deepEqual(await find("status=paused"), [two.id, one.id]);
  assert.deepEqual(await find("status=running"), []);
  assert.deepEqual(await find("find=nobody"), []);
  // A page knows the names of programs; the worker does not.
  assert.deepEqual(await find(`find=nobody&programs=${crypto.randomUUID()},${programId}`), [
    two.id,
    one.id,
  ]);
  const named = await audit(`find=nobody&programs=${programId}`);
  assert.ok(named.length >= 2 && named.every((entry) => entry.programId === programId));
  assert.deepEqual(await audit(`find=nobody&programs=${crypto.randomUUID()}`), []);
  const renamed = await ask("PATCH", `/api/programs/${programId}/jobs/${two.id}`, { note: "" });
  assert.deepEqual([renamed.name, renamed.note], ["Second", null]);
  for (const body of [{}, { name: 1 }, { name: "x".repeat(201) }, { title: "x" }]) {
    const refused = await ask("PATCH", `/api/programs/${programId}/jobs/${two.id}`, body);
    assert.deepEqual([refused.answered, refused.code], [400, "invalid_options"]);
  }
});

test("the overview shows what is under way, and what needs an operator", async () => {
  const { programId, codes } = await uber.createProgram(20);
  const waiting = await create(programId, codes.slice(0, 9));
  const later = await create(programId, codes.slice(9, 12), "?startIn=3600");
  const found = await worker.json("/api/overview");
  const ids = (/** @type {{ id: string }[]} */ jobs) => jobs.map(({ id }) => id);
  assert.ok(ids(found.unapproved).includes(waiting.id));
  assert.ok(ids(found.running).includes(later.id));
  assert.deepEqual([found.deciding, found.unreadEvents], [[], 0]);
});

test("`onEvent` is called once for each piece of news, and its failure has no effect", async () => {
  /** @type {any[]} */
  const told = [];
  const { url } = await startFront("", ({ body }) => {
    told.push(JSON.parse(body.toString()));
    // Its result is of no interest.
    return told.length % 2 === 0 ? { status: 500 } : "lost";
  });
  const notified = await startWorker({
    uber: uber.url,
    bindings: people.bindings,
    options: { approval: { above: 8 }, notify: url },
  });
  const { programId, codes } = await uber.createProgram(12);
  const { id } = await (await notified.createJob(programId, codes, "?name=June")).json();
  const asGrace = people.headersOf("grace@example.com");
  const path = `/api/programs/${programId}/jobs/${id}`;
  await notified.request(`${path}/approve`, { method: "POST", headers: asGrace });
  await notified.until(programId, id, ({ status }) => status === "finished");
  await eventually(() => told.length >= 3);
  await sendWebhook(notified.url, '{"event_type":"voucher_program_code_distributed","x":1}');
  await eventually(() => told.length >= 4);
  assert.deepEqual(
    told.map(({ type, path: at, job }) => [type, at, job?.name]),
    [
      ["approval_needed", `/programs/${programId}/jobs/${id}`, "June"],
      ["job_started", `/programs/${programId}/jobs/${id}`, "June"],
      ["job_finished", `/programs/${programId}/jobs/${id}`, "June"],
      ["event_unread", "/events/unread", undefined],
    ],
  );
  await notified.kill();
});

test("`onEvent` reports these changes of a job and no others", () => {
  /** @type {[string | undefined, string, string | undefined][]} */
  const cases = [
    [undefined, "running", "job_started"],
    ["scheduled", "running", "job_started"],
    ["paused", "running", undefined],
    ["running", "running", undefined],
    ["running", "halted", "job_halted"],
    ["halted", "halted", undefined],
    ["running", "undecided", "decision_needed"],
    [undefined, "unapproved", "approval_needed"],
    ["running", "finished", "job_finished"],
    ["undecided", "finished", "job_finished"],
    ["expired", "finished", undefined],
    ["finished", "expired", undefined],
    [undefined, "cancelled", undefined],
  ];
  for (const [before, after, news] of cases) {
    assert.equal(newsOf(/** @type {any} */ (before), /** @type {any} */ (after)), news);
  }
});
