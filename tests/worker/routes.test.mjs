/** The worker's responses to operators, route by route. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  ADMIN_TOKEN,
  ORGANIZATION,
  cleanUp,
  startUber,
  startWorker,
  fetchOnce,
} from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "5"]);
  worker = await startWorker({ uber: uber.url, options: { allowDistributeAll: true } });
});
after(cleanUp);

const isFinished = (/** @type {any} */ job) => job.status === "finished";
const distributePath = (/** @type {string} */ programId) =>
  `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;

/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
function post(path, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return worker.request(path, {
    method: "POST",
    body: text,
    headers: { "Content-Type": "application/json", ...headers },
  });
}

/** @param {Response} response @param {number} status @param {string} code @returns {Promise<any>} */
async function refused(response, status, code) {
  const problem = /** @type {any} */ (await response.json());
  assert.deepEqual([response.status, problem.code], [status, code], JSON.stringify(problem));
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.ok(problem.title && problem.hint);
  assert.equal(problem.queued, "no");
  return problem;
}

test("the health route says only that the worker runs", async () => {
  const response = await fetchOnce(`${worker.url}/health`);
  assert.deepEqual(await response.json(), { status: "ok" });
});

test("the configuration shows the operator and the Uber environment", async () => {
  const config = await worker.json("/api/config");
  assert.equal(config.organizationId, ORGANIZATION);
  assert.equal(config.operator, "admin");
  assert.equal(config.hasSigningKey, true);
  assert.equal(config.host, new URL(uber.url).host);
});

test("a text becomes a job, is sent, and has a result for each code", async () => {
  const { programId, codes } = await uber.createProgram(120);
  const created = await worker.createJob(programId, codes, "?batchSize=50&source=spring.csv");
  const summary = await created.json();
  assert.equal(created.status, 201);
  assert.deepEqual(
    [summary.source, summary.by, summary.progress.total],
    ["spring.csv", "admin", 120],
  );
  const job = await worker.until(programId, summary.id, isFinished);
  assert.deepEqual([job.progress.queued, job.progress.requests, job.batches], [120, 3, 3]);
  const sent = await uber.deliveries(programId);
  assert.deepEqual(
    [...sent.values()],
    codes.map(() => 1),
  );

  const path = `/api/programs/${programId}/jobs/${summary.id}`;
  const page = await worker.json(`${path}/results?limit=50&state=queued`);
  assert.deepEqual(
    [page.rows.length, page.rows[0].code, page.rows[0].by],
    [50, codes[0], "answer"],
  );
  const rest = await worker.json(`${path}/results?limit=100&from=${page.next}`);
  assert.deepEqual([rest.rows.length, rest.next], [70, null]);
  const found = await worker.json(`${path}/results?find=${codes[7]?.slice(0, 13)}`);
  assert.deepEqual(
    found.rows.map((/** @type {any} */ row) => row.code),
    [codes[7]],
  );
  const csv = await (await worker.request(`${path}/results.csv`)).text();
  assert.equal(csv.trim().split("\r\n").length, 121);
  const journal = new Uint8Array(await (await worker.request(`${path}/journal`)).arrayBuffer());
  assert.ok(journal.length > 120 * 16);

  const known = await worker.json(`/api/programs/${programId}/codes`);
  assert.deepEqual(
    known.codes.map((/** @type {any} */ code) => [code.code, code.state, code.job]),
    codes.map((code) => [code, "queued", summary.id]),
  );
  const jobs = await worker.json(`/api/programs/${programId}/jobs`);
  assert.deepEqual(
    jobs.jobs.map((/** @type {any} */ { id }) => id),
    [summary.id],
  );
  const history = await worker.json("/api/jobs");
  assert.equal(history.jobs[0].id, summary.id);
  assert.equal(history.jobs[0].status, "finished");
  const { programs } = await worker.json("/api/programs");
  const program = programs.find((/** @type {any} */ { id }) => id === programId);
  assert.equal(program.lastJob.id, summary.id);
});

test("a repeated request returns the same job, and its key is for one list", async () => {
  const { programId, codes } = await uber.createProgram(10);
  const key = crypto.randomUUID();
  const first = await worker.createJob(programId, codes, "", key);
  const second = await worker.createJob(programId, codes, "", key);
  assert.deepEqual([first.status, second.status], [201, 200]);
  const { id } = await first.json();
  assert.equal((await second.json()).id, id);
  await refused(
    await worker.createJob(programId, codes.slice(1), "", key),
    422,
    "idempotency_key_reused",
  );
  const missing = post(`/api/programs/${programId}/jobs`, { codes });
  await refused(await missing, 400, "idempotency_key_required");
  await worker.until(programId, id, isFinished);
  assert.deepEqual(
    [...(await uber.deliveries(programId)).values()],
    codes.map(() => 1),
  );
});

test("codes that were sent before block a job, are skipped, or are sent again", async () => {
  const { programId, codes } = await uber.createProgram(30);
  const first = await (await worker.createJob(programId, codes.slice(0, 20))).json();
  await worker.until(programId, first.id, isFinished);
  const blocked = await refused(
    await worker.createJob(programId, codes.slice(10)),
    422,
    "already_queued",
  );
  assert.deepEqual([blocked.count, blocked.free, blocked.states], [10, 10, { queued: 10 }]);
  const [named] = blocked.codes;
  assert.deepEqual(named, { code: codes[10], state: "queued", job: first.id, used: false });
  const dry = await worker.request(`/api/programs/${programId}/jobs?dryRun=true`, {
    method: "POST",
    body: codes.slice(10).join("\n"),
  });
  const { codes: count, blocked: before } = await dry.json();
  assert.deepEqual([count, before.total], [20, 10]);
  const skipping = await (await worker.createJob(programId, codes.slice(10), "?skip=true")).json();
  assert.deepEqual([skipping.skipped, skipping.progress.total], [10, 10]);
  await worker.until(programId, skipping.id, isFinished);
  const again = await (await worker.createJob(programId, codes.slice(0, 5), "?resend=true")).json();
  assert.equal(again.resent, 5);
  await worker.until(programId, again.id, isFinished);
  const sent = await uber.deliveries(programId);
  assert.deepEqual(
    codes.map((code) => sent.get(code)),
    codes.map((_, index) => (index < 5 ? 2 : 1)),
  );
});

test("rows that are not codes are refused with line and reason, or left out on request", async () => {
  const { programId, codes } = await uber.createProgram(3);
  const lines = [codes[0] ?? "", "SUMMER-2026", codes[1] ?? "", codes[1] ?? ""];
  const problem = await refused(await worker.createJob(programId, lines), 422, "invalid_codes");
  assert.equal(problem.rejectedCount, 1);
  assert.deepEqual(
    [problem.issues[0].line, problem.issues[0].value, problem.issues[0].reason],
    [2, "SUMMER-2026", "not_a_uuid"],
  );
  const created = await (await worker.createJob(programId, lines, "?valid=true")).json();
  assert.deepEqual([created.progress.total, created.duplicates], [2, 1]);
  await refused(await worker.createJob(programId, []), 400, "empty_codes");
  await refused(await worker.createJob(programId, ["", "  "]), 400, "empty_codes");
});

test("an incomplete body sends nothing", async () => {
  const { programId, codes } = await uber.createProgram(5);
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(codes.join("\n")));
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.error(new Error("the tab was closed"));
    },
  });
  await assert.rejects(
    worker.request(`/api/programs/${programId}/jobs`, {
      method: "POST",
      body,
      headers: { "Idempotency-Key": crypto.randomUUID(), "Content-Type": "text/plain" },
      ...{ duplex: "half" },
    }),
  );
  const { jobs } = await worker.json(`/api/programs/${programId}/jobs`);
  assert.deepEqual(jobs, []);
  assert.equal((await uber.deliveries(programId)).size, 0);
});

test("a job of every code uses an explicit list, and has to be confirmed", async () => {
  const { programId, codes } = await uber.createProgram(40);
  const path = `/api/programs/${programId}/jobs?all=true`;
  const key = { "Idempotency-Key": crypto.randomUUID() };
  await refused(await post(path, "", key), 400, "confirmation_required");
  await refused(await post(`${path}&confirm=yes`, "", key), 400, "confirmation_required");
  const created = await (await post(`${path}&confirm=${programId}`, "", key)).json();
  assert.equal(created.progress.total, codes.length);
  await worker.until(programId, created.id, isFinished);
  assert.deepEqual(
    [...(await uber.deliveries(programId)).values()],
    codes.map(() => 1),
  );
});

test("a job can be paused and resumed, and pending codes can be abandoned", async () => {
  const { programId, codes } = await uber.createProgram(200);
  const held = await (await worker.createJob(programId, codes, "?batchSize=10&start=false")).json();
  assert.equal(held.status, "paused");
  const path = `/api/programs/${programId}/jobs/${held.id}`;
  assert.equal((await worker.json(`${path}/resume`, {})).status, "running");
  const paused = await worker.json(`${path}/pause`, {});
  assert.equal(paused.status, "paused");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { progress } = await worker.json(path);
  assert.ok(progress.pending > 0, "It was paused too late to show anything");
  assert.equal((await uber.deliveries(programId)).size, progress.queued);
  await worker.json(`${path}/resolve`, { batch: 19, decision: "abandon" });
  await worker.json(`${path}/resume`, {});
  const end = await worker.until(programId, held.id, isFinished);
  assert.deepEqual([end.progress.queued, end.progress.abandoned], [190, 10]);
  // Nothing of the cancelled batch was sent, so its codes are free.
  const later = await (await worker.createJob(programId, codes.slice(190))).json();
  await worker.until(programId, later.id, isFinished);
  assert.deepEqual(
    [...(await uber.deliveries(programId)).values()],
    codes.map(() => 1),
  );
  await refused(
    await post(`${path}/resolve`, { batch: 0, decision: "resend" }),
    409,
    "not_unknown",
  );
});

test("everything can be paused and resumed", async () => {
  const { programId, codes } = await uber.createProgram(20);
  assert.equal((await worker.json("/api/pause", { paused: true })).paused, true);
  try {
    const created = await (await worker.createJob(programId, codes)).json();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const job = await worker.json(`/api/programs/${programId}/jobs/${created.id}`);
    assert.deepEqual(
      [job.status, job.pausedByEverything, job.progress.pending],
      ["running", true, 20],
    );
    const call = await post(distributePath(programId), { codes: codes.slice(0, 1) });
    await refused(call, 423, "paused");
    assert.equal((await uber.deliveries(programId)).size, 0);
    await worker.json("/api/pause", { paused: false });
    await worker.until(programId, created.id, isFinished);
  } finally {
    await worker.json("/api/pause", { paused: false });
  }
});

test("Uber's own paths serve a browser's client, through the same ledger", async () => {
  const { createClient } = await import("uber-vouchers");
  const { programId, codes } = await uber.createProgram(10);
  const client = createClient({
    organizationId: ORGANIZATION,
    auth: { accessToken: ADMIN_TOKEN },
    baseUrl: worker.url,
  });
  const programs = await client.searchPrograms();
  assert.ok(programs.some((program) => program.programId === programId));
  assert.deepEqual(
    (await client.listCodes(programId)).map(({ codeId }) => codeId),
    codes,
  );
  const receipt = await client.distribute(programId, codes.slice(0, 4));
  assert.deepEqual([receipt.codes, receipt.attempts], [4, 1]);
  await assert.rejects(client.distribute(programId, codes.slice(3)), {
    code: "rejected",
    status: 422,
    uberCode: "already_queued",
    queued: "no",
  });
  await refused(await post(distributePath(programId), { codes: [] }), 400, "empty_codes");
  await refused(await post(distributePath(programId), { codes: ["x"] }), 422, "invalid_codes");
  await refused(await post(distributePath(programId), "no json"), 400, "invalid_json");
  assert.deepEqual([...(await uber.deliveries(programId)).keys()], codes.slice(0, 4));
  await client.distributeAll(programId).then(
    () => assert.fail("Four of them were sent before"),
    (error) => assert.equal(error.uberCode, "already_queued"),
  );
});

test("a program that Uber does not know halts its job, and nothing is lost", async () => {
  const codes = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"];
  const refused = await worker.createJob("no-such-program", codes);
  assert.deepEqual([refused.status, (await refused.json()).code], [503, "codes_not_read"]);
  const created = await worker.createJob("no-such-program", codes, "?unchecked=true");
  const { id } = await created.json();
  const job = await worker.until("no-such-program", id, ({ status }) => status === "halted");
  assert.deepEqual(
    [job.error.code, job.error.queued, job.progress.pending],
    ["resource_not_found", "no", 1],
  );
});

test("a file for several programs starts its jobs only when all are created", async () => {
  const made = await Promise.all([uber.createProgram(20), uber.createProgram(30)]);
  const rows = made.flatMap(({ programId, codes }) => codes.map((code) => `${code},${programId}`));
  const body = ["code_id,program_id", ...rows].join("\n");
  const key = crypto.randomUUID();
  const upload = () =>
    worker.request("/api/jobs?source=all.csv", {
      method: "POST",
      body,
      headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
    });
  const response = await upload();
  const { group, jobs } = await response.json();
  assert.deepEqual([response.status, group, jobs.length], [201, key, 2]);
  for (const { programId, id } of jobs) await worker.until(programId, id, isFinished);
  const again = await upload();
  assert.equal(again.status, 200);
  assert.deepEqual(
    (await again.json()).jobs.map((/** @type {any} */ { id }) => id).sort(),
    jobs.map((/** @type {any} */ { id }) => id).sort(),
  );
  for (const { programId, codes } of made) {
    assert.deepEqual(
      [...(await uber.deliveries(programId)).values()],
      codes.map(() => 1),
    );
  }
});

test("unknown routes and methods are refused", async () => {
  const { programId } = await uber.createProgram(1);
  await refused(await worker.request("/api/nothing"), 404, "not_found");
  await refused(
    await worker.request(`/api/programs/${programId}/jobs/${crypto.randomUUID()}`),
    404,
    "not_found",
  );
  const wrong = await worker.request(`/api/programs/${programId}/codes`, { method: "DELETE" });
  await refused(wrong, 405, "method_not_allowed");
  assert.equal(wrong.headers.get("Allow"), "GET");
});
