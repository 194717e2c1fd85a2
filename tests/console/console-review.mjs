/** What the review says before anything is sent: about numbers, money and people, for lists of any size. */
import { signIn } from "./browser.mjs";
import { firstCodeTests } from "./first-code.mjs";
import { largeListsTests } from "./large-lists.mjs";
import { reviewNumbersTests } from "./review-numbers.mjs";
import { runConsole } from "./run.mjs";
import { sandbox } from "./steps.mjs";

await runConsole("/", ({ page }) => ({
  async "an admin signs in"() {
    await signIn(page);
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0, useRate: 0, faults: {} });
  },

  ...reviewNumbersTests(page),

  ...firstCodeTests(page),

  ...largeListsTests(),
}));
