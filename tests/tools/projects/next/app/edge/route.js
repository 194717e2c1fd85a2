import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";
import { createSandbox } from "uber-vouchers/sandbox";

import { runSuite } from "../../tests/hosts/suite.mjs";

export const runtime = "edge";

export async function GET(request) {
  const base = new URL(request.url).searchParams.get("base");
  const results = await runSuite(uberVouchers, journal, base);
  // Virtual time works without `setImmediate`, which only throws here.
  const { clock } = await createSandbox();
  await clock.sleep(3_600_000);
  return Response.json([...results, { name: "sandbox" }]);
}
