import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

import { suite } from "./tests/hosts/suite.mjs";

suite(test, uberVouchers, journal, process.env.BASE);
