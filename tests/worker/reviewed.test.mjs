/**
 * A decision is valid only for what was known when it was made: if reports or another operator have
 * changed that since the dry run, the job is refused, and nobody gets a second message without a
 * decision.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { eventOf, sendWebhook } from "./storage.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--failure-rate", "0"]);
  worker = await startWorker({ uber: uber.url, options: { settleMinutes: 0 } });
});
after(cleanUp);

/** @param {string} path @param {string} body @param {string} [key] */
async function post(path, body, key = crypto.randomUUID()) {
  const response = await worker.request(path, {
    method: "POST",
    body,
    headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
  });
  return { ...(await response.json()), answered: response.status };
}

/** @typedef {{ programId: string, codes: string[] }} Program */
const jobsOf = (/** @type {Program} */ { programId }) => `/api/programs/${programId}/jobs`;
const csvOf = (/** @type {Program[]} */ ...programs) =>
  [
    "program_id,code_id",
    ...programs.flatMap(({ programId, codes }) => codes.map((code) => `${programId},${code}`)),
  ].join("\n");

/** How often each code was sent. @param {Program} program */
async function timesOf({ programId, codes }) {
  const sent = await uber.deliveries(programId);
  return codes.map((code) => sent.get(code) ?? 0);
}

test("another operator sends some of the codes after the review: sending them again is refused", async () => {
  const program = await uber.createProgram(5);
  const [first = "", ...others] = program.codes;
  const earlier = await post(jobsOf(program), first);
  await worker.until(program.programId, earlier.id, ({ status }) => status === "finished");
  const list = program.codes.join("\n");
  const review = await post(`${jobsOf(program)}?dryRun=true`, list);
  assert.equal(review.blocked.total, 1);

  const theirs = await post(jobsOf(program), others.join("\n"));
  await worker.until(program.programId, theirs.id, ({ status }) => status === "finished");

  const refused = await post(`${jobsOf(program)}?resend=true&reviewed=${review.digest}`, list);
  assert.equal(refused.answered, 409);
  assert.equal(refused.code, "changed_since_review");
  assert.deepEqual(await timesOf(program), [1, 1, 1, 1, 1]);

  const again = await post(`${jobsOf(program)}?dryRun=true`, list);
  assert.equal(again.blocked.total, 5);
  assert.equal(again.digest, refused.digest);
  const reversed = await post(
    `${jobsOf(program)}?dryRun=true`,
    program.codes.toReversed().join("\n"),
  );
  assert.equal(reversed.digest, again.digest, "a page may send another code first");
  const job = await post(`${jobsOf(program)}?resend=true&reviewed=${again.digest}`, list);
  assert.equal(job.answered, 201);
  await worker.until(program.programId, job.id, ({ status }) => status === "finished");
  assert.deepEqual(await timesOf(program), [2, 2, 2, 2, 2]);
});

test("the digest is that of the codes, whoever asks and however often", async () => {
  const program = await uber.createProgram(3);
  const list = program.codes.join("\n");
  const [one, other] = [
    await post(`${jobsOf(program)}?dryRun=true`, list),
    await post(
      `${jobsOf({ ...program, programId: program.programId.toUpperCase() })}?dryRun=true`,
      list,
    ),
  ];
  assert.match(one.digest, /^[0-9a-f]{16}$/);
  assert.equal(one.digest, other.digest);
  const fewer = await post(`${jobsOf(program)}?dryRun=true`, program.codes.slice(1).join("\n"));
  assert.notEqual(fewer.digest, one.digest);
  const path = `${jobsOf(program)}?reviewed=${fewer.digest}`;
  assert.equal((await post(path, list)).code, "changed_since_review");
});

test("a repeated request gives its job, although the job itself has changed what is known", async () => {
  const program = await uber.createProgram(2);
  const list = program.codes.join("\n");
  const { digest } = await post(`${jobsOf(program)}?dryRun=true`, list);
  const key = crypto.randomUUID();
  const path = `${jobsOf(program)}?reviewed=${digest}`;
  const [made, repeated] = [await post(path, list, key), await post(path, list, key)];
  assert.deepEqual([made.answered, repeated.answered], [201, 200]);
  assert.equal(repeated.id, made.id);
});

test("a file of several programs: what changed in one of them refuses all", async () => {
  const [one, other] = [await uber.createProgram(3), await uber.createProgram(2)];
  const list = csvOf(one, other);
  const review = await post("/api/jobs?dryRun=true", list);
  const each = await Promise.all(
    [one, other].map((program) => post(`${jobsOf(program)}?dryRun=true`, program.codes.join("\n"))),
  );
  const joined = each.reduce((all, { digest }) => all ^ BigInt(`0x${digest}`), 0n);
  assert.equal(review.digest, joined.toString(16).padStart(16, "0"), "a page can join them too");

  const theirs = await post(jobsOf(other), other.codes.join("\n"));
  await worker.until(other.programId, theirs.id, ({ status }) => status === "finished");
  const refused = await post(`/api/jobs?resend=true&reviewed=${review.digest}`, list);
  assert.equal(refused.answered, 409);
  assert.equal(refused.code, "changed_since_review");
  assert.deepEqual((await worker.json(jobsOf(one))).jobs, []);
  assert.deepEqual(
    [await timesOf(one), await timesOf(other)],
    [
      [0, 0, 0],
      [1, 1],
    ],
  );

  const { digest } = await post("/api/jobs?dryRun=true", list);
  const made = await post(`/api/jobs?resend=true&reviewed=${digest}`, list);
  assert.equal(made.answered, 201);
  assert.equal(made.jobs.length, 2);
});

test("a dry run says how many codes failed before: they are sent like any other", async () => {
  const program = await uber.createProgram(4);
  const list = program.codes.join("\n");
  const job = await post(jobsOf(program), list);
  await worker.until(program.programId, job.id, ({ status }) => status === "finished");
  const [failed = "", ...others] = program.codes;
  await sendWebhook(
    worker.url,
    eventOf(program.programId, [
      { code_uuid: failed, status: "failed", reason: "guest_not_found" },
    ]),
  );
  await worker.until(program.programId, job.id, ({ progress }) => progress.failed === 1);
  const review = await post(`${jobsOf(program)}?dryRun=true`, list);
  assert.deepEqual([review.failedBefore, review.blocked.total], [1, others.length]);

  // It fails again in a second job, and is still one code.
  const settle = async (/** @type {"failed" | "distributed"} */ status) => {
    const next = await post(jobsOf(program), failed);
    await worker.until(program.programId, next.id, (one) => one.status === "finished");
    const reason = status === "failed" ? { reason: "guest_not_found" } : {};
    await sendWebhook(
      worker.url,
      eventOf(program.programId, [{ code_uuid: failed, status, ...reason }]),
    );
    await worker.until(program.programId, next.id, ({ progress }) => progress[status] === 1);
    const { failedBefore, blocked } = await post(`${jobsOf(program)}?dryRun=true`, list);
    return [failedBefore, blocked.total];
  };
  assert.deepEqual(await settle("failed"), [1, others.length]);
  // Then it reaches its recipient, and so it has not failed any more.
  assert.deepEqual(await settle("distributed"), [0, program.codes.length]);
});
