/** Lists that come back after a cancelled start, or go along to another program; and the focus and key of Cancel. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { withStartWindow } from "./start-window.mjs";
import { PROGRAMS, call, choose, codesOf, equal, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { autumn, hires, nights, party } = PROGRAMS;

/** @param {Page} page */
const waits = (page) => page.locator(".waits");
/** @param {Page} page */
const banner = (page) => page.getByRole("region", { name: "A job is about to start" });
/** @param {Page} page */
const isBack = (page) =>
  page.getByText("was cancelled before it sent anything, so the list is back").waitFor();

/** @param {Page} page */
async function assertFocus(page) {
  await page.waitForTimeout(100);
  assert.ok(await page.evaluate(() => document.activeElement !== document.body), "focus on BODY");
}

/**
 * Lets a list leave; the page of its job is open then.
 * @param {Page} page @param {string} name @param {readonly string[]} codes @param {boolean} isKept
 */
async function distribute(page, name, codes, isKept) {
  await page.goto(`/programs/${autumn.id}/new`);
  await choose(page, name, codes.join("\n"));
  await page.getByLabel("Start it even if this page is closed").setChecked(isKept);
  const button = page.getByRole("button", { name: /^Distribute \d+ codes?/ });
  await button.and(page.locator("[aria-disabled=false]")).click();
  await page.waitForURL(/\/jobs\//);
  await waits(page)
    .getByText(/^Starts in/)
    .waitFor();
  return new URL(page.url()).pathname;
}

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const returnedListTests = (page) => ({
  async "the key C cancels what is about to start; the focus stays on the screen, and the list comes back"() {
    await withStartWindow(page);
    const codes = (await codesOf(page, autumn.id)).slice(46, 49);
    for (const isKept of [false, true]) {
      const path = await distribute(page, "returned.csv", codes, isKept);
      await page.getByRole("button", { name: "Cancel: send nothing" }).focus();
      await page.keyboard.press("c");
      await page.locator(".job-head .pill", { hasText: "Cancelled" }).waitFor();
      await assertFocus(page);
      equal((await call(page, `/api${path}`)).status, "cancelled");
      await page.getByRole("link", { name: "New distribution from its list" }).click();
      await page.locator("[data-count=valid]", { hasText: "3" }).waitFor();
      await isBack(page);
      if (isKept) await look(page, "list-returned");
      await page.getByRole("button", { name: "Another list" }).click();
      await assertFocus(page);
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Cancel the job that is about to start").waitFor();
    await page.keyboard.press("Escape");
  },

  async "C cancels on another screen too, where the banner is"() {
    const codes = (await codesOf(page, autumn.id)).slice(46, 49);
    const path = await distribute(page, "banner.csv", codes, true);
    // Meanwhile another list can be read.
    const other = await page.context().newPage();
    await other.goto(`/programs/${autumn.id}/new`);
    await other.getByText("Drop a list of codes anywhere").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await banner(page).waitFor();
    await page.keyboard.press("c");
    await banner(page).waitFor({ state: "detached" });
    await assertFocus(page);
    equal((await call(page, `/api${path}`)).status, "cancelled");
    await isBack(other);
    await other.getByRole("button", { name: "Another list" }).click();
  },

  async "when the page that was to start a job is closed, the job is cancelled and its list comes back"() {
    const codes = (await codesOf(page, autumn.id)).slice(46, 49);
    const context = page.context();
    const closed = await context.newPage();
    await withStartWindow(closed);
    const path = await distribute(closed, "closed.csv", codes, false);
    await closed.close({ runBeforeUnload: true });
    await page.goto(path);
    await page.locator(".job-head .pill", { hasText: "Cancelled" }).waitFor();
    await page.getByRole("link", { name: "New distribution from its list" }).click();
    await page.getByText("closed.csv").waitFor();
    await isBack(page);
    // A reload keeps it, and putting it away does not.
    await page.reload();
    await page.getByText("closed.csv").waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
    await page.reload();
    await page.getByText("Drop a list of codes anywhere").waitFor();
    equal(await page.getByText("closed.csv").count(), 0);
  },

  async "a list whose job has started does not come back"() {
    const codes = (await codesOf(page, autumn.id)).slice(46, 48);
    const path = await distribute(page, "started.csv", codes, true);
    await page.getByRole("button", { name: /^Start now/ }).click();
    await until(page, ({ pending, sending }) => pending === 0 && sending === 0, "all has left");
    await page.goto(`/programs/${autumn.id}/new`);
    await page.getByText("Drop a list of codes anywhere").waitFor();
    await page.waitForTimeout(500);
    equal(await page.getByText("started.csv").count(), 0);
    equal((await call(page, `/api${path}`)).progress.pending, 0);
  },

  async "a list of several programs comes back as one"() {
    const lines = await Promise.all(
      [autumn, nights].map(async ({ id }) =>
        (await codesOf(page, id)).slice(50, 52).map((code) => `${id},${code}`),
      ),
    );
    await page.goto("/new");
    await choose(page, "two.csv", ["program_id,code_id", ...lines.flat()].join("\n"));
    await page.getByLabel("Start it even if this page is closed").uncheck();
    const button = page.getByRole("button", { name: /^Distribute \d+ codes?/ });
    await button.and(page.locator("[aria-disabled=false]")).click();
    await banner(page).getByRole("button", { name: "Cancel: send nothing" }).click();
    await banner(page).waitFor({ state: "detached" });
    await assertFocus(page);
    await page.goto("/new");
    await page.getByText("two.csv").waitFor();
    await isBack(page);
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a list of another program goes along to its screen"() {
    const codes = (await codesOf(page, hires.id)).slice(30, 34);
    await page.goto(`/programs/${party.id}/new`);
    await choose(page, "strangers.csv", codes.join("\n"));
    await page.getByText("All 4 are not in this program").waitFor();
    equal(await page.getByText("A second person has to approve").count(), 0);
    await page.getByRole("link", { name: hires.name }).click();
    await page.waitForURL(`**/programs/${hires.id}/new`);
    await page.getByText("strangers.csv").waitFor();
    await page.getByRole("button", { name: "Distribute 4 codes", exact: true }).waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a blocked list above the limit names no second person, and every Cancel keeps the focus"() {
    const codes = (await codesOf(page, hires.id)).slice(0, 30);
    await page.goto(`/programs/${party.id}/new`);
    await choose(page, "many-strangers.csv", codes.join("\n"));
    await page.getByText("All 30 are not in this program").waitFor();
    equal(await page.getByText("A second person has to approve").count(), 0);
    equal(await page.getByRole("button", { name: /^Ask to distribute/ }).count(), 0);
    await page.getByRole("button", { name: "Another list" }).click();
    await assertFocus(page);
    await page.getByRole("button", { name: "Paste codes" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await assertFocus(page);
    const { jobs } = await call(page, `/api/programs/${autumn.id}/jobs`);
    await page.goto(`/programs/${autumn.id}/jobs/${jobs[0].id}`);
    await page.getByRole("button", { name: "Rename, or add a note" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await assertFocus(page);
    await page.unroute("**/api/config");
  },
});
