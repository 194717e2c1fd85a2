import { defineEventHandler, getQuery } from "h3";
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "../../tests/hosts/suite.mjs";

export default defineEventHandler((event) =>
  runSuite(uberVouchers, journal, String(getQuery(event).base)),
);
