/**
 * Later versions can read what a released version has stored. `stored/*.json` are whole
 * databases of objects, each written by the first release with the schema in its name:
 * `RECORD=schema-1 node --test tests/worker/schema.test.mjs` records them again.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ORGANIZATION, cleanUp, startUber } from "./harness.mjs";
import { closeFronts, startFront } from "./front.mjs";
import { damage, startInspected } from "./storage.mjs";

const RECORD = process.env["RECORD"];
const SEED = "17";
const MAIN = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "aaaaaaaa-0000-4000-8000-000000000002";

after(() => {
  closeFronts();
  return cleanUp();
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** What one release has stored, with times as if that were now. @param {string} name */
async function read(name) {
  const text = await readFile(new URL(`stored/${name}`, import.meta.url), "utf8");
  const { at } = JSON.parse(text);
  const moved = text.replace(/\b\d{13}\b/g, (time) => {
    const since = Number(time) - at;
    return Math.abs(since) < 100 * DAY_MS ? String(Date.now() + since) : time;
  });
  return JSON.parse(moved);
}

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
    const response = await worker.createJob(MAIN, codes.slice(from, to), query, `key-${from}`);
    assert.ok(response.ok, await response.clone().text());
    return (await response.json()).id;
  };
  const ends = (/** @type {string} */ id, /** @type {string} */ status) =>
    worker.until(MAIN, id, (job) => job.status === status);
  const outcome = (/** @type {number} */ at, status = "distributed", reason = {}) => ({
    code_uuid: codes[at],
    status,
    ...reason,
  });

  // Its list was deleted, and the ledger has the outcome of each code.
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
  // It would run if not everything were paused.
  const running = await post(65, 80);

  // An event that is acknowledged but not applied, because its job can't be read at that moment.
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

for (const name of readdirSync(new URL("stored", import.meta.url))) {
  test(`data stored in ${name} is read, and its jobs continue`, { timeout: 60_000 }, async () => {
    const stored = await read(name);
    const uber = await startUber(["--seed", SEED, "--latency", "1"]);
    const { codes } = await uber.createProgram(100, MAIN);
    await uber.createProgram(20, OTHER);
    let worker = await startInspected({ uber: uber.url });
    for (const [program, dump] of Object.entries(stored.programs)) {
      await worker.inspect({ act: "load", program, dump });
    }
    await worker.inspect({ act: "load", dump: stored.app });
    worker = await worker.restart();
    const path = `/api/programs/${MAIN}/jobs`;
    const { jobs } = stored;
    const { jobs: history } = await worker.json("/api/jobs");
    assert.equal(history.length, 8);
    const statuses = Object.fromEntries(
      (await worker.json(path)).jobs.map((/** @type {any} */ { id, status }) => [id, status]),
    );
    for (const status of ["expired", "finished", "undecided", "halted", "paused", "running"]) {
      assert.equal(statuses[jobs[status]], status);
      const job = await worker.json(`${path}/${jobs[status]}`);
      const { progress, samples } = job;
      const states = ["pending", "sending", "queued", "distributed", "failed", "rejected"];
      const counts = [...states, "unknown", "abandoned"].map((state) => progress[state]);
      assert.deepEqual(
        counts.reduce((all, count) => all + count),
        progress.total,
      );
      // Samples are in this order.
      if (["expired", "undecided", "halted"].includes(status)) {
        assert.deepEqual(samples.at(-1).slice(1), counts, status);
      }
    }
    assert.equal((await worker.json(`${path}/${jobs.halted}`)).error.code, "user_not_allowed");
    // What that release has acknowledged.
    await worker.until(MAIN, jobs.finished, ({ progress }) => progress.distributed === 2);
    const { rows } = await worker.json(`${path}/${jobs.finished}/results`);
    assert.deepEqual(
      rows
        .slice(0, 4)
        .map((/** @type {any} */ { code, state, reason, by }) => [code, state, reason, by]),
      [
        [codes[15], "distributed", null, "webhook"],
        [codes[16], "failed", "wrong address", "webhook"],
        [codes[17], "distributed", null, "webhook"],
        [codes[18], "queued", null, "answer"],
      ],
    );
    const states = new Map(
      (await worker.json(`/api/programs/${MAIN}/codes`)).codes.map(
        (/** @type {any} */ { code, state }) => [code, state],
      ),
    );
    const expected = {
      ...{ 0: "distributed", 1: "failed", 2: "queued", 9: "queued", 10: "queued", 14: "queued" },
      ...{ 17: "distributed", 30: "unknown", 35: "pending", 50: "pending", 60: "queued" },
      ...{ 65: "pending", 80: null, 99: null },
    };
    for (const [at, state] of Object.entries(expected)) {
      assert.equal(states.get(codes[Number(at)]), state, `code ${at}`);
    }
    // The key of a request is remembered, and the codes are claimed.
    const repeated = await worker.createJob(MAIN, codes.slice(65, 80), "", "key-65");
    assert.deepEqual([repeated.status, (await repeated.json()).id], [200, jobs.running]);
    const again = await worker.createJob(MAIN, codes);
    // Two of them have failed.
    assert.equal((await again.json()).count, 78);
    assert.equal((await uber.deliveries(MAIN)).size, 0);

    await worker.json("/api/pause", { paused: false });
    await worker.until(MAIN, jobs.running, ({ status }) => status === "finished");
    await worker.json(`${path}/${jobs.halted}/resume`, {});
    await worker.json(`${path}/${jobs.undecided}/resolve`, { batch: "all", decision: "queued" });
    for (const id of [jobs.halted, jobs.undecided]) {
      await worker.until(MAIN, id, ({ status }) => status === "finished");
    }
    const sent = await uber.deliveries(MAIN);
    assert.deepEqual(
      [...sent].sort(),
      [...codes.slice(35, 50), ...codes.slice(65, 80)].map((code) => [code, 1]).sort(),
    );
    for (const program of [MAIN, OTHER, undefined]) {
      const order = { act: "sql", program, query: "SELECT value FROM state WHERE key = 'schema'" };
      assert.equal((await worker.inspect(order)).length, 1);
    }
    await worker.kill();
  });
}

