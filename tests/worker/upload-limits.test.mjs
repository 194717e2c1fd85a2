/**
 * Uploads that are too large are refused while they are read, and not after all of it was parsed.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const MEGABYTE = 1024 * 1024;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
  await worker.json("/api/programs");
});
after(cleanUp);

/** The most memory that workerd has used. */
async function peak() {
  const [id] = await worker.workerd();
  const status = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** @param {string} path @param {string} body @param {string} [type] */
const post = (path, body, type = "application/json") =>
  raw(worker.url, path, {
    method: "POST",
    body,
    headers: {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      "Content-Type": type,
      "Idempotency-Key": randomUUID(),
    },
  });

test("a million programs are refused at the first chunk with too many", async (t) => {
  const rows = Array.from({ length: 1_000_000 }, (_, at) => {
    const number = at.toString(16).padStart(12, "0");
    return `00000000-0000-4000-8000-${number},p-${number}`;
  });
  for (const query of ["", "?dryRun=true", "?programColumn=other"]) {
    const header = query.includes("other") ? "code_id,other" : "code_id,program_id";
    const before = await peak();
    const result = await post(`/api/jobs${query}`, [header, ...rows].join("\n"), "text/csv");
    assert.deepEqual([result.status, result.json.code], [422, "too_many_programs"], query);
    const growth = (await peak()) - before;
    t.diagnostic(`${growth / MEGABYTE} MB more memory`);
    assert.ok(growth < 64 * MEGABYTE, `${growth} bytes`);
  }
});

test("a thousand programs are accepted, and one more is refused", async () => {
  const csv = (/** @type {number} */ count) =>
    [
      "code_id,program_id",
      ...Array.from({ length: count }, (_, at) => `${randomUUID()},p-${at}`),
    ].join("\n");
  const most = await post("/api/jobs?dryRun=true", csv(1_000), "text/csv");
  assert.deepEqual([most.status, most.json?.programs?.length], [200, 1_000]);
  const more = await post("/api/jobs?dryRun=true", csv(1_001), "text/csv");
  assert.deepEqual([more.status, more.json.code], [422, "too_many_programs"]);
});

test("JSON is limited in size, depth and parts", async (t) => {
  const { programId, codes } = await uber.createProgram(1);
  const jobs = `/api/programs/${programId}/jobs`;
  const call = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const before = await peak();
  for (const path of [jobs, call]) {
    for (const [body, status] of /** @type {[string, number][]} */ ([
      [`{"codes":[${'"x",'.repeat(1_900_000)}"x"]}`, 413],
      [`{"codes":[${"[],".repeat(600_000)}[]]}`, 400],
      [`{"codes":[${"{},".repeat(600_000)}{}]}`, 400],
      [`{"codes":[${'{"a":[1]},'.repeat(2_000)}"x"]}`, 400],
      [`{"codes":${"[".repeat(900_000)}`, 400],
      [`{"codes":${"[".repeat(9)}${"]".repeat(9)}}`, 400],
      [`${'{"codes":'.repeat(200_000)}`, 400],
      [`{"codes":["${"[{".repeat(1_000)}\\""]}`, 422],
    ])) {
      const result = await post(path, body);
      assert.equal(result.status, status, `${path} ${body.slice(0, 30)} ${result.text}`);
    }
  }
  const growth = (await peak()) - before;
  t.diagnostic(`${growth / MEGABYTE} MB more memory`);
  assert.ok(growth < 64 * MEGABYTE, `${growth} bytes`);
  assert.equal((await post(`${jobs}?dryRun=true`, JSON.stringify({ codes }))).status, 200);
  const most = Array.from({ length: 30_000 }, () => randomUUID());
  const fits = await post(`${jobs}?dryRun=true`, JSON.stringify({ codes: most }, null, 2));
  assert.deepEqual([fits.status, fits.json.codes], [200, 30_000]);
  assert.equal((await uber.deliveries(programId)).size, 0);
});
