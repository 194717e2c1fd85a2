/** `unsent-child.mjs <URL of failing-servers.mjs>`, in Node.js, Deno or Bun. */
import process from "node:process";

import * as uberVouchers from "uber-vouchers";

import { assert, runTests } from "./harness.mjs";
import { unsentSuite } from "./unsent-suite.mjs";

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
await runTests(
  (test) => unsentSuite(test, assert, uberVouchers, String(process.argv[2])),
  (result) => results.push(result),
);
console.log(JSON.stringify(results));
process.exit(0);
