"use server";

import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { runSuite } from "../../tests/hosts/suite.mjs";

export async function run(base) {
  return runSuite(uberVouchers, journal, base);
}
