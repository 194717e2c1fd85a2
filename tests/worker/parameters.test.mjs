/** The parameters of each route are a closed list, so that a typing error sends nothing. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { LIMITS } from "uber-vouchers/worker-client";

import { ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url, options: { allowDistributeAll: true } });
});
after(cleanUp);

const TRUE = ["true", "TRUE", "1", "yes", "on"];
const FALSE = ["false", "False", "0", "no", "off"];
const NEITHER = ["", "2", "tru", "null", "y", " true", "true,false"];

/** @param {string} path @param {string} body @param {Record<string, string>} [headers] */
const post = (path, body, headers = {}) =>
  worker.request(path, {
    method: "POST",
    body,
    headers: {
      "Content-Type": "text/csv",
      "Idempotency-Key": crypto.randomUUID(),
      ...headers,
    },
  });

/** @param {{ programId: string, codes: string[] }} program */
const csvOf = ({ programId, codes }) =>
  ["code_id,program_id", ...codes.map((code) => `${code},${programId}`)].join("\n");

/** Long enough for a job that was created by mistake to have sent. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1_000));

/** @param {{ programId: string }} program */
async function nothingOf({ programId }) {
  assert.deepEqual((await worker.json(`/api/programs/${programId}/jobs`)).jobs, []);
  assert.equal((await uber.deliveries(programId)).size, 0);
}

test("every spelling of `dryRun=true` creates nothing, and other values are refused", async () => {
  const program = await uber.createProgram(3);
  const routes = [
    { path: `/api/programs/${program.programId}/jobs`, body: program.codes.join("\n") },
    { path: "/api/jobs", body: csvOf(program) },
    {
      path: `/api/programs/${program.programId}/jobs`,
      body: "",
      more: `&all=true&confirm=${program.programId}`,
    },
  ];
  for (const { path, body, more = "" } of routes) {
    for (const value of TRUE) {
      const response = await post(`${path}?dryRun=${value}${more}`, body);
      const { codes, blocked } = await response.json();
      assert.deepEqual([response.status, codes, blocked.total], [200, 3, 0], `${path} ${value}`);
    }
    for (const value of NEITHER) {
      const reply = await post(`${path}?dryRun=${encodeURIComponent(value)}${more}`, body);
      const { code, title } = await reply.json();
      assert.deepEqual([reply.status, code], [400, "invalid_options"], `${path} ${value}`);
      assert.match(title, /`dryRun` must be true or false/);
    }
    for (const name of ["dryrun", "dry_run", "DryRun", "dry-run", "dryRunn", "preview"]) {
      const result = await post(`${path}?${name}=true${more}`, body);
      const { code, title, nearest } = await result.json();
      assert.deepEqual([result.status, code], [400, "invalid_options"], `${path} ${name}`);
      assert.ok(title.includes(`\`${name}\``), title);
      if (name !== "preview") assert.equal(nearest, "dryRun");
    }
    const twice = await post(`${path}?dryRun=true&dryRun=false${more}`, body);
    assert.equal(twice.status, 400);
  }
  await settled();
  await nothingOf(program);
});

test("every spelling of `start=false` keeps a job from starting", async () => {
  for (const value of FALSE) {
    const program = await uber.createProgram(2);
    const several = await uber.createProgram(2);
    const one = await post(
      `/api/programs/${program.programId}/jobs?start=${value}`,
      program.codes.join("\n"),
    );
    assert.deepEqual([one.status, (await one.json()).status], [201, "paused"], value);
    const group = await post(`/api/jobs?start=${value}`, csvOf(several));
    assert.equal((await group.json()).jobs[0].status, "paused", value);
    await settled();
    for (const { programId } of [program, several]) {
      assert.equal((await uber.deliveries(programId)).size, 0, value);
    }
  }
  const program = await uber.createProgram(2);
  for (const query of [
    ...NEITHER.map((value) => `start=${encodeURIComponent(value)}`),
    "Start=0",
  ]) {
    const path = `/api/programs/${program.programId}/jobs?${query}`;
    assert.equal((await post(path, program.codes.join("\n"))).status, 400, query);
  }
  await nothingOf(program);
});

