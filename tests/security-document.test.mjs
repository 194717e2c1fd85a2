/** SECURITY.md claims nothing that no test shows. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

/** @param {string} path */
const read = (path) => readFile(new URL(path, import.meta.url), "utf8");

test("each test that SECURITY.md names is there", async () => {
  const text = await read("../../SECURITY.md");
  let named = 0;
  for (const line of text.split("\n").filter((row) => row.includes(".test.mjs`:"))) {
    const [, ...files] = line.split(/`([\w-]+\.test\.mjs)`:/);
    for (let at = 0; at < files.length; at += 2) {
      const tests = await read(files[at] ?? "");
      for (const [, name = ""] of (files[at + 1] ?? "").matchAll(/"([^"]+)"/g)) {
        assert.ok(tests.includes(`test("${name}"`), `${files[at]}: ${name}`);
        named += 1;
      }
    }
  }
  assert.ok(named > 30);
});
