/**
 * A job in a process that is killed with SIGKILL repeatedly, over HTTP and with its journal in
 * a file: no recipient gets two messages, and every code is accounted for.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createClient } from "uber-vouchers";
import { fileJournal } from "uber-vouchers/journal";

import { serveSandbox } from "./served-sandbox.mjs";

const CODES = 50_000;
const KILLS = 200;
const [BATCH, CONCURRENCY] = [50, 4];
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-kill-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Random, and the same in each run. */
let state = 1;
const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;

/**
 * Runs a process of the job. Kills it after this many milliseconds, counted from its start, or
 * from the moment when it runs.
 * @param {string[]} args
 * @param {{ ms: number, from: "start" | "run" } | undefined} end
 * @returns {Promise<any>} what it reported, if it got to its end
 */
function live(args, end) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const kill = () => setTimeout(() => child.kill("SIGKILL"), end?.ms);
    if (end?.from === "start") kill();
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      if (end?.from === "run" && output === "") kill();
      output += text;
    });
    child.once("close", (code, signal) => {
      const [, report] = output.split("\n");
      if (signal === "SIGKILL") resolve(undefined);
      else if (code === 0) resolve(JSON.parse(String(report)));
      else reject(new Error(`The job ended with ${code}`));
    });
  });
}

test(`a job of ${CODES} codes, killed ${KILLS} times`, { timeout: 600_000 }, async (context) => {
  const { sandbox, codes, programId, url } = await serveSandbox(CODES);
  const [list, journal] = [join(folder, "codes.txt"), join(folder, "journal")];
  writeFileSync(list, codes.join("\n"));
  const args = [url, programId, list, journal];
  let kills = 0;
  let report;
  while (report === undefined) {
    const dies = kills < KILLS;
    const from = kills % 8 === 0 ? "start" : "run";
    report = await live(
      args,
      dies ? { ms: random() * (from === "start" ? 300 : 30), from } : undefined,
    );
    if (report === undefined) kills += 1;
    else if (dies) context.diagnostic("It was over before it could be killed more often");
  }
  const client = createClient({ organizationId: "org", baseUrl: url, auth: "none" });
  const job = await client.resumeJob(fileJournal(journal));
  const truth = sandbox.deliveries(programId);
  const results = [...job.results()];
  assert.equal(results.length, codes.length);
  assert.ok([...truth.values()].every((times) => times <= 1));
  for (const { code, state: known } of results) {
    const times = truth.get(code);
    assert.ok(known === "queued" ? times === 1 : known === "unknown", `${known}, ${times}`);
  }
  const { queued, unknown, requests } = job.progress();
  context.diagnostic(`${kills} kills, ${requests} requests: ${queued} queued, ${unknown} unknown`);
  assert.equal(kills, KILLS);
  assert.equal(queued + unknown, codes.length);
  assert.ok(unknown <= kills * CONCURRENCY * BATCH && unknown > 0);
  assert.ok(queued > codes.length / 2);
});

test("a record is on the disk before its request is sent", async (context) => {
  if (spawnSync("strace", ["-V"]).error) return context.skip("strace is not there");
  const { codes, programId, url } = await serveSandbox(500);
  const [list, journal, log] = ["few.txt", "traced", "trace"].map((name) => join(folder, name));
  writeFileSync(String(list), codes.join("\n"));
  const node = [process.execPath, CHILD, url, programId, String(list), String(journal), "1"];
  const calls = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync";
  const child = spawn("strace", ["-f", "-s", "12", "-e", calls, "-o", String(log), ...node]);
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  let [requests, appends, flushes, isFlushed] = [0, 0, 0, false];
  for (const line of readFileSync(String(log), "utf8").split("\n")) {
    if (/ (pwrite64|pwritev)\(/.test(line)) {
      appends += 1;
      isFlushed = false;
    } else if (/fdatasync(\(| resumed).* = 0$/.test(line)) {
      flushes += 1;
      isFlushed = true;
    } else if (line.includes('"POST /v1/')) {
      requests += 1;
      // One at a time: its record was the last one.
      assert.ok(isFlushed, line);
      assert.ok(flushes >= requests);
      isFlushed = false;
    }
  }
  context.diagnostic(`${requests} requests, ${appends} appends, ${flushes} flushes`);
  assert.equal(requests, 10);
  assert.ok(appends >= 10 && flushes >= 10);
});
