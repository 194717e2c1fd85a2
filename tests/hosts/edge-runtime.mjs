/** A script for Vercel's edge runtime: `?base=` is the address of the sandbox. */
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "./suite.mjs";

addEventListener("fetch", (/** @type {any} */ event) => {
  const base = String(new URL(event.request.url).searchParams.get("base"));
  const run = runSuite(uberVouchers, journal, base);
  event.respondWith(run.then((results) => Response.json(results)));
});
