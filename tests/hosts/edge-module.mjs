/** A script for a host that can't locate the module, and gets it passed. */
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";
// @ts-ignore -- What it is depends on the bundler.
import module from "uber-vouchers/wasm";

import { runSuite } from "./suite.mjs";

addEventListener("fetch", (/** @type {any} */ event) => {
  const base = String(new URL(event.request.url).searchParams.get("base"));
  const run = runSuite(uberVouchers, journal, base, { module });
  event.respondWith(run.then((results) => Response.json(results)));
});
