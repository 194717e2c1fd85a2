/** A worker for workerd: `?base=` is the address of the sandbox. */
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "./suite.mjs";

export default {
  /** @param {Request} request */
  async fetch(request) {
    const base = String(new URL(request.url).searchParams.get("base"));
    return Response.json(await runSuite(uberVouchers, journal, base));
  },
};
