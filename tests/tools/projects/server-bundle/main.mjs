import process from "node:process";

import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";
import { createSandbox } from "uber-vouchers/sandbox";

import { runSuite } from "./tests/hosts/suite.mjs";

// No top-level `await`, which CommonJS does not have.
async function main() {
  const results = await runSuite(uberVouchers, journal, process.argv.at(-1));
  const sandbox = await createSandbox();
  const { codes } = sandbox.createProgram({ codes: 3 });
  results.push({ name: "sandbox", ...(codes.length !== 3 && { error: "It has no codes" }) });
  console.log(JSON.stringify(results));
}

main();