for (const whose of /** @type {const} */ (["program", "app"])) {
  test(
    `a database of the ${whose} that a later release has written is left alone`,
    { timeout: 60_000 },
    async () => {
      const uber = await startUber(["--latency", "1"]);
      let worker = await startInspected({ uber: uber.url, options: { batchSize: 2 } });
      const { programId, codes } = await uber.createProgram(2_000);
      const { id } = await (await worker.createJob(programId, codes)).json();
      await worker.until(programId, id, ({ progress }) => progress.queued > 10);
      const program = whose === "program" ? programId : undefined;
      const version = async (/** @type {string} */ value) => {
        const query = "UPDATE state SET value = ? WHERE key = 'schema' RETURNING value";
        assert.equal(
          (await worker.inspect({ act: "sql", program, query, values: [value] })).length,
          1,
        );
      };
      const [{ value }] = await worker.inspect({
        ...{ act: "sql", program },
        query: "SELECT value FROM state WHERE key = 'schema'",
      });
      await version("99");
      worker = await worker.restart();
      // Awake or not, it does nothing.
      const sent = (await uber.deliveries(programId)).size;
      const refused = [
        await worker.createJob(programId, codes.slice(0, 1)),
        ...(whose === "program"
          ? [
              await worker.request(`/api/programs/${programId}/jobs`),
              await worker.request(`/api/programs/${programId}/jobs/${id}`),
              await worker.request(`/api/programs/${programId}/codes`),
            ]
          : [await worker.request("/api/jobs"), await worker.request("/api/config")]),
      ];
      for (const response of refused) {
        const problem = await response.json();
        assert.deepEqual([response.status, problem.code], [503, "newer_database"]);
        assert.match(problem.title, /later release/);
      }
      const event = [{ code_uuid: codes[0], status: "distributed" }];
      const status = await worker.webhook(programId, event);
      // It is stored elsewhere, and passed on later.
      assert.equal(status, 200);
      await sleep(3_000);
      assert.equal((await uber.deliveries(programId)).size, sent);
      const { sql, keys } = await worker.inspect({ act: "rows", program });
      assert.deepEqual([sql, keys], [0, 0]);
      // That release is deployed again.
      await version(value);
      worker = await worker.restart();
      await worker.until(programId, id, ({ progress }) => progress.distributed === 1);
      const before = (await uber.deliveries(programId)).size;
      await worker.until(
        programId,
        id,
        ({ progress }) => progress.queued + progress.unknown > before,
      );
      const counts = [...(await uber.deliveries(programId)).values()];
      assert.equal(Math.max(...counts), 1);
      await worker.kill();
    },
  );
}
