import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "../../tests/hosts/suite.mjs";

export async function GET({ url }) {
  return Response.json(await runSuite(uberVouchers, journal, url.searchParams.get("base")));
}
