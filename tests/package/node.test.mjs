import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import * as uberVouchers from "uber-vouchers";
import * as distribute from "uber-vouchers/distribute";
import * as journal from "uber-vouchers/journal";
import * as sandbox from "uber-vouchers/sandbox";

import { distributeSuite } from "./distribute-suite.mjs";
import { assert } from "./harness.mjs";
import { jobSuite } from "./job-suite.mjs";
import { suite } from "./suite.mjs";
import { recipientsSuite } from "./recipients-suite.mjs";
import { usageSuite } from "./usage-suite.mjs";

/** @param {string} name */
const read = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
/** @type {import("./harness.mjs").Test} */
const define = (name, run) => void test(name, async () => void (await run()));
const vectors = { codes: read("codes"), webhooks: read("webhooks") };
await suite(define, assert, uberVouchers, sandbox, vectors);
await distributeSuite(define, assert, distribute, uberVouchers, sandbox, vectors);
await jobSuite(define, assert, uberVouchers, sandbox, journal, read("journal"));
await usageSuite(define, assert, uberVouchers, sandbox, journal);
await recipientsSuite(define, assert, uberVouchers, sandbox);

test("require() returns the same module, if Node.js supports it", () => {
  const required = createRequire(import.meta.url)("uber-vouchers");
  assert.ok(required.createClient === uberVouchers.createClient);
});

test("the module can be set", async () => {
  for (const [door, name] of /** @type {const} */ ([
    [uberVouchers, "uber-vouchers/wasm"],
    [distribute, "uber-vouchers/distribute/wasm"],
  ])) {
    const file = createRequire(import.meta.url).resolve(name);
    const module = new WebAssembly.Module(readFileSync(file));
    await door.createClient({ organizationId: "o", auth: "none", module }).ready();
  }
});
