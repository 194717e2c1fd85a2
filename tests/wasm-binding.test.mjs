/**
 * What the wasm refuses whatever the JavaScript around it does: the binding as it was
 * built, which the package does not export.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const BUILT = new URL("../build/js/wasm/", import.meta.url);
const { initSync, readWebhook } = await import(new URL("uber_vouchers.js", BUILT).href);
const module = new URL("../dist/uber_vouchers_bg.wasm", import.meta.url);
initSync({ module: new WebAssembly.Module(readFileSync(module)) });

const BODY = new TextEncoder().encode('{"event_type":"voucher_program_code_distributed"}');

test("no list of keys lets an unsigned webhook pass", () => {
  for (const keys of ["", " ", "[]", '[""]', '["key"]', "null", "{}", '"checked_before"', "x"]) {
    const read = () => readWebhook(BODY, undefined, keys, undefined, undefined);
    assert.throws(read, (/** @type {any} */ error) => error.class === "WebhookError", keys);
  }
  const text = readWebhook(BODY, undefined, "checked_before", undefined, undefined);
  const { type } = JSON.parse(text);
  assert.equal(type, "voucher_program_code_distributed");
});
