/** The faults and flags of the sandbox, as the command, the declarations and the documents list them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { FAULTS } from "../build/js/generated/protocol.js";

/** @param {string} file */
const pathOf = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
/** @param {string} file */
const read = (file) => readFileSync(pathOf(file), "utf8");
/** All that a pattern finds. @param {string} text @param {RegExp} pattern */
const all = (text, pattern) => Array.from(text.matchAll(pattern), ([, found = ""]) => found);

const HELP = execFileSync(
  process.execPath,
  [pathOf("bin/uber-vouchers.mjs"), "sandbox", "--help"],
  {
    encoding: "utf8",
  },
);

test("every fault is in the command's help, the declarations and the documents", () => {
  const [, inHelp = ""] = /^Faults: ([^.]*)\./m.exec(HELP) ?? [];
  assert.deepEqual(inHelp.split(/,\s+/), [...FAULTS]);

  const declared = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*export type SandboxFault/.exec(
    read("src/js/sandbox/options.ts"),
  );
  const items = all(declared?.[1] ?? "", /^ \* - ([^:]*):/gm);
  assert.deepEqual(
    items.flatMap((item) => all(item, /`(\w+)`/g)),
    [...FAULTS],
  );

  const [, table = ""] =
    /\| Fault \|.*\n((?:\|.*\n)*)/.exec(read("www/docs/guides/testing.md")) ?? [];
  const cells = all(table, /^\|([^|]*)\|/gm);
  assert.deepEqual(cells.flatMap((cell) => all(cell, /`(\w+)`/g)).sort(), [...FAULTS].sort());
});

test("the guide lists the flags of the command with their defaults", () => {
  const guide = read("www/docs/guides/sandbox-server.md");
  const flags = all(HELP, /^ {2}((?:--[a-z-]+)(?:, --[a-z-]+)*)/gm).flatMap((names) =>
    names.split(", "),
  );
  const inGuide = all(guide, /^\|([^|]*)\|/gm).flatMap((cell) => all(cell, /(--[a-z][a-z-]*)/g));
  assert.deepEqual(
    inGuide,
    flags.filter((flag) => flag !== "--help"),
  );
  for (const [, flag = "", text = ""] of HELP.matchAll(
    /^ {2}(--[a-z-]+)((?:.*\n)(?: {6,}.*\n)*)/gm,
  )) {
    const [, preset] = /default: (?:PORT, else )?([\w.-]+)/.exec(text) ?? [];
    if (preset === undefined) continue;
    const row = guide.split("\n").find((line) => line.startsWith(`| \`${flag} `)) ?? "";
    assert.match(
      row,
      new RegExp(`default: (?:\`PORT\`, else )?${preset.replaceAll(".", "\\.")} ?(?:\\||$)`),
      flag,
    );
  }
});
