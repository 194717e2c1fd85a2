/** The worker that workerd.mjs runs: the suite, and tests that only an edge worker can run. */
import * as uberVouchers from "uber-vouchers";
import * as distribute from "uber-vouchers/distribute";
import * as journal from "uber-vouchers/journal";
import * as sandbox from "uber-vouchers/sandbox";

import codes from "../vectors/codes.json" with { type: "json" };
import journals from "../vectors/journal.json" with { type: "json" };
import webhooks from "../vectors/webhooks.json" with { type: "json" };
import { distributeSuite } from "./distribute-suite.mjs";
import { assert, runTests } from "./harness.mjs";
import { jobSuite } from "./job-suite.mjs";
import { suite } from "./suite.mjs";
import { recipientsSuite } from "./recipients-suite.mjs";
import { usageSuite } from "./usage-suite.mjs";

const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

/** @type {import("uber-vouchers").Client | undefined} */
let shared;

/** One client for all requests, as is usual in workers. @param {any} env */
function clientOf(env) {
  return (shared ??= uberVouchers.createClient({
    organizationId: "org",
    auth: { clientId: "app", clientSecret: "secret" },
    // A service binding itself.
    fetch: env.UBER,
  }));
}

export default {
  /** @param {Request} request @param {any} env */
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/suite") {
      /** @type {unknown[]} */
      const results = [];
      await runTests(
        async (test) => {
          await suite(test, assert, uberVouchers, sandbox, { codes, webhooks });
          await distributeSuite(test, assert, distribute, uberVouchers, sandbox, { codes });
          await jobSuite(test, assert, uberVouchers, sandbox, journal, journals);
          await usageSuite(test, assert, uberVouchers, sandbox, journal);
          await recipientsSuite(test, assert, uberVouchers, sandbox);
        },
        (result) => results.push(result),
      );
      return Response.json(results);
    }
    const call = clientOf(env).distribute("p", [CODE]);
    if (pathname === "/leave") {
      // Ends while its call is under way, which stops the call.
      call.catch(() => {});
      return new Response("left");
    }
    return Response.json(
      await call.catch((error) => ({ ...error.toJSON(), cause: String(error.cause) })),
    );
  },
};
