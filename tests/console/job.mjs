/** What a job's page says first, and what it lets an operator do when something stops it. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, codesOf, equal, figures, sandbox, sum, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, dinner } = PROGRAMS;
const NO_FAULTS = { rate_limited: 0, bad_request: 0, lost_after: 0 };
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/**
 * A job of all codes of a program, whatever became of them before; its page is open then. The
 * faults begin once it exists, so that nothing but its requests meets them.
 * @param {Page} page @param {{ id: string }} program @param {Record<string, number>} faults
 */
async function sendAgain(page, { id }, faults) {
  await pauseEverything(page, true);
  await sandbox(page, { webhooksPerSecond: 0, useRate: 0, faults: NO_FAULTS });
  const codes = await codesOf(page, id);
  const job = await call(page, `/api/programs/${id}/jobs?resend=true&source=again.csv`, {
    method: "POST",
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    body: codes.join("\n"),
  });
  await page.goto(`/programs/${id}/jobs/${job.id}`);
  await page.locator(".figures").waitFor();
  await sandbox(page, { faults });
  await pauseEverything(page, false);
}

/** @param {Page} page @param {boolean} paused */
const pauseEverything = (page, paused) =>
  call(page, "/api/pause", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ paused }),
  });

/** From where to where something is seen, in the page's pixels. @param {Page} page @param {string} selector */
async function placeOf(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  assert.ok(box, `${selector} is not seen`);
  return { top: box.y, end: box.y + box.height };
}

