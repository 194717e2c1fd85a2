/** Runs in Node.js, Deno and Bun: `process.mjs <address of the sandbox>`. */
import process from "node:process";

import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "./suite.mjs";

console.log(JSON.stringify(await runSuite(uberVouchers, journal, String(process.argv[2]))));
