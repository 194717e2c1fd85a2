import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "../../tests/hosts/suite.mjs";

export async function GET(request) {
  const base = new URL(request.url).searchParams.get("base");
  return Response.json(await runSuite(uberVouchers, journal, base));
}
