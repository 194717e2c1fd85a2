/** What a job's page shows first, and what an operator can do when something stops the job. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import {
  PROGRAMS,
  call,
  codesOf,
  downloaded,
  equal,
  figures,
  newestJob,
  sandbox,
  sum,
  until,
  untilReported,
  untilSettled,
} from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, dinner, hires } = PROGRAMS;
const NO_FAULTS = { rate_limited: 0, bad_request: 0, lost_after: 0 };
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/**
 * Creates a job of all codes of a program that are not in use, whatever their state, and opens its
 * page. The faults begin once it exists, so that they affect only its requests. Returns the number
 * of its codes.
 * @param {Page} page @param {{ id: string }} program @param {Record<string, number>} faults
 */
async function sendAgain(page, program, faults) {
  await pauseEverything(page, true);
  await untilReported(page);
  await sandbox(page, { webhooksPerSecond: 0, useRate: 0, faults: NO_FAULTS });
  const { id, progress } = await createAgain(page, program);
  await page.goto(`/programs/${program.id}/jobs/${id}`);
  await page.locator(".figures").waitFor();
  await sandbox(page, { faults });
  await pauseEverything(page, false);
  return progress.total;
}

/** This many requests in a row without a response halt a job. */
const BATCHES = 3;

/**
 * Creates another job of a program's codes, in three batches: all but those in use.
 * @param {Page} page @param {{ id: string }} program @param {string} more
 * @returns {Promise<{ id: string, progress: { total: number } }>}
 */
export async function createAgain(page, { id }, more = "") {
  const body = (await codesOf(page, id)).join("\n");
  const jobs = `/api/programs/${id}/jobs`;
  const headers = { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() };
  const request = { method: "POST", headers, body };
  const { codes, cancelled, used, blockedUsed } = await call(page, `${jobs}?dryRun=true`, request);
  const size = Math.ceil((codes - cancelled - used - blockedUsed) / BATCHES);
  const query = `resend=true&source=again.csv&batchSize=${size}${more}`;
  return call(page, `${jobs}?${query}`, request);
}

/** As the page shows it. @param {number} value */
const words = (value) => value.toLocaleString("en");

/** @param {Page} page @param {boolean} paused */
export const pauseEverything = (page, paused) =>
  call(page, "/api/pause", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ paused }),
  });

/**
 * The top and bottom of an element, in the page's pixels.
 *
 * @param {Page} page
 * @param {string} selector
 */
async function placeOf(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`${selector} is not seen`);
  return { top: box.y, end: box.y + box.height };
}

