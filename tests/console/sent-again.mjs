/** A job that sends codes again says so wherever it is listed. */
import { assert } from "../package/harness.mjs";
import { PROGRAMS, call, codesOf, downloaded, equal, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { autumn } = PROGRAMS;

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const sentAgainTests = (page) => ({
  async "a job that sent again says how many: on its page, in History, its file and the audit trail"() {
    const codes = (await codesOf(page, autumn.id)).slice(52, 56);
    const create = (/** @type {string[]} */ list, /** @type {string} */ query) =>
      call(page, `/api/programs/${autumn.id}/jobs?${query}`, {
        method: "POST",
        headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
        body: list.join("\n"),
      });
    const first = await create(codes.slice(0, 3), "name=first-time");
    await page.goto(`/programs/${autumn.id}/jobs/${first.id}`);
    await until(page, ({ distributed: some = 0 }) => some === 3, "distributed");
    const again = await create(codes, "name=second-time&resend=true");
    equal(again.resent, 3);
    await page.goto(`/programs/${autumn.id}/jobs/${again.id}`);
    await page.getByText("3 codes sent before are sent again").waitFor({ state: "attached" });
    await page.goto("/history");
    await page.getByRole("searchbox").fill("second-time");
    await page.locator("a.job", { hasText: "4 codes · 3 sent again" }).waitFor();
    const save = page.getByRole("button", { name: "Search results as CSV" });
    const csv = await downloaded(page, () => save.click());
    const [header = "", row = "", ...more] = csv.replace("\ufeff", "").trim().split("\r\n");
    equal(more.length, 0);
    equal(row.split(",")[header.split(",").indexOf("sent_again")], "3");
    await page.getByRole("searchbox").fill("first-time");
    const other = page.locator("a.job", { hasText: "first-time" });
    await other.waitFor();
    assert.ok(!(await other.innerText()).includes("sent again"), "the first time is not again");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "Who did what" }).click();
    const created = page.locator(".audit li", { hasText: again.id.slice(0, 8) });
    await created
      .getByText("created the job · 4 codes · 3 codes sent before are sent again")
      .waitFor();
  },
});