/** @param {Page} page */
const pill = (page) => page.locator(".job-head .pill");

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const jobTests = (page) => ({
  async "while Uber asks to wait, the page says so, and since when nothing was queued"() {
    await sendAgain(page, party, { rate_limited: 1 });
    const waiting = page.locator(".callout", { hasText: "Uber asks to wait" });
    await waiting.getByText(/Nothing has been queued (yet|since \d+:\d+:\d+)/).waitFor();
    await waiting.getByText(/tried again by itself at \d+:\d+:\d+/).waitFor();
    const facts = page.locator(".job-facts");
    await facts.locator("div", { hasText: "Time left" }).getByText("Unknown").waitFor();
    await pill(page).getByText("Waiting", { exact: true }).waitFor();
    await page.locator(".outcome", { hasText: "1,204 not queued yet" }).waitFor();
    await look(page, "job-waiting");
    await sandbox(page, { faults: { rate_limited: 0 } });
    await until(page, ({ queued }) => queued === 1_204, "it goes on", 90_000);
    await waiting.waitFor({ state: "detached" });
    await page.getByText("0 of 1,204 reached their recipients · 1,204 await a report").waitFor();
    equal(await facts.getByText("Time left").count(), 0, "nothing is left to send");
  },

  async "a job that was refused whole does not end well"() {
    await sendAgain(page, dinner, { bad_request: 1 });
    await sandbox(page, { faults: { bad_request: 0 } });
    await page
      .getByText(/^0 of 1 reached its recipient|^0 of 1 reached their/)
      .first()
      .waitFor();
    equal((await figures(page))["distributed"], 0);
    equal(await page.locator(".job-head .tone-good").count(), 0, "nothing is green");
  },

  async "what halted it and what to find out stand above Resume, which is quiet until then"() {
    await sendAgain(page, party, { lost_after: 1 });
    const halted = page.locator(".halted");
    await halted.getByText("three requests in a row got no answer").waitFor();
    await sandbox(page, { faults: { lost_after: 0 } });
    const resume = halted.getByRole("button", { name: /^Resume/ });
    equal(await resume.count(), 1);
    equal(
      await page
        .locator("main")
        .getByRole("button", { name: /^Resume/ })
        .count(),
      1,
    );
    assert.ok(!(await resume.getAttribute("class"))?.includes("strong"), "it is bright at once");
    await halted.getByText("What to find out before you resume").click();
    await halted.getByText("Whether Uber has an outage").waitFor();
    await page.locator(".halted .button-strong").waitFor();
    const found = await placeOf(page, ".halted li");
    assert.ok(found.end <= (await placeOf(page, ".halted .button-strong")).top, "below Resume");
    await look(page, "job-halted");
  },

  async "however many batches are unknown, the sentence and the bar are seen, on a phone too"() {
    await page.locator(".unknown").waitFor();
    await page.setViewportSize(PHONE);
    await page.reload();
    await page.locator(".unknown").waitFor();
    const bar = await placeOf(page, ".figures-card .bar");
    assert.ok(bar.end <= PHONE.height, `the bar ends at ${bar.end}`);
    assert.ok((await placeOf(page, ".outcome")).end <= bar.top, "the sentence is above the bar");
    assert.ok(bar.end <= (await placeOf(page, ".unknown")).top, "the decision is below the bar");
    equal(
      await page
        .locator(".unknown")
        .getByRole("button", { name: /again$/ })
        .count(),
      1,
    );
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height < 2_800, `the page is ${height} px high`);
    await page.setViewportSize(DESKTOP);
  },

  async "states without codes are folded, and can be looked at"() {
    const rows = page.locator(".figures tbody tr");
    await rows.filter({ visible: true }).first().waitFor();
    const shown = await rows.filter({ visible: true }).count();
    const found = Object.values(await figures(page)).filter((value) => value > 0).length;
    equal(shown, found);
    await page.getByRole("button", { name: /^Show \d states? without codes/ }).click();
    equal(await rows.filter({ visible: true }).count(), await rows.count());
  },

  async "what is sent again has its number typed, and a lost answer is told from a lost pause"() {
    const unknown = page.locator(".unknown");
    const { unknown: size = 0 } = await figures(page);
    const words = size.toLocaleString("en");
    const again = `Send all ${words} codes again`;
    await unknown.getByRole("button", { name: again }).click();
    const dialog = page.getByRole("dialog");
    const yes = dialog.getByRole("button", { name: again });
    equal(await yes.getAttribute("aria-disabled"), "true");
    await dialog.getByRole("textbox").fill(String(size + 1));
    await dialog.getByRole("textbox").press("Enter");
    equal(await yes.getAttribute("aria-disabled"), "true");
    await dialog.getByRole("textbox").fill(words);
    equal(await yes.getAttribute("aria-disabled"), "false");
    await look(page, "job-send-again");
    await dialog.getByRole("button", { name: "Cancel" }).click();

    const take = new RegExp(`^Take all ${words} codes as queued`);
    await page.route("**/resolve", (route) => route.abort("connectionreset"));
    await unknown.getByRole("button", { name: take }).click();
    await dialog.getByRole("button", { name: take }).click();
    await page.getByText("It is not known whether your decision arrived.").waitFor();
    await page.unroute("**/resolve");
    // Once the connection is back it is no news any more.
    await page.getByText("It is not known whether your decision arrived.").waitFor({
      state: "detached",
    });
    equal((await figures(page))["unknown"], size);
  },

  async "what rests on a decision alone says that alone"() {
    const unknown = page.locator(".unknown");
    const { unknown: size = 0, queued = 0 } = await figures(page);
    await unknown.getByRole("button", { name: /^Take all / }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Take all / })
      .click();
    await until(page, (found) => found["queued"] === size + queued, "taken as queued");
    const rests = page.locator("[data-state=queued] .figure-evidence");
    await rests.getByText(/^by an operator’s decision/).waitFor();
    equal((await rests.innerText()).includes("Uber’s answer"), false);
  },

  async "offline, buttons say why they can’t be pressed, and the time is said once"() {
    await page.context().setOffline(true);
    try {
      await page.locator(".disconnected").waitFor();
      await page.locator(".job-blocked").waitFor();
      await page.getByText("Disconnected", { exact: true }).waitFor();
      equal(await page.getByText(/last true at/).count(), 1);
      const usage = page.getByRole("button", { name: "Read usage now" });
      equal(await usage.getAttribute("aria-disabled"), "true");
    } finally {
      await page.context().setOffline(false);
    }
    await page.locator(".job-blocked").waitFor({ state: "detached" });
    equal(sum(await figures(page)), party.codes);
  },

  async "below five samples there is a table and no chart"() {
    await page.goto(`/programs/${dinner.id}`);
    await page.locator("a.job").first().click();
    await page.locator(".chart-card").first().waitFor();
    equal(await page.locator(".chart canvas").count(), 0);
    await page.locator(".samples tbody tr").first().waitFor();
    await sandbox(page, { webhooksPerSecond: 200 });
  },
});
