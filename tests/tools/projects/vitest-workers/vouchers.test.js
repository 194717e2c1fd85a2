import { env } from "cloudflare:workers";
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";
import { test } from "vitest";

import { suite } from "./tests/hosts/suite.mjs";

suite(test, uberVouchers, journal, env.BASE);
