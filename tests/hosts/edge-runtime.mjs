/** A script of Vercel's edge runtime: `?base=` is where the sandbox is. */
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "./suite.mjs";

addEventListener("fetch", (/** @type {any} */ event) => {
  const base = String(new URL(event.request.url).searchParams.get("base"));
  const run = runSuite(uberVouchers, journal, base);
  event.respondWith(run.then((results) => Response.json(results)));
});
