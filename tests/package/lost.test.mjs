/**
 * Journals in files that are deleted, moved, truncated, or replaced by an older copy: under a
 * running job, and before the same program is run again, in this process or another one. No
 * recipient gets two messages.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createClient } from "uber-vouchers";
import { fileJournal } from "uber-vouchers/journal";

import { serveSandbox } from "./served-sandbox.mjs";

const CHILD = fileURLToPath(new URL("lost-child.mjs", import.meta.url));
const CODES = 200;
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-lost-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A job of a program, its journal, and functions to run and inspect it. */
async function bench() {
  const { sandbox, codes, programId, url } = await serveSandbox(CODES);
  const place = mkdtempSync(join(folder, "job-"));
  const [list, path, copy] = ["codes.txt", "campaign.journal", "copy"].map((name) =>
    join(place, name),
  );
  writeFileSync(String(list), codes.join("\n"));
  const client = createClient({
    organizationId: "org",
    baseUrl: url,
    auth: { accessToken: async () => (await fetch(`${url}/token`)).text() },
  });
  const options = () => ({
    journal: fileJournal(String(path)),
    batchSize: 10,
    requestsPerSecond: Infinity,
  });
  return {
    place,
    path: String(path),
    copy: String(copy),
    client,
    create: () => client.createJob(programId, codes, options()),
    resume: (/** @type {object} */ how = {}) => {
      const { journal, ...rest } = options();
      return client.resumeJob(journal, { ...rest, ...how });
    },
    /** Runs the program in its own process. @param {"create" | "resume" | "restored"} how */
    run: async (how) => {
      const args = [CHILD, url, programId, String(list), String(path), how];
      return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
    },
    sent: () => [...sandbox.deliveries(programId).values()],
    total: () => [...sandbox.deliveries(programId).values()].reduce((sum, times) => sum + times, 0),
  };
}

/** @type {Record<string, (path: string, copy: string) => void>} */
const WAYS = {
  deleted: (path) => rmSync(path),
  "moved away": (path) => renameSync(path, `${path}.moved`),
  "cut to nothing": (path) => truncateSync(path, 0),
  // By more than a current append: otherwise nothing is lost.
  cut: (path) => truncateSync(path, statSync(path).size - 200),
  "replaced by an older copy": (path, copy) => renameSync(copy, path),
  "overwritten by an older copy": (path, copy) => copyFileSync(copy, path),
};
const LOST = { name: "JobError", code: "journal_lost", queued: "unknown" };

for (const [way, vanish] of Object.entries(WAYS)) {
  test(`${way} under a job: it stops, and no program starts over`, async () => {
    const { path, copy, create, resume, run, sent, total } = await bench();
    const job = await create();
    copyFileSync(path, copy);
    const backup = `${path}.backup`;
    let isGone = false;
    job.subscribe(() => {
      if (isGone || job.progress().queued < CODES / 2) return;
      isGone = true;
      copyFileSync(path, backup);
      vanish(path, copy);
    });
    await assert.rejects(job.run(), (/** @type {any} */ error) => {
      assert.deepEqual({ name: error.name, code: error.code, queued: error.queued }, LOST);
      assert.match(error.hint, /not send .*results/);
      return true;
    });
    const before = total();
    assert.ok(before >= CODES / 2 && before < CODES, `${before}`);
    assert.equal([...job.results("queued")].length + [...job.results("unknown")].length, before);
    await assert.rejects(job.run(), LOST);
    // Here, and in a process that knows nothing of this one. If the last append came after an
    // older copy, the file is not a valid journal.
    const refused = ["journal_lost", "journal_corrupt"];
    for (const call of [create, resume]) {
      await assert.rejects(call(), (/** @type {any} */ { code }) => refused.includes(code));
    }
    for (const how of /** @type {const} */ (["create", "resume"])) {
      const { code, hint } = await run(how);
      assert.ok(refused.includes(code), `${how}: ${code}`);
      assert.doesNotMatch(hint, /empty|new one/);
    }
    assert.equal(total(), before);
    // An earlier copy is resumed with `restored`, and codes that it does not know stay unknown.
    copyFileSync(backup, path);
    const { unknown, pending } = await run("restored");
    assert.ok(pending === 0 && unknown >= CODES / 2 - 30, `${unknown}`);
    assert.ok(sent().every((times) => times <= 1));
    assert.deepEqual(await run("create"), { queued: CODES - unknown, unknown, pending: 0 });
    assert.ok(sent().every((times) => times <= 1));
  });
}

