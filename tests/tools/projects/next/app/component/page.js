import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "../../tests/hosts/suite.mjs";

export const dynamic = "force-dynamic";

/** A server component, which puts the results into the page. */
export default async function Page({ searchParams }) {
  const { base } = await searchParams;
  const results = base ? await runSuite(uberVouchers, journal, base) : [];
  const text = encodeURIComponent(JSON.stringify(results));
  return <output data-results={text} />;
}
