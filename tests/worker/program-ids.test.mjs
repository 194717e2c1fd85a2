/** An id that looks like another one gets no ledger of its own: its codes would be sent again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createClient } from "uber-vouchers";

import { ADMIN_TOKEN, ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

const NAME = "caf\u00e9-9";
const doubles = (/** @type {string} */ id) => [
  `${id}\u200b`,
  `\ufeff${id}`,
  `${id.slice(0, 4)}\u00ad${id.slice(4)}`,
  `${id.slice(0, 4)}\u2060${id.slice(4)}`,
  `${id}.`,
  `${id}..`,
  `${id}\u00a0`,
  `${id} `,
  ` ${id}`,
  `${id}\ufe0f`,
  `\u202e${id}`,
];

test("an id that looks like another one gets no separate ledger", async () => {
  for (const id of [crypto.randomUUID(), NAME]) {
    const { codes } = await uber.createProgram(2, id);
    const { id: job } = await (await worker.createJob(id, codes)).json();
    await worker.until(id, job, ({ status }) => status === "finished");
    const forms = [...doubles(id), ...(id === NAME ? [id.normalize("NFD")] : [])];
    for (const double of forms) {
      const where = JSON.stringify(double);
      const created = await worker.createJob(double, codes);
      const { code } = await created.json();
      assert.deepEqual([created.status, code], [404, "invalid_program_id"], where);
      const group = await worker.request("/api/jobs", {
        method: "POST",
        body: `code_id,program_id\n${codes[0]},"${double}"`,
        headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
      });
      const problem = await group.json();
      // White space around a cell does not belong to its content, so it may be the same program.
      const reason = problem.issues?.[0]?.reason ?? problem.code;
      assert.equal(group.status, 422, where);
      assert.ok(["invalid_program_id", "already_queued"].includes(reason), `${where} ${reason}`);
      const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${encodeURIComponent(double)}`;
      const call = await worker.request(`${path}/codes/distribute`, {
        method: "POST",
        body: JSON.stringify({ codes }),
        headers: { "Content-Type": "application/json" },
      });
      assert.deepEqual([call.status, (await call.json()).code], [404, "invalid_program_id"], where);
      const client = createClient({
        organizationId: ORGANIZATION,
        auth: { accessToken: ADMIN_TOKEN },
        baseUrl: uber.url,
      });
      await assert.rejects(client.distribute(double, codes), { code: "invalid_program_id" }, where);
    }
    assert.deepEqual([...(await uber.deliveries(id)).values()], [1, 1]);
  }
});

test("a program is stored under one spelling of its id", async () => {
  const id = "ABCDEF01-2345-4789-ABCD-EF0123456789";
  const { codes } = await uber.createProgram(2, id.toLowerCase());
  const { id: job, programId } = await (await worker.createJob(id, codes.slice(0, 1))).json();
  assert.equal(programId, id.toLowerCase());
  await worker.until(id, job, ({ status }) => status === "finished");
  const { programs } = await worker.json("/api/programs");
  const found = programs.find((/** @type {any} */ program) => program.id === id.toLowerCase());
  assert.equal(found.lastJob.id, job);
  const { jobs } = await worker.json("/api/jobs");
  assert.equal(jobs[0].programId, id.toLowerCase());
  // In one file, it is one program with two spellings.
  const body = `code_id,program_id\n${codes[0]},${id}\n${codes[1]},${id.toLowerCase()}`;
  const twice = await worker.request("/api/jobs", {
    method: "POST",
    body,
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
  });
  assert.deepEqual([twice.status, (await twice.json()).code], [422, "invalid_program_id"]);
});