test("every route refuses unknown parameters, and names the nearest known one", async () => {
  const { programId, codes } = await uber.createProgram(2);
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const program = `/api/programs/${programId}`;
  const ubers = `/v1/organizations/${ORGANIZATION}/voucher-programs`;
  const json = { "Content-Type": "application/json" };
  const calls = [
    ["GET", "/api/session", "summary"],
    ["GET", "/api/config", "summary"],
    ["GET", "/api/programs", "limits", "limit"],
    ["GET", "/api/jobs", "befor", "before"],
    ["GET", "/api/events", "programId", "program"],
    ["GET", "/api/events/1", "raw"],
    ["POST", "/api/events/reread", "unread"],
    ["POST", "/api/events/1/dismiss", "unread"],
    ["GET", `${program}/codes`, "Summary", "summary"],
    ["GET", `${program}/jobs`, "limit"],
    ["GET", `${program}/jobs/${id}`, "limit"],
    ["GET", `${program}/jobs/${id}/results`, "status", "state"],
    ["GET", `${program}/jobs/${id}/results.csv`, "state"],
    ["GET", `${program}/jobs/${id}/journal`, "state"],
    ["GET", `${program}/jobs/${id}/live`, "token"],
    ["POST", `${program}/jobs/${id}/pause`, "all"],
    ["POST", `${program}/jobs/${id}/resume`, "all"],
    ["POST", `${program}/jobs/${id}/resolve`, "batch"],
    ["POST", `${program}/jobs`, "batch_size", "batchSize"],
    ["POST", "/api/jobs", "program_column", "programColumn"],
    ["POST", "/api/pause", "paused"],
    ["GET", `${ubers}/${programId}/codes`, "includeUsage", "include_usage"],
    ["POST", `${ubers}/search`, "limit"],
    ["POST", `${ubers}/${programId}/codes/distribute`, "re-send", "resend"],
  ];
  for (const [method = "", path = "", name = "", nearest] of calls) {
    const body = method === "POST" ? { body: "{}" } : {};
    const headers = { ...json, "Idempotency-Key": crypto.randomUUID() };
    const response = await worker.request(`${path}?${name}=true`, { method, headers, ...body });
    const problem = await response.json();
    const where = `${method} ${path}?${name}: ${JSON.stringify(problem)}`;
    assert.deepEqual([response.status, problem.code], [400, "invalid_options"], where);
    assert.ok(problem.title.includes(`\`${name}\``), where);
    assert.equal(problem.nearest, nearest, where);
  }
  assert.equal((await uber.deliveries(programId)).size, 0);
});

test("a value that is not a number, or out of range, is refused with the allowed range", async () => {
  const { programId, codes } = await uber.createProgram(1);
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const results = `/api/programs/${programId}/jobs/${id}/results`;
  const wrong = ["", "-1", "1.5", "1e2", "NaN", "x", "0x10", " 1", "9".repeat(40)];
  for (const path of [
    "/api/events?limit",
    "/api/events?before",
    "/api/jobs?limit",
    "/api/jobs?before",
    "/api/programs?offset",
    `${results}?from`,
  ]) {
    for (const value of wrong) {
      const response = await worker.request(`${path}=${encodeURIComponent(value)}`);
      const problem = await response.json();
      assert.deepEqual(
        [response.status, problem.code],
        [400, "invalid_options"],
        `${path}=${value}`,
      );
      assert.match(problem.title, /must be a whole number from \d+ to \d+/);
    }
  }
  for (const query of ["limit=0", "limit=201"]) {
    assert.equal((await worker.request(`/api/jobs?${query}`)).status, 400, query);
  }
  for (const query of ["batchSize=0", "batchSize=30001", "batchSize=1e2", "batchSize="]) {
    const reply = await worker.createJob(programId, codes, `?resend=true&${query}`);
    assert.equal(reply.status, 400, query);
  }
});

test("unknown members of a JSON body are refused too", async () => {
  const { programId, codes } = await uber.createProgram(4);
  const path = `/api/programs/${programId}`;
  const { id } = await (await worker.createJob(programId, codes, "?start=false")).json();
  const call = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const json = { "Content-Type": "application/json" };
  for (const [at, body] of /** @type {[string, unknown][]} */ ([
    [`${path}/jobs`, { codes, dryRun: true }],
    [`${path}/jobs`, { codes, Resend: true }],
    [`${path}/jobs`, { codes, resend: "true" }],
    [`${path}/jobs`, { codes, skip: 1 }],
    [`${path}/jobs`, { codes, skip: true, resend: true }],
    [`${path}/jobs?skip=false`, { codes, skip: true }],
    [`${path}/jobs?skip=true`, { codes, resend: true }],
    [`${path}/jobs/${id}/resolve`, { batch: 0, decision: "abandon", all: true }],
    [`${path}/jobs/${id}/resolve`, { batch: "0", decision: "abandon" }],
    [`${path}/jobs/${id}/resolve`, { batch: 0, decision: "Abandon" }],
    [`${path}/jobs/${id}/resume`, { batch: 0 }],
    [`${path}/jobs/${id}/pause`, [1]],
    ["/api/events/reread", { program: programId }],
    ["/api/events/reread", { unread: "true" }],
    ["/api/events/reread", { programId: ".." }],
    ["/api/events/1/dismiss", { unread: true }],
    ["/api/pause", { paused: true, programs: [] }],
    ["/api/pause", { paused: "true" }],
    // A list under a wrong name is not a list, and does not mean all codes.
    [call, { code: codes }],
    [call, { Codes: codes }],
    [call, { codes: null }],
    [call, { codes: {} }],
    [call, null],
    [call, "codes"],
    [call, 1],
    [`${path}/jobs?all=true&confirm=${programId}`, { codes: codes.slice(0, 1) }],
    [`${path}/jobs?confirm=${programId}`, { codes }],
  ])) {
    const response = await post(at, JSON.stringify(body), json);
    assert.equal(response.status, 400, `${at} ${JSON.stringify(body)}: ${await response.text()}`);
  }
  for (const body of ["", "{", "[]x"]) {
    assert.equal((await post(call, body, json)).status, 400, body);
  }
  const job = await worker.json(`${path}/jobs/${id}`);
  assert.deepEqual([job.status, job.progress.pending], ["paused", 4]);
  await settled();
  assert.equal((await uber.deliveries(programId)).size, 0);
});

