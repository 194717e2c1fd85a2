/** Lists that are read page by page: nothing is missing, nothing occurs twice. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

test("all programs are found, page by page", async () => {
  const made = await Promise.all(Array.from({ length: 205 }, () => uber.createProgram(1)));
  /** @type {string[]} */
  const found = [];
  let pages = 0;
  for (let next = 0; next !== null; pages += 1) {
    const page = await worker.json(`/api/programs?offset=${next}`);
    found.push(...page.programs.map((/** @type {any} */ { id }) => id));
    ({ next } = page);
  }
  assert.deepEqual([pages, found.length], [3, 205]);
  assert.deepEqual(new Set(found), new Set(made.map(({ programId }) => programId)));
});

test("the history has all jobs that were created at the same moment", async () => {
  const programs = await Promise.all(Array.from({ length: 40 }, () => uber.createProgram(1)));
  const rows = programs.map(({ programId, codes }) => `${codes[0]},${programId}`);
  const response = await worker.request(`/api/jobs?start=false&source=at+${Date.now()}`, {
    method: "POST",
    body: ["code_id,program_id", ...rows].join("\n"),
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
  });
  const { jobs: created } = await response.json();
  const { jobs: all } = await worker.json("/api/jobs?limit=200");
  assert.equal(new Set(all.map((/** @type {any} */ { createdAt }) => createdAt)).size, 1);
  for (const limit of [1, 7, 40]) {
    /** @type {string[]} */
    const found = [];
    for (let query = ""; ;) {
      const { jobs } = await worker.json(`/api/jobs?limit=${limit}${query}`);
      if (jobs.length === 0) break;
      found.push(...jobs.map((/** @type {any} */ { id }) => id));
      const { createdAt, id } = jobs.at(-1);
      query = `&before=${createdAt}&beforeId=${id}`;
    }
    assert.equal(found.length, created.length, `${limit}`);
    assert.deepEqual(
      new Set(found),
      new Set(created.map((/** @type {any} */ { id }) => id)),
      `${limit}`,
    );
  }
});
