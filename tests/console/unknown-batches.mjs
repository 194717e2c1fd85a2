/** Codes whose fate is unknown: what an operator decides about their batches. */
import { look } from "./browser.mjs";
import { PROGRAMS, distribute, equal, sandbox, until, untilReported } from "./steps.mjs";

const { party } = PROGRAMS;

/** @param {import("playwright-core").Page} page @returns {Record<string, () => Promise<void>>} */
export const unknownBatchTests = (page) => ({
  async "unknown batches need a decision, and each decision has the stated effect"() {
    // A report that arrives later withdraws the decision.
    await untilReported(page);
    await sandbox(page, { webhooksPerSecond: 0 });
    await page.goto(`/programs/${party.id}/new`);
    await page.getByRole("button", { name: "read this program’s codes" }).click();
    await page.getByLabel("Send them again").check();
    await page.getByText("may arrive a second time").waitFor();
    await sandbox(page, { faults: { lost_after: 1 } });
    await distribute(page, "Distribute 1,204 codes");
    await until(page, ({ unknown }) => unknown === 1_204, "three in a row halt it");
    await page.getByText("1,204 codes wait for your decision").waitFor();
    await page.getByText("Attempts: 3 batches").click();
    equal(await page.locator("li.batch").count(), 3);
    await sandbox(page, { faults: { lost_after: 0 } });
    await look(page, "job-unknown");
    const choose = async (/** @type {RegExp} */ name) => {
      await page.getByRole("button", { name: "Decide about this batch only" }).first().click();
      await page.locator(".choices").getByRole("button", { name }).click();
      await page.getByRole("dialog").getByRole("button", { name }).click();
    };
    await choose(/^Take 500 codes as queued/);
    await until(page, ({ unknown }) => unknown === 704, "taken as queued");
    await choose(/^Abandon /);
    await until(
      page,
      ({ unknown, abandoned = 0 }) => unknown === 204 && abandoned > 0,
      "abandoned",
    );
    const again = "Send all 204 codes again";
    await page.getByRole("button", { name: again }).click();
    await look(page, "decision");
    await page
      .getByRole("dialog")
      .getByLabel(/^Type /)
      .fill("204");
    await page.getByRole("dialog").getByRole("button", { name: again }).click();
    await until(page, ({ unknown, pending }) => unknown === 0 && pending === 0, "sent again");
    await page.locator(".unknown").waitFor({ state: "detached" });
    await sandbox(page, { webhooksPerSecond: 200 });
  },
});