test("a dry run of a file for several programs says what each job would send", async () => {
  const [one, other] = await Promise.all([uber.createProgram(4), uber.createProgram(3)]);
  const sent = await (await worker.createJob(one.programId, one.codes.slice(0, 2))).json();
  await worker.until(one.programId, sent.id, ({ status }) => status === "finished");
  const body = [csvOf(one), ...csvOf(other).split("\n").slice(1), `x,${other.programId}`].join(
    "\n",
  );
  const response = await worker.request("/api/jobs?dryRun=true", { method: "POST", body });
  const found = await response.json();
  assert.deepEqual([response.status, found.codes, found.rejectedCount], [200, 7, 1]);
  assert.deepEqual(found.blocked, { total: 2, queued: 2 });
  assert.equal(found.firstBlocked[0].job, sent.id);
  const checked = found.programs.map((/** @type {any} */ program) => {
    assert.equal(program.check.error, null);
    const { programId, codes, duplicates, rejectedCount, blocked, blockedUsed } = program;
    const { foreign, cancelled, used, failedBefore } = program;
    const left = { foreign, cancelled, used, failedBefore };
    return { ...left, programId, codes, duplicates, rejectedCount, blocked, blockedUsed };
  });
  const fine = { foreign: 0, cancelled: 0, used: 0, failedBefore: 0 };
  assert.deepEqual(checked, [
    {
      ...fine,
      programId: one.programId,
      codes: 4,
      duplicates: 0,
      rejectedCount: 0,
      blocked: { total: 2, queued: 2 },
      blockedUsed: 0,
    },
    {
      ...fine,
      programId: other.programId,
      codes: 3,
      duplicates: 0,
      rejectedCount: 1,
      blocked: { total: 0 },
      blockedUsed: 0,
    },
  ]);
  await nothingOf(other);
});

test("a name is checked in the same way when a job is created and when it is renamed", async () => {
  const { nameCharacters } = LIMITS;
  const program = await uber.createProgram(2);
  const jobs = `/api/programs/${program.programId}/jobs`;
  const named = (
    /** @type {string} */ path,
    /** @type {string} */ body,
    /** @type {string} */ name,
  ) => post(`${path}?start=false&name=${encodeURIComponent(name)}`, body);
  for (const [path, body] of /** @type {[string, string][]} */ ([
    [jobs, program.codes.join("\n")],
    ["/api/jobs", csvOf(program)],
  ])) {
    const refused = await named(path, body, "x".repeat(nameCharacters + 1));
    const { code, title } = await refused.json();
    assert.deepEqual(
      [refused.status, code, title],
      [400, "invalid_options", `\`name\` must be text of at most ${nameCharacters} characters`],
    );
  }
  await nothingOf(program);
  const longest = "x".repeat(nameCharacters);
  const job = await (await named(jobs, program.codes.join("\n"), longest)).json();
  assert.equal(job.name, longest);
  const rename = (/** @type {string} */ name) =>
    worker.request(`${jobs}/${job.id}`, {
      method: "PATCH",
      body: JSON.stringify({ name }),
      headers: { "Content-Type": "application/json" },
    });
  const refused = await rename(`${longest}x`);
  assert.equal(
    (await refused.json()).title,
    `\`name\` must be text of at most ${nameCharacters} characters`,
  );
  assert.equal((await (await rename("  Spring ")).json()).name, "Spring");

  const other = await uber.createProgram(1);
  const created = await post(
    `/api/programs/${other.programId}/jobs?start=false&name=%20Spring%20`,
    other.codes.join("\n"),
  );
  assert.equal((await created.json()).name, "Spring");
});
