import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "./tests/hosts/suite.mjs";

runSuite(uberVouchers, journal, location.origin).then((results) =>
  fetch("/report", { method: "POST", body: JSON.stringify(results) }),
);
