/** What is about to start: how it is cancelled, and that nothing starts but what somebody wants to. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, equal, figures, sandbox, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { autumn, nights } = PROGRAMS;
/** Long enough to take screenshots in it on a slow machine. */
const WINDOW_SECONDS = 45;
const SHORT_SECONDS = 15;

/** The tests' worker lets jobs start at once. @param {Page} page @param {number} [seconds] */
export async function withStartWindow(page, seconds = WINDOW_SECONDS) {
  await page.route("**/api/config", async (route) => {
    // A page that goes ends its request.
    const response = await route.fetch().catch(() => null);
    if (response === null) return route.abort().catch(() => {});
    const json = { ...(await response.json()), startDelaySeconds: seconds };
    return route.fulfill({ json }).catch(() => {});
  });
}

/**
 * Reviews a list and lets it leave; the page of its job is open then.
 * @param {Page} page @param {readonly string[]} codes @param {{ isKept: boolean, isOneFirst?: boolean }} how
 */
async function distribute(page, codes, { isKept, isOneFirst = false }) {
  await page.goto(`/programs/${autumn.id}/new`);
  await choose(page, "window.txt", codes.join("\n"));
  await page.getByLabel("Start it even if this page is closed").setChecked(isKept);
  if (isOneFirst) await page.getByLabel("Send one code first").check();
  await page.getByRole("button", { name: /^Distribute \d+ codes?/ }).click();
  await page.waitForURL(/\/jobs\//);
  return `/api${new URL(page.url()).pathname}`;
}

/** @param {Page} page */
const pill = (page) => page.locator(".job-head .pill");
/** @param {Page} page */
const banner = (page) => page.getByRole("region", { name: "A job is about to start" });

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const startWindowTests = (page) => ({
  async "a page’s start window starts nothing that somebody else has started"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0, faults: {} });
    await withStartWindow(page, SHORT_SECONDS);
    const codes = (await codesOf(page, autumn.id)).slice(30, 33);
    const path = await distribute(page, codes, { isKept: false, isOneFirst: true });
    const startsAt = Date.now() + SHORT_SECONDS * 1_000;
    await pill(page).getByText("About to start").waitFor();
    await page.locator(".waits").getByText("If this page is closed, it is cancelled").waitFor();
    equal(await page.getByRole("button", { name: /^Resume/ }).count(), 0);
    await page.keyboard.press("r");
    equal(await page.getByRole("dialog").count(), 0, "a key starts it");

    await call(page, `${path}/resume`, { method: "POST" });
    await page.getByText("The first code has been sent, and nothing else").waitFor();
    await page.waitForTimeout(startsAt + 1_500 - Date.now());
    equal((await figures(page))["pending"], 2, "the others have left");
    equal((await call(page, path)).status, "paused");
    await page.unroute("**/api/config");
  },

  async "after a start window, R asks before anything leaves, and what has stopped can be ended"() {
    const path = new URL(page.url()).pathname;
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText("The first codes have been sent. Now the other 2 codes are sent")
      .waitFor();
    await look(page, "job-resume-key");
    await dialog.getByRole("button", { name: "Not now" }).click();
    equal((await call(page, `/api${path}`)).status, "paused");

    await page.goto("/");
    const deciding = page.locator("section", { hasText: "Needs a decision" });
    await deciding.locator(`a[href="${path}"]`).click();
    await page.getByRole("button", { name: "End it: never send 2 codes" }).click();
    await dialog.getByLabel(/^Why/).fill("The wrong list.");
    await look(page, "job-end");
    await dialog.getByRole("button", { name: "End it: never send 2 codes" }).click();
    await until(page, ({ abandoned, pending }) => abandoned === 2 && pending === 0, "ended");
    const ended = page.locator(".audit li", {
      hasText: "ended it without sending what was pending",
    });
    await ended.getByText("The wrong list.").waitFor();
    assert.equal(await page.getByRole("button", { name: /^(Resume|End it)/ }).count(), 0);
  },

  async "a start window is seen on every screen, and cancelled there"() {
    await withStartWindow(page);
    const codes = (await codesOf(page, autumn.id)).slice(33, 35);
    const path = await distribute(page, codes, { isKept: true });
    await look(page, "start-window");
    await page.getByRole("link", { name: "History" }).click();
    await banner(page)
      .getByText(/Starts in \d+ seconds?\. 2 codes, window\.txt/)
      .waitFor();
    await banner(page).getByRole("button", { name: "Cancel: send nothing" }).click();
    await banner(page).waitFor({ state: "detached" });
    equal((await call(page, path)).status, "cancelled");
  },

  async "a start window of several programs is cancelled as one"() {
    const [some, others] = await Promise.all(
      [autumn, nights].map(async ({ id }) =>
        (await codesOf(page, id)).slice(35, 37).map((code) => `${id},${code}`),
      ),
    );
    await page.goto("/new");
    const list = ["program_id,code_id", ...(some ?? []), ...(others ?? [])];
    await choose(page, "several.csv", list.join("\n"));
    await page.getByLabel("Start it even if this page is closed").uncheck();
    const again = page.getByLabel(/^Leave (it|them) out/);
    const button = page.getByRole("button", { name: /^Distribute \d+ codes?/ });
    await again.or(button).first().waitFor();
    if (await again.isVisible()) await again.check();
    await button.and(page.locator("[aria-disabled=false]")).click();
    await banner(page)
      .getByText(/Starts in \d+ seconds?\. 2 jobs of one file, \d codes/)
      .waitFor();
    await look(page, "start-window-several");
    const { jobs } = await call(page, "/api/jobs?limit=2");
    await banner(page).getByRole("button", { name: "Cancel: send nothing" }).click();
    await banner(page).waitFor({ state: "detached" });
    for (const { programId, id } of jobs) {
      const { status } = await call(page, `/api/programs/${programId}/jobs/${id}`);
      equal(status, "cancelled");
    }
    await page.unroute("**/api/config");
  },
});