/** @param {Page} page */
const pill = (page) => page.locator(".job-head .pill");

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const jobTests = (page) => ({
  async "while Uber asks to wait, the page says so, and since when nothing has been queued"() {
    const total = await sendAgain(page, party, { rate_limited: 1 });
    // People have used some of them meanwhile.
    assert.ok(total > 100 && total < party.codes, `${total} codes`);
    const waiting = page.locator(".callout", { hasText: "Uber asks to wait" });
    await waiting.getByText(/Nothing has been queued (yet|since \d+:\d+:\d+)/).waitFor();
    await waiting.getByText(/The next try is at \d+:\d+:\d+/).waitFor();
    const facts = page.locator(".job-facts");
    await facts.locator("div", { hasText: "Time left" }).getByText("Unknown").waitFor();
    await pill(page).getByText("Waiting", { exact: true }).waitFor();
    await page.locator(".outcome", { hasText: `${words(total)} not queued yet` }).waitFor();
    await look(page, "job-waiting");
    await sandbox(page, { faults: { rate_limited: 0 } });
    await until(page, ({ queued }) => queued === total, "it goes on", 90_000);
    await waiting.waitFor({ state: "detached" });
    const all = words(total);
    await page.getByText(`0 of ${all} reached their recipients · ${all} await a report`).waitFor();
    equal(await facts.getByText("Time left").count(), 0, "nothing is left to send");
  },

  async "a job that was refused completely is not shown as successful"() {
    await sendAgain(page, dinner, { bad_request: 1 });
    await until(page, ({ rejected }) => rejected === dinner.codes, "rejected");
    await sandbox(page, { faults: { bad_request: 0 } });
    await page
      .getByText(/^0 of 1 reached its recipient|^0 of 1 reached their/)
      .first()
      .waitFor();
    equal((await figures(page))["distributed"], 0);
    equal(await page.locator(".job-head .tone-good").count(), 0, "nothing is green");
    const rejected = page.locator(".rejected-by-uber");
    await rejected.locator("li", { hasText: "1 code" }).locator("q").waitFor();
    await rejected.locator(".error-code").waitFor();
    const words = await rejected.locator("q").innerText();
    await page.locator(".result-reason", { hasText: words }).waitFor();
    await look(page, "job-rejected");
    await rejected.getByRole("button", { name: "New distribution from 1 rejected code" }).click();
    await page.waitForURL(`**/programs/${dinner.id}/new`);
    await page.locator("[data-count=valid]", { hasText: "1" }).waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a halted job shows the cause and what to check above Resume, which is not the primary button"() {
    await sendAgain(page, party, { lost_after: 1 });
    const halted = page.locator(".halted");
    await halted.getByText("three requests in a row had no conclusive response").waitFor();
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
    await halted.getByText("What to check before you resume").click();
    await halted.getByText("Whether Uber, or a proxy between").waitFor();
    await page.locator(".halted .button-strong").waitFor();
    const found = await placeOf(page, ".halted li");
    assert.ok(found.end <= (await placeOf(page, ".halted .button-strong")).top, "below Resume");
    await look(page, "job-halted");
  },

  async "with any number of unknown batches, the sentence and the bar are visible, on a phone too"() {
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

  async "states without codes are collapsed, and can be expanded"() {
    const rows = page.locator(".figures tbody tr");
    await rows.filter({ visible: true }).first().waitFor();
    const shown = await rows.filter({ visible: true }).count();
    const found = Object.values(await figures(page)).filter((value) => value > 0).length;
    equal(shown, found);
    await page.getByRole("button", { name: /^Show \d states? without codes/ }).click();
    equal(await rows.filter({ visible: true }).count(), await rows.count());
  },

  async "sending again asks for the number, and a lost response is distinguished from a lost pause"() {
    const unknown = page.locator(".unknown");
    const { unknown: size = 0 } = await figures(page);
    const all = words(size);
    const again = `Send all ${all} codes again`;
    await unknown.getByRole("button", { name: again }).click();
    const dialog = page.getByRole("dialog");
    const yes = dialog.getByRole("button", { name: again });
    equal(await yes.getAttribute("aria-disabled"), "true");
    await dialog.getByLabel(/^Type /).fill(String(size + 1));
    await dialog.getByLabel(/^Type /).press("Enter");
    equal(await yes.getAttribute("aria-disabled"), "true");
    await dialog.getByLabel(/^Type /).fill(all);
    equal(await yes.getAttribute("aria-disabled"), "false");
    await look(page, "job-send-again");
    await dialog.getByRole("button", { name: "Cancel" }).click();

    const take = new RegExp(`^Take all ${all} codes as queued`);
    await page.route("**/resolve", (route) => route.abort("connectionreset"));
    await unknown.getByRole("button", { name: take }).click();
    await dialog.getByRole("button", { name: take }).click();
    await page.getByText("It is not known whether your decision arrived.").waitFor();
    await page.unroute("**/resolve");
    // The notice disappears once the connection is back.
    await page.getByText("It is not known whether your decision arrived.").waitFor({
      state: "detached",
    });
    equal((await figures(page))["unknown"], size);
  },

  async "a state that comes only from a decision names only that source"() {
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
    equal((await rests.innerText()).includes("Uber’s response"), false);
  },

  async "offline, buttons say why they are disabled, and the time is shown once"() {
    const total = sum(await figures(page));
    await page.context().setOffline(true);
    try {
      await page.locator(".disconnected").waitFor();
      await page.locator(".job-blocked").waitFor();
      await page.getByText("Disconnected", { exact: true }).waitFor();
      equal(await page.getByText(/figures (are )?from/).count(), 1);
      const usage = page.getByRole("button", { name: "Read usage now" });
      equal(await usage.getAttribute("aria-disabled"), "true");
    } finally {
      await page.context().setOffline(false);
    }
    await page.locator(".job-blocked").waitFor({ state: "detached" });
    equal(sum(await figures(page)), total);
  },

  async "with fewer than five samples there is a table and no chart"() {
    await page.goto(`/programs/${dinner.id}`);
    await page.locator("a.job").first().click();
    await page.locator(".chart-card").first().waitFor();
    equal(await page.locator(".chart canvas").count(), 0);
    await page.locator(".samples tbody tr").first().waitFor();
    await sandbox(page, { webhooksPerSecond: 200 });
  },

  async "failed codes become a new list, by reason, with what to do about each"() {
    await sandbox(page, { failureRate: 0.25 });
    await sendAgain(page, hires, {});
    await sandbox(page, { webhooksPerSecond: 200 });
    const { failed = 0 } = await untilSettled(page);
    assert.ok(failed > 1, `${failed} failed`);
    const rows = page.locator(".reasons tbody tr");
    await rows.first().waitFor();
    const counts = (await rows.locator("td:nth-child(2)").allInnerTexts()).map(Number);
    assert.ok(counts.length > 1, "there is one reason alone");
    await look(page, "job-failed");
    await rows.first().getByRole("checkbox").uncheck();
    const rest = failed - (counts[0] ?? 0);
    await page.getByRole("button", { name: `New distribution from ${rest} failed` }).click();
    await page.waitForURL(/\/new$/);
    await page.getByText("Failed in again.csv").first().waitFor();
    await page.locator("[data-count=valid]", { hasText: String(rest) }).waitFor();
  },

  async "a running job is paused, resumed and downloaded with the keyboard alone"() {
    await pauseEverything(page, true);
    await page.goto(`/programs/${party.id}`);
    const { id, progress } = await createAgain(page, party);
    await page.goto(`/programs/${party.id}/jobs/${id}`);
    await page.locator(".figures").waitFor();
    await page.keyboard.press("p");
    await page.getByRole("button", { name: /^Resume: / }).waitFor();
    await pauseEverything(page, false);
    const csv = await downloaded(page, () => page.keyboard.press("d"));
    equal(csv.trim().split("\r\n").length, progress.total + 1);
    await page.keyboard.press("r");
    await page.getByRole("dialog").getByText("They are sent at once").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until(page, ({ pending }) => pending === 0, "resumed");
  },

  async "a million results scroll to the last one, on a phone too"() {
    const TOTAL = 1_000_000;
    const codeAt = (/** @type {number} */ index) =>
      `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
    const other = await page.context().newPage();
    // The figures are made up, because only a browser can show how it scrolls.
    await other.routeWebSocket(/\/live$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((data) => {
        if (data === "pong") return socket.send(data);
        const message = JSON.parse(String(data));
        const { progress } = message.job ?? message;
        if (progress) progress.total = TOTAL;
        socket.send(JSON.stringify(message));
      });
    });
    await other.route(/\/results\?/, async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get("from"));
      const rows = Array.from({ length: Math.min(200, TOTAL - from) }, (_, at) => ({
        code: codeAt(from + at),
        state: "queued",
        by: "answer",
        reason: null,
        batch: 0,
        place: from + at,
      }));
      await route.fulfill({ json: { rows, next: null } });
    });
    await other.setViewportSize(PHONE);
    await other.goto(await newestJob(page, party));
    const rows = other.locator(".results .rows");
    for (const ratio of [1, 0.5, 0]) {
      await rows.evaluate((element, at) => (element.scrollTop = element.scrollHeight * at), ratio);
      const position = Math.round((TOTAL - 1) * ratio);
      if (ratio !== 0.5) await rows.getByText(codeAt(position)).waitFor();
      else
        await rows
          .getByText(/-000000[45]\d{5}$/)
          .first()
          .waitFor();
    }
    await other.close();
  },

  async "a scheduled job counts down, and can be cancelled or started now"() {
    await untilReported(page);
    await sandbox(page, { webhooksPerSecond: 0, faults: NO_FAULTS });
    const { id: cancelled } = await createAgain(page, hires, "&startIn=600");
    await page.goto(`/programs/${hires.id}/jobs/${cancelled}`);
    const waits = page.locator(".waits");
    await waits.getByText(/^Starts in \d+ min \d+ s$/).waitFor();
    await pill(page).getByText("About to start").waitFor();
    await look(page, "job-scheduled");
    await waits.getByRole("button", { name: "Cancel: send nothing" }).click();
    await pill(page).getByText("Cancelled", { exact: true }).waitFor();
    await waits.waitFor({ state: "detached" });
    await page.getByText("None of 50 codes was sent").waitFor();

    const { id: started } = await createAgain(page, hires, "&startIn=600");
    await page.goto(`/programs/${hires.id}/jobs/${started}`);
    await waits.getByRole("button", { name: "Start now: distribute 50 codes" }).click();
    await until(page, ({ queued }) => queued === hires.codes, "started now");
  },

  async "one code is sent first, its outcome is shown, and then the others are sent"() {
    const { id } = await createAgain(page, hires, "&pauseAfter=1&startIn=600");
    await page.goto(`/programs/${hires.id}/jobs/${id}`);
    const waits = page.locator(".waits");
    await waits
      .getByText(/^1 code leaves then .* The other 49 wait until you send them\.$/)
      .waitFor();
    await waits
      .getByRole("button", { name: "Start now: distribute 1 code first, of 50", exact: true })
      .click();
    await page.getByText("The first code has been sent, and nothing else").waitFor();
    await page.locator(".first-codes li", { hasText: "queued" }).waitFor();
    const { queued, pending } = await figures(page);
    equal([queued, pending], [1, hires.codes - 1]);
    // The recipients of a short program are read unasked.
    await page.locator(".first-codes li", { hasText: /to .*…/ }).waitFor();
    await page.locator(".waits").getByRole("button", { name: "Unmask them" }).waitFor();
    await look(page, "job-first-code");
    await page.getByRole("button", { name: "Now the other 49: distribute 49 codes" }).click();
    await until(page, (found) => found["queued"] === hires.codes, "the others");
    await sandbox(page, { webhooksPerSecond: 200 });
  },

  async "a job has a name, a note and an audit trail"() {
    await page.goto(await newestJob(page, hires));
    await page.getByRole("button", { name: "Rename, or add a note" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Team Zürich, second try");
    await page.getByLabel("Note", { exact: true }).fill("Asked for by Ada.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Team Zürich, second try" }).waitFor();
    await page.locator(".job-note", { hasText: "Asked for by Ada." }).waitFor();
    const done = page.locator(".audit li");
    await done.filter({ hasText: "changed its name or note" }).waitFor();
    await done.filter({ hasText: "created the job" }).waitFor();
    await page.goto("/history");
    await page.locator("a.job", { hasText: "Team Zürich, second try" }).first().waitFor();
  },
});
