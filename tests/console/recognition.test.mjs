/** The rules that recognize addresses, numbers and texts of codes. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { parseCodes } from "uber-vouchers";

import { isEmail, isPhone, mask } from "../../build/js/personal-data.js";
import { consoleModule } from "./module.mjs";

const ROOT = new URL("../../", import.meta.url);

/** @type {{ text: string, masked: string, isEmail: boolean, isPhone: boolean }[]} */
const EXAMPLES = JSON.parse(
  await readFile(new URL("tests/vectors/personal-data.json", ROOT), "utf8"),
);

const { kindOf } = await consoleModule("lists/kinds");
const { isHarmless, isHarmlessKey } = await consoleModule("events/recipients");

/** The reason for which the core rejects a value. @param {string} value */
async function rejected(value) {
  const { rejected: entries } = await parseCodes([value]);
  assert.equal(entries.length, 1, value);
  return /** @type {import("uber-vouchers").RejectedEntry} */ (entries[0]);
}

test("JavaScript masks as the core does, and recognises addresses and numbers", () => {
  assert.ok(EXAMPLES.some((example) => example.isEmail) && EXAMPLES.some(({ isPhone: is }) => is));
  for (const { text, masked, ...is } of EXAMPLES) {
    assert.equal(mask(text), masked, text);
    assert.deepEqual({ isEmail: isEmail(text), isPhone: isPhone(text) }, is, text);
    if (is.isEmail || is.isPhone) assert.notEqual(masked, text);
  }
});

test("the console shows no address and no number in an event before it is asked to", () => {
  for (const { text } of EXAMPLES.filter((example) => example.isEmail || example.isPhone)) {
    for (const key of ["status", "reason", "code", "id"]) {
      assert.equal(isHarmless(key, text), false, `${key}: ${text}`);
    }
    assert.equal(isHarmlessKey("codes", text), false, text);
  }
});

test("the console tells a rejected address, number and code_text apart, as the core's messages do", async () => {
  const texts = ["RIDE2026", "ab12", "abcd1234abcd1234", "“RIDE2026”", "'AB12'", "5550100"];
  const others = [
    "abc",
    "abcd1234abcd12345",
    "RIDE-2026",
    "uuid",
    "code_id",
    "Code ID",
    "1f913a96-f52c",
  ];
  for (const value of [...texts, ...others, ...EXAMPLES.map(({ text }) => text)]) {
    if (value.trim() === "") continue;
    const entry = await rejected(value);
    const isText = entry.message.includes("code_text");
    assert.equal(kindOf(entry) === "code-text", isText, `${value}: ${entry.message}`);
    if (texts.includes(value)) assert.ok(isText, value);
    if (isEmail(value)) assert.equal(kindOf(entry), "email");
    if (isPhone(value) && !isText) assert.equal(kindOf(entry), "telephone", value);
  }
});
