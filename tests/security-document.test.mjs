/**
 * SECURITY.md claims nothing that no test has shown. Run after the worker's tests, of which it
 * reads what they have reported: a test that is skipped, or only stands there, shows nothing.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { resultsOf } from "../scripts/test-runner.mjs";

const text = await readFile(new URL("../SECURITY.md", import.meta.url), "utf8");
const [, threats = ""] =
  /^\| What somebody could try \|.*\n\| ---.*\n((?:\|.*\n)+)/m.exec(text) ?? [];
/** What somebody could try, without the headings that say who. */
const rows = threats
  .split("\n")
  .filter((row) => row !== "" && !row.startsWith("| **"))
  .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));

/** The tests that a cell names, as `file.test.mjs`: "name"; "name". @param {string} cell */
function testsIn(cell) {
  const [, ...files] = cell.split(/`([\w-]+)\.test\.mjs`:/);
  return files.flatMap((file, at) => {
    const names = [...(files[at + 1] ?? "").matchAll(/"([^"]+)"/g)];
    return at % 2 === 0 ? names.map(([, name = ""]) => ({ file, name })) : [];
  });
}

test("there is a threat model", () => assert.ok(rows.length > 20));

for (const [, threat = "", , cell = ""] of rows) {
  test(threat, () => {
    const named = testsIn(cell);
    assert.ok(named.length > 0, "It names no test");
    for (const { file, name } of named) {
      const results = resultsOf(`worker ${file}`);
      assert.ok(results.length > 0, `Run before: npm test -- "worker ${file}"`);
      const passed = results
        .filter((result) => result.name === name)
        .map((result) => result.passed);
      assert.deepEqual(passed, [true], `${file}.test.mjs has run and passed: ${name}`);
    }
  });
}
