/** A process that is suspended beyond its time limits, like a laptop that sleeps. Linux and macOS. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("sleep-child.mjs", import.meta.url));
const CALLS = 6;
const TIMEOUT_MS = 3_000;

/**
 * The results of six calls in a process that is suspended as soon as they have arrived, and
 * continued after their timeout.
 * @param {(response: import("node:http").ServerResponse) => void} reply
 * @returns {Promise<unknown[]>}
 */
async function callsOfStoppedProcess(reply) {
  /** @type {import("node:http").ServerResponse[]} */
  const responses = [];
  const server = createServer((request, response) => {
    request.resume().on("end", async () => {
      if (responses.push(response) < CALLS) return;
      child.kill("SIGSTOP");
      responses.forEach(reply);
      await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + 500));
      child.kill("SIGCONT");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const args = [CHILD, `http://127.0.0.1:${port}`, String(TIMEOUT_MS)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  await once(child, "close");
  server.close();
  server.closeAllConnections();
  return JSON.parse(output);
}

const options = { skip: process.platform === "win32" };

test("responses that arrived in time count, even if they are read late", options, async () => {
  const found = await callsOfStoppedProcess((response) => response.end("{}"));
  assert.deepEqual(found, Array(CALLS).fill(200));
});

test("a request without a response by then times out", options, async () => {
  const found = await callsOfStoppedProcess(() => {});
  assert.deepEqual(found, Array(CALLS).fill("timeout"));
});