for (const [way, vanish] of Object.entries(WAYS)) {
  test(`${way} between two processes`, async () => {
    const { path, copy, create, run, sent } = await bench();
    await (await create()).close();
    copyFileSync(path, copy);
    assert.deepEqual(await run("create"), { queued: CODES, unknown: 0, pending: 0 });
    assert.deepEqual(await run("create"), { queued: CODES, unknown: 0, pending: 0 });
    vanish(path, copy);
    for (const how of /** @type {const} */ (["create", "resume", "create"])) {
      const { code, queued } = await run(how);
      assert.deepEqual([code, queued], ["journal_lost", "unknown"], how);
    }
    assert.ok(sent().every((times) => times === 1));
  });
}

test("a link to a missing journal does not count as new", async () => {
  const { path, place, create, run } = await bench();
  mkdirSync(join(place, "elsewhere"));
  symlinkSync(join(place, "elsewhere", "journal"), path);
  await (await create()).close();
  await run("create");
  rmSync(join(place, "elsewhere", "journal"));
  assert.equal((await run("create")).code, "journal_lost");
});

test("a journal that is emptied on purpose, or deleted with its length file, starts over", async () => {
  const { path, create, run, total } = await bench();
  const job = await create();
  await job.close();
  await fileJournal(path).truncate(0);
  await (await create()).close();
  assert.equal((await run("create")).queued, CODES);
  await fileJournal(path).truncate(0);
  assert.equal((await run("create")).queued, CODES);
  rmSync(path);
  assert.match(readFileSync(`${path}.length`, "utf8"), /^\d+ bytes were in campaign\.journal\. /);
  assert.equal(statSync(`${path}.length`).mode & 0o777, 0o600);
  rmSync(`${path}.length`);
  assert.equal((await run("create")).queued, CODES);
  assert.equal(total(), 3 * CODES, "each time on request");
});

test("an incomplete creation starts over", async () => {
  const { path, create, run, sent } = await bench();
  await (await create()).close();
  // The state that a process leaves if it ends in the middle.
  const half = statSync(path).size - 100;
  truncateSync(path, half);
  const length = readFileSync(`${path}.length`, "utf8");
  writeFileSync(`${path}.length`, length.replace(/^\d+/, String(60).padStart(16, "0")));
  assert.equal((await run("create")).queued, CODES);
  assert.ok(sent().every((times) => times === 1));
});

test("a mistyped path is reported, and nothing is created", async () => {
  const { client, place, create, path, sent } = await bench();
  const files = () => readdirSync(place).sort();
  const before = files();
  for (const wrong of ["mistyped", join("no", "such", "folder")]) {
    for (const options of [{}, { create: false }, { create: true }]) {
      const journal = fileJournal(join(place, wrong), options);
      await assert.rejects(client.resumeJob(journal), (/** @type {any} */ error) => {
        assert.equal(error.code, "journal_mismatch");
        assert.match(error.message, /does not exist/);
        assert.doesNotMatch(error.hint, /empty/);
        return true;
      });
      await assert.rejects(client.resumeJob(journal, { restored: true }));
    }
  }
  const mistyped = fileJournal(join(place, "mistyped"), { create: false });
  await assert.rejects(mistyped.append(new Uint8Array(1)), { code: "ENOENT" });
  await assert.rejects(client.createJob("p", [crypto.randomUUID()], { journal: mistyped }), {
    code: "journal_failed",
  });
  assert.deepEqual(files(), before);
  await (await create()).close();
  const kept = fileJournal(path, { create: false });
  const job = await client.resumeJob(kept);
  assert.equal((await job.run()).queued, CODES);
  assert.ok(sent().every((times) => times === 1));
  for (const options of [{ create: 1 }, { creates: false }, false, null, "x"]) {
    const make = () => fileJournal(path, /** @type {any} */ (options));
    assert.throws(make, { code: "invalid_options" });
  }
  assert.ok(!existsSync(join(place, "mistyped.length")));
});
