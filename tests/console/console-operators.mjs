/**
 * Two operators, each in a browser of their own; and what happens to lists and screens when a start is
 * cancelled, the connection is lost, or the session ends.
 */
import { approvalTests } from "./approval.mjs";
import { signIn } from "./browser.mjs";
import { offlineTests } from "./offline.mjs";
import { returnedListTests } from "./returned-lists.mjs";
import { runConsole } from "./run.mjs";
import { sentAgainTests } from "./sent-again.mjs";
import { sessionTests } from "./session-tabs.mjs";
import { sandbox } from "./steps.mjs";

const APPROVAL_ABOVE = "20";

await runConsole(
  "/",
  ({ page, server }) => ({
    async "an operator signs in"() {
      await signIn(page);
      await sandbox(page, { webhooksPerSecond: 200, failureRate: 0, useRate: 0, faults: {} });
    },

    ...approvalTests(page, server),
    ...returnedListTests(page),
    ...sentAgainTests(page),
    ...offlineTests(page),
    ...sessionTests(page, server),
  }),
  { APPROVAL_ABOVE },
);
