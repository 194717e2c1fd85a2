/**
 * The Uber environment of the worker is visible, and the samples have every variable that is read.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";

import { ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

after(cleanUp);

/** @param {string} path */
const read = (path) => readFile(new URL(path, import.meta.url), "utf8");

test("the worker shows which Uber environment it uses, in its log and to operators", async () => {
  const uber = await startUber();
  const { host } = new URL(uber.url);
  for (const [bindings, expected] of /** @type {[Record<string, string>, (string | null)[]][]} */ ([
    [{}, [host, host]],
    // As when an address was set under a name that nothing reads.
    [{ UBER_BASE_URL: "", UBER_TOKEN_URL: "" }, ["api.uber.com", "auth.uber.com"]],
    [{ UBER_BASE_URL: "no address" }, [null, host]],
  ])) {
    const worker = await startWorker({ uber: uber.url, bindings });
    const config = await worker.json("/api/config");
    assert.deepEqual([config.environment, config.host, config.tokenHost], ["uber", ...expected]);
    const lines = worker.output().split("\n");
    const started = lines.filter((line) => line.startsWith('{"event":"start"'));
    assert.ok(started.length > 0);
    for (const line of started) {
      const said = JSON.parse(line);
      assert.deepEqual([said.organization, said.host, said.tokenHost], [ORGANIZATION, ...expected]);
    }
    await worker.kill();
  }
});

test("the sample configurations have every variable that is read", async () => {
  const types = await read("../../src/js/worker/types/environment.ts");
  const [, members = ""] = /interface WorkerEnv \{([\s\S]*?)\n\}/.exec(types) ?? [];
  const names = [...members.matchAll(/^ {2}([A-Z_]+)\??: string;/gm)].map(([, name = ""]) => name);
  assert.ok(names.length >= 10, String(names));
  for (const sample of [
    "../../www/worker/wrangler.jsonc",
    "../../www/docs/guides/edge-worker.md",
  ]) {
    const text = await read(sample);
    for (const name of names) assert.ok(text.includes(name), `${name} in ${sample}`);
  }
});
