/** A step of `npm test` ends, whatever its command does and leaves behind. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { exec } from "../scripts/test-runner.mjs";

/** It does not end by itself, nor when it is asked to. */
const STUBBORN = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 120_000);";

/** Starts a process that keeps the output open, and ends. @param {boolean} detached */
const leaving = (detached) => `
  const { spawn } = require("node:child_process");
  const { writeFileSync } = require("node:fs");
  const stdio = ["ignore", "inherit", "inherit"];
  const { pid } = spawn(process.execPath, ["-e", ${JSON.stringify(STUBBORN)}], { stdio, detached: ${detached} });
  writeFileSync(process.env.PID_FILE, String(pid));
  process.exit();
`;

/** Whether it runs: one that was ended can still be listed, as defunct. @param {number} pid */
function isAlive(pid) {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

/** The process that a command has left behind. @param {boolean} detached */
async function leave(detached) {
  const folder = await mkdtemp(join(tmpdir(), "uber-vouchers-"));
  const file = join(folder, "pid");
  try {
    await exec(process.execPath, ["-e", leaving(detached)], { PID_FILE: file });
    return Number(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("what a command leaves behind ends with it", { timeout: 60_000 }, async () => {
  const pid = await leave(false);
  assert.equal(isAlive(pid), false);
});

test("what has left the command's group is not waited for", { timeout: 60_000 }, async () => {
  const pid = await leave(true);
  assert.equal(isAlive(pid), true);
  process.kill(pid, "SIGKILL");
});

test("a command that does not end is ended, and fails", { timeout: 60_000 }, async () => {
  const stubborn = exec(process.execPath, ["-e", STUBBORN], {}, undefined, 3_000);
  await assert.rejects(stubborn, /did not end within 0.05 minutes/);
});
