/**
 * What a released version has stored, later ones read. `stored/*.json` are whole
 * databases of objects, each written by the first release with the schema in its name:
 * `RECORD=schema-1 node --test tests/worker/schema.test.mjs` records them anew.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { startFront } from "./front.mjs";
import { closeFronts } from "./front.mjs";
import { damage, eventually, startInspected } from "./storage.mjs";

const RECORD = process.env["RECORD"];
const SEED = "17";
const MAIN = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "aaaaaaaa-0000-4000-8000-000000000002";

after(() => {
  closeFronts();
  return cleanUp();
});

const fileOf = (/** @type {string} */ version) =>
  new URL(`stored/${version}.json`, import.meta.url);

test("records what this version stores", { skip: RECORD === undefined }, async () => {
  const uber = await startUber(["--seed", SEED, "--latency", "1"]);
  const { codes } = await uber.createProgram(100, MAIN);
  const { codes: others } = await uber.createProgram(20, OTHER);
  /** @type {(body: string) => { status: number } | "lost" | undefined} */
  let intercept = () => undefined;
  const front = await startFront(uber.url, ({ program, body }) =>
    program === undefined ? undefined : intercept(String(body)),
  );
  let worker = await startInspected({
    uber: front.url,
    options: { batchSize: 5, retentionDays: 0.0001 },
  });
  const path = `/api/programs/${MAIN}/jobs`;
  const post = async (/** @type {number} */ from, /** @type {number} */ to, query = "") => {
    const answer = await worker.createJob(MAIN, codes.slice(from, to), query, `key-${from}`);
    assert.ok(answer.ok, await answer.clone().text());
    return (await answer.json()).id;
  };
  const ends = (/** @type {string} */ id, /** @type {string} */ status) =>
    worker.until(MAIN, id, (job) => job.status === status);
  const outcome = (/** @type {number} */ at, status = "distributed", reason = {}) => ({
    code_uuid: codes[at],
    status,
    ...reason,
  });

  // Its list is gone, and the ledger knows what became of each code.
  const expired = await post(0, 10, "?source=expired.csv");
  await ends(expired, "finished");
  await worker.webhook(MAIN, [outcome(0), outcome(1, "failed", { reason: "no account" })]);
  await ends(expired, "expired");
  worker = await worker.restart({ options: { batchSize: 5 } });
  const call = await worker.request(
    `/v1/organizations/${ORGANIZATION}/voucher-programs/${MAIN}/codes/distribute`,
    {
      method: "POST",
      body: JSON.stringify({ codes: codes.slice(10, 15) }),
      headers: { "Content-Type": "application/json" },
    },
  );
  assert.equal(call.status, 200);

  const finished = await post(15, 30, "?source=finished.csv");
  await ends(finished, "finished");
  await worker.webhook(MAIN, [outcome(15), outcome(16, "failed", { reason: "wrong address" })]);
  await worker.until(MAIN, finished, ({ progress }) => progress.failed === 1);
  intercept = () => "lost";
  const undecided = await post(30, 35);
  await ends(undecided, "undecided");
  intercept = () => ({ status: 403 });
  const halted = await post(35, 50);
  await ends(halted, "halted");
  intercept = () => undefined;
  const paused = await post(50, 60, "?start=false");
  const together = await worker.request("/api/jobs", {
    method: "POST",
    body: [
      "program,code",
      ...codes.slice(60, 65).map((code) => `${MAIN},${code}`),
      ...others.slice(0, 5).map((code) => `${OTHER},${code}`),
    ].join("\n"),
    headers: { "Content-Type": "text/csv", "Idempotency-Key": "together" },
  });
  assert.ok(together.ok, await together.clone().text());
  const [grouped, other] = (await together.json()).jobs;
  await ends(grouped.id, "finished");
  await worker.until(OTHER, other.id, ({ status }) => status === "finished");

  await worker.json("/api/pause", { paused: true });
  // It would run, if not everything were paused.
  const running = await post(65, 80);

  // An event that is acknowledged and not taken in, as its job can't be read at that moment.
  const [{ number }] = await worker.sql(MAIN, "SELECT number FROM jobs WHERE id = ?", finished);
  worker = await worker.restart();
  await damage(worker, MAIN, number, 30);
  assert.equal(await worker.webhook(MAIN, [outcome(17)]), 200);
  const dump = (/** @type {string} */ program) => worker.inspect({ act: "dump", program });
  const main = await dump(MAIN);
  const key = await damage(worker, MAIN, number, 30);
  const whole = await worker.inspect({ act: "get", program: MAIN, key });
  main.values = main.values.map((/** @type {any} */ entry) =>
    entry[0] === key ? [key, whole] : entry,
  );
  assert.equal(main.tables.find((/** @type {any} */ { name }) => name === "inbox").rows.length, 1);
  const app = await worker.inspect({ act: "dump" });
  const ids = { expired, finished, undecided, halted, paused, running };
  const stored = {
    at: Date.now(),
    jobs: { ...ids, grouped: grouped.id, other: other.id },
    programs: { [MAIN]: main, [OTHER]: await dump(OTHER) },
    app,
  };
  const text = JSON.stringify(stored, null, 1).replace(
    /("accessToken\\":\\")[^\\]+/,
    "$1of-that-day",
  );
  await writeFile(fileOf(String(RECORD)), `${text}\n`);
  assert.ok((await worker.json(path)).jobs.length > 0);
});
