/** An Idempotency-Key covers everything that decides what is sent, and nothing else. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeFronts, startFront } from "./front.mjs";
import { ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** The response to the next distribute call. @type {"lost" | number | undefined} */
let trouble;

before(async () => {
  uber = await startUber();
  const { url } = await startFront(uber.url, ({ program }) => {
    if (program === undefined || trouble === undefined) return undefined;
    const what = trouble;
    trouble = undefined;
    return what === "lost" ? "lost" : { status: what, body: "{}" };
  });
  worker = await startWorker({ uber: url, options: { allowDistributeAll: true } });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

const isFinished = (/** @type {any} */ job) => job.status === "finished";

/** @param {Response} response @param {...string} names */
async function reused(response, ...names) {
  const problem = await response.json();
  const where = JSON.stringify(problem);
  assert.deepEqual([response.status, problem.code], [422, "idempotency_key_reused"], where);
  for (const name of names) {
    assert.ok(problem.differs.includes(name), `${name} in ${where}`);
    assert.ok(problem.title.includes(`\`${name}\``), where);
  }
}

test("a key reused for a different request is refused, and the error names the difference", async () => {
  const { programId, codes } = await uber.createProgram(6);
  const other = await uber.createProgram(6);
  const key = crypto.randomUUID();
  const list = ["code_id,other", ...codes.slice(0, 3).map((code) => `${code},${code}`)];
  const { id } = await (await worker.createJob(programId, list, "", key)).json();
  await worker.until(programId, id, isFinished);
  for (const [query, name] of [
    ["resend=true", "resend"],
    ["skip=true", "skip"],
    ["valid=true", "valid"],
    ["batchSize=1", "batchSize"],
    ["start=false", "start"],
    ["column=other", "column"],
    [`all=true&confirm=${programId}`, "all"],
  ]) {
    const isAll = name === "all";
    const response = await worker.request(`/api/programs/${programId}/jobs?${query}`, {
      method: "POST",
      body: isAll ? "" : list.join("\n"),
      headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
    });
    await reused(response, name ?? "");
  }
  await reused(await worker.createJob(programId, codes, "", key), "codes");
  await reused(await worker.createJob(other.programId, list, "", key), "program");
  await reused(await worker.createJob(other.programId, other.codes, "", key), "program");
  // Parameters that decide nothing, and other spellings of the same value, make no difference.
  const again = await worker.createJob(programId, list, "?resend=no&start=1&source=again", key);
  assert.deepEqual([again.status, (await again.json()).id], [200, id]);
  const sent = await uber.deliveries(programId);
  assert.deepEqual([...sent.values()], [1, 1, 1]);
  assert.equal((await uber.deliveries(other.programId)).size, 0);
});

test("a job of every code, repeated with the same key, is the same job", async () => {
  const { programId, codes } = await uber.createProgram(5);
  const key = crypto.randomUUID();
  const ask = (query = "") =>
    worker.request(`/api/programs/${programId}/jobs?all=true&confirm=${programId}${query}`, {
      method: "POST",
      headers: { "Idempotency-Key": key },
    });
  const { id, progress } = await (await ask()).json();
  assert.equal(progress.total, codes.length);
  await worker.until(programId, id, isFinished);
  const again = await ask();
  assert.deepEqual([again.status, (await again.json()).id], [200, id]);
  await reused(await ask("&resend=true"), "resend");
  await reused(await worker.createJob(programId, codes, "", key), "all");
  assert.ok([...(await uber.deliveries(programId)).values()].every((count) => count === 1));
});

test("the key of an upload for several programs covers the same", async () => {
  const [one, other] = await Promise.all([uber.createProgram(3), uber.createProgram(3)]);
  const rows = (/** @type {typeof one[]} */ programs) => [
    "code_id,program_id,spare",
    ...programs.flatMap(({ programId, codes }) =>
      codes.map((code) => `${code},${programId},${programId}`),
    ),
  ];
  const key = crypto.randomUUID();
  const upload = (query = "", lines = rows([one])) =>
    worker.request(`/api/jobs${query}`, {
      method: "POST",
      body: lines.join("\n"),
      headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
    });
  const { jobs } = await (await upload()).json();
  await worker.until(one.programId, jobs[0].id, isFinished);
  for (const [query, name] of [
    ["?resend=true", "resend"],
    ["?skip=true", "skip"],
    ["?batchSize=1", "batchSize"],
    ["?start=false", "start"],
    ["?column=code_id", "column"],
    ["?programColumn=spare", "programColumn"],
  ]) {
    await reused(await upload(query), name ?? "");
  }
  await reused(await upload("", rows([one]).slice(0, -1)), "codes");
  await reused(await upload("", rows([one, other])), "programs", "codes");
  await reused(await worker.createJob(one.programId, one.codes, "", key), "route");
  assert.equal((await upload("?start=yes")).status, 200);
  assert.deepEqual([...(await uber.deliveries(one.programId)).values()], [1, 1, 1]);
  assert.equal((await uber.deliveries(other.programId)).size, 0);
});

test("Uber's own route respects a key: a queued call is not repeated, a failed one is", async () => {
  const { programId, codes } = await uber.createProgram(8);
  const key = crypto.randomUUID();
  /** @param {string[] | undefined} list @param {string} [query] @param {string} [of] */
  const call = (list, query = "", of = key) =>
    worker.request(
      `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute${query}`,
      {
        method: "POST",
        body: JSON.stringify({ codes: list }),
        headers: { "Content-Type": "application/json", "Idempotency-Key": of },
      },
    );
  const list = codes.slice(0, 2);
  assert.equal((await call(list)).status, 200);
  for (let time = 0; time < 3; time += 1) {
    const again = await call(list);
    assert.deepEqual([again.status, await again.json()], [200, { codes: 2 }]);
  }
  await reused(await call(list, "?resend=true"), "resend");
  await reused(await call(list, "?skip=true"), "skip");
  await reused(await call(codes.slice(0, 3)), "codes");
  await reused(await call(undefined), "all");
  await reused(await worker.createJob(programId, list, "", key), "route");
  // Uber refused: the same call, with the same key, tries again.
  const refused = crypto.randomUUID();
  trouble = 403;
  assert.equal((await call(codes.slice(2, 4), "", refused)).status, 403);
  assert.equal((await call(codes.slice(2, 4), "", refused)).status, 200);
  // The result is unknown: repeating the call does not send again, not even codes that may be
  // resent.
  const lost = crypto.randomUUID();
  trouble = "lost";
  assert.equal((await call(codes.slice(4, 6), "?resend=true", lost)).status, 502);
  const again = await call(codes.slice(4, 6), "?resend=true", lost);
  assert.deepEqual([again.status, (await again.json()).queued], [502, "unknown"]);
  const sent = await uber.deliveries(programId);
  assert.deepEqual(
    codes.map((code) => sent.get(code) ?? 0),
    [1, 1, 1, 1, 0, 0, 0, 0],
  );
});
