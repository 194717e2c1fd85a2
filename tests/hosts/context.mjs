/** Runs in a page, and in each kind of worker that a page can have. */
// Import maps don't apply to workers.
// @ts-ignore -- It is there where the package is installed.
import * as uberVouchers from "../../node_modules/uber-vouchers/dist/index.js";
// @ts-ignore -- Likewise.
import * as journal from "../../node_modules/uber-vouchers/dist/journal.js";
import { runSuite } from "./suite.mjs";

// Not at top level: a service worker can't wait there.
runSuite(uberVouchers, journal, location.origin).then((results) =>
  fetch("/report", { method: "POST", body: JSON.stringify(results) }),
);
