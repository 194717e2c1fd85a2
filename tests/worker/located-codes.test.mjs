/** In which jobs a code is: of all programs with jobs, however many jobs came since. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "1-3", "--failure-rate", "0"]);
  worker = await startWorker({
    uber: uber.url,
    entry: "limits-entry.mjs",
    options: { requestsPerSecond: 90, reconcile: false },
  });
});
after(cleanUp);

/** @param {string} find */
const locate = (find) => worker.json(`/api/codes?find=${find}`);

/** @param {string} programId @param {readonly string[]} codes @param {string} [query] */
const create = async (programId, codes, query = "?start=false") =>
  (await worker.createJob(programId, codes, query)).json();

test("a code is found in the oldest of many jobs, by its id or how that begins", async () => {
  const { programId, codes } = await uber.createProgram(60);
  const [first = "", second = "", ...others] = codes;
  const oldest = await create(programId, [first, second]);
  for (const code of others) await create(programId, [code]);
  for (const find of [first, first.toUpperCase(), first.slice(0, 13), first.slice(0, 9)]) {
    const found = await locate(find);
    assert.deepEqual(found.codes, [{ code: first, programId, job: oldest.id, state: "pending" }]);
    assert.deepEqual([found.programs, found.missed], [1, 0]);
  }
  await worker.json(`/api/programs/${programId}/jobs/${oldest.id}/resume`, {});
  await worker.until(programId, oldest.id, ({ progress }) => progress.pending === 0);
  const [sent] = (await locate(second)).codes;
  assert.ok(["queued", "distributed"].includes(sent.state), sent.state);
  const again = await create(programId, [first], "?start=false&resend=true&unchecked=true");
  if (again.id === undefined) return assert.equal(again.code, "reports_arriving");
  const jobs = (await locate(first)).codes.map((/** @type {{ job: string }} */ { job }) => job);
  assert.deepEqual(jobs, [again.id, oldest.id], "the newest first");
});

test("what is no beginning of an id is refused, and an unknown code is nowhere", async () => {
  for (const find of ["", "1234567", "12345678-12-", "ada@example.com", "123456789-"]) {
    const response = await worker.request(`/api/codes?find=${encodeURIComponent(find)}`);
    assert.deepEqual(
      [response.status, (await response.json()).code],
      [400, "invalid_options"],
      find,
    );
  }
  assert.deepEqual((await locate(crypto.randomUUID())).codes, []);
});

test("120 programs are asked within the free plan, and those that can't be asked are counted", async () => {
  const programs = [];
  while (programs.length < 120) programs.push(await uber.createProgram(1));
  const result = await raw(worker.url, "/api/jobs?start=false", {
    method: "POST",
    body: ["program_id,code_id", ...programs.map((one) => `${one.programId},${one.codes[0]}`)].join(
      "\n",
    ),
    headers: {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      "Content-Type": "text/csv",
      "Idempotency-Key": crypto.randomUUID(),
    },
  });
  assert.equal(result.status, 201, result.text);
  await worker.json("/_limits", { outside: 50, inside: 1_000, inAll: 50 });
  for (const { programId, codes } of programs.slice(59, 62)) {
    const found = await locate(codes[0] ?? "");
    assert.deepEqual(
      found.codes.map((/** @type {{ programId: string }} */ { programId }) => programId),
      [programId],
    );
    assert.deepEqual([found.programs, found.missed], [121, 0]);
  }
  assert.equal((await worker.json("/_limits")).refused, 0);
  await worker.json("/_limits", { refuse: { program: ["sql"], app: [] } });
  const found = await locate(programs[0]?.codes[0] ?? "");
  assert.deepEqual([found.codes, found.programs, found.missed], [[], 0, 121]);
});
