/** What operators do with a job and together: waiting, approving, reviewing, being notified. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { createAgain, pauseEverything } from "./job.mjs";
import { PROGRAMS, downloaded, equal, newestJob, sandbox, untilSettled, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, hires } = PROGRAMS;

/**
 * Shows the job's page with a changed response of the worker.
 * @param {Page} page @param {(job: any) => object} change
 */
const retold = (page, change) =>
  page.routeWebSocket(/\/live$/, (socket) => {
    socket.connectToServer().onMessage((data) => {
      if (data === "pong") return socket.send(data);
      const message = JSON.parse(String(data));
      const told = message.job ?? message;
      Object.assign(told, change(told));
      socket.send(JSON.stringify(message));
    });
  });

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const operatorTests = (page) => ({
  async "results are filtered by reason, and saved as filtered"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0.5, useRate: 0 });
    const { id } = await createAgain(page, hires);
    await page.goto(`/programs/${hires.id}/jobs/${id}`);
    const { failed = 0 } = await untilSettled(page);
    assert.ok(failed > 1, `${failed} failed`);
    const reasons = page.locator(".reason-filter select");
    await reasons.waitFor();
    const [, first = ""] = await reasons.locator("option").allInnerTexts();
    const size = Number(/\((\d+)\)$/.exec(first)?.[1]);
    await reasons.selectOption({ index: 1 });
    await page.getByText(`${size} ${size === 1 ? "code" : "codes"} found`).waitFor();
    const save = page.getByRole("link", { name: "Search results as CSV" });
    const [header = "", ...rows] = (await downloaded(page, () => save.click()))
      .replace("\ufeff", "")
      .trim()
      .split("\r\n");
    equal(header, "code,code_text,state,reason,by,batch,time,job");
    equal(rows.length, size);
    for (const row of rows) assert.ok(row.includes(",failed,"), row);
    await reasons.selectOption({ index: 0 });
  },

  async "recipients are shown beside their codes, masked until revealed, which is recorded"() {
    await page.getByRole("button", { name: "Show recipients" }).click();
    const recipient = page.locator(".result-recipient").first();
    await recipient.getByText("…").first().waitFor();
    const masked = await page.locator(".result-recipient").allInnerTexts();
    for (const text of masked) assert.ok(!/\w{2,}@/.test(text), text);
    await look(page, "job-recipients");
    await page.getByPlaceholder("Id, recipient or code_text").fill("example.com");
    await page.getByRole("button", { name: "Search recipients" }).click();
    await page.getByText(/guests? found, \d+ codes? of them in this job/).waitFor();
    await page
      .locator(".result-recipient", { hasText: /\w{2,}@example\.com/ })
      .first()
      .waitFor();
    await page.getByPlaceholder("Id, recipient or code_text").fill("");
    await page.reload();
    await page.getByText("Who did what").first().waitFor();
    await page.goto("/history");
    await page.getByRole("button", { name: "Who did what" }).click();
    await page.locator(".audit li", { hasText: "looked at recipients unmasked" }).first().waitFor();
  },

  async "history can be searched and saved: the jobs and the audit trail"() {
    await page.goto("/history");
    await page.locator("a.job").first().waitFor();
    await page.getByLabel("State of the jobs").selectOption("finished");
    await page.locator("a.job").first().waitFor();
    await page.getByRole("searchbox").fill("no such job");
    await page.getByText("No job matches").waitFor();
    await page.getByRole("searchbox").fill(hires.id);
    await page.locator("a.job").first().waitFor();
    const names = await page.locator("a.job b").allInnerTexts();
    assert.ok(
      names.every((name) => name === hires.name),
      names.join(),
    );
    const shown = await page.locator("a.job").count();
    const save = page.getByRole("button", { name: "Search results as CSV" });
    const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
    equal(csv.length - 1, shown);
    await page.getByRole("searchbox").fill("HIRE rides");
    await page.locator("a.job", { hasText: hires.name }).first().waitFor();
    equal(await page.locator("a.job").count(), shown, "found by the program’s name");
    await page.getByRole("button", { name: "Who did what" }).click();
    equal(await page.getByRole("searchbox").inputValue(), "", "each list is searched for itself");
    await page.getByRole("searchbox").fill("new hire");
    await page.locator(".audit li", { hasText: hires.name }).first().waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "Jobs", exact: true }).click();
    await page.getByRole("searchbox").fill("");
    await look(page, "history-jobs");
    await page.getByRole("button", { name: "Who did what" }).click();
    await page.getByRole("searchbox").fill("created");
    const entries = page.locator(".audit li");
    await entries.filter({ hasText: "admin created the job" }).first().waitFor();
    await entries.filter({ hasText: "paused everything" }).first().waitFor({ state: "detached" });
    await look(page, "history-audit");
  },

  async "while reports may arrive, “send again” is disabled"() {
    await pauseEverything(page, true);
    await sandbox(page, { webhooksPerSecond: 0, faults: { lost_after: 0 } });
    const { id, progress } = await createAgain(page, party);
    await page.goto(`/programs/${party.id}/jobs/${id}`);
    await page.locator(".figures").waitFor();
    await sandbox(page, { faults: { lost_after: 1 } });
    await pauseEverything(page, false);
    await until(page, ({ unknown }) => unknown === progress.total, "unknown");
    await sandbox(page, { faults: { lost_after: 0 } });
    const again = page.locator(".unknown").getByRole("button", { name: /^Send all .* again$/ });
    const other = await page.context().newPage();
    const now = Date.now();
    await retold(other, ({ settling }) => ({
      settling: {
        ...settling,
        arrived: 400,
        of: 500,
        lastAt: now - 2_000,
        resendAt: now + 600_000,
        isOpen: false,
      },
    }));
    await other.goto(page.url());
    await other.getByText(/Reports are arriving: 400 of 500, the last \d+ s ago/).waitFor();
    const shut = other.locator(".unknown").getByRole("button", { name: /^Send all .* again$/ });
    equal(await shut.getAttribute("aria-disabled"), "true");
    await other
      .getByText(/“Send again” is available at/)
      .first()
      .waitFor();
    equal(
      await other.locator(".choice").last().getByRole("button").innerText(),
      await shut.innerText(),
    );
    await look(other, "job-settling");
    await other.close();

    await page.getByRole("button", { name: "Read usage now" }).first().click();
    await again.and(page.locator("[aria-disabled=false]")).waitFor();
    await page.getByRole("button", { name: /^Abandon all / }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Why/).fill("The recipients were called.");
    await dialog.getByRole("button", { name: /^Abandon all / }).click();
    await until(page, ({ unknown, abandoned = 0 }) => unknown === 0 && abandoned > 0, "abandoned");
    const done = page.locator(".audit li", { hasText: "decided about unknown codes" });
    await done.getByText("The recipients were called.").waitFor();
    await sandbox(page, { webhooksPerSecond: 200 });
  },

  async "a job that needs a second operator names its creator, who can't approve it"() {
    const path = await newestJob(page, hires);
    const other = await page.context().newPage();
    // With the token, there is only one operator; the worker's own tests check that it tells
    // operators apart.
    await retold(other, () => ({ status: "unapproved", by: "grace@example.com" }));
    await other.goto(path);
    const waits = other.locator(".waits");
    await waits.getByText("grace@example.com asked for 50 codes").waitFor();
    await look(other, "job-unapproved");
    await other.route("**/approve", (route) =>
      route.fulfill({
        status: 403,
        contentType: "application/problem+json",
        body: JSON.stringify({
          status: 403,
          code: "same_operator",
          title: "You asked for it",
        }),
      }),
    );
    await waits.getByRole("button", { name: "Approve: distribute 50 codes" }).click();
    await other
      .getByRole("dialog")
      .getByRole("button", { name: /^Approve/ })
      .click();
    await other.getByText("The job was not approved: it sends nothing.").waitFor();
    await other.close();

    const own = await page.context().newPage();
    await retold(own, () => ({ status: "unapproved", by: "admin" }));
    await own.goto(path);
    const approve = own.locator(".waits").getByRole("button", { name: /^Approve/ });
    await own.getByText("sign in as another operator").waitFor();
    equal(await approve.getAttribute("aria-disabled"), "true");
    await own.close();
  },

  async "the browser notifies once of a job that has ended, with the program’s name and no personal data"() {
    await page.context().grantPermissions(["notifications"]);
    /** The notifications of all pages. @type {[name: string, text: string][]} */
    const told = [];
    const context = page.context();
    await context.exposeFunction("tell", (/** @type {string} */ text) =>
      told.push(/** @type {[string, string]} */ (JSON.parse(text))),
    );
    // Only the page in front of all others would show a notification here.
    const watch = async (/** @type {string} */ path) => {
      const other = await context.newPage();
      await other.addInitScript(() => {
        const Fake = class {
          /** @param {string} title @param {{ body: string, tag: string }} options */
          constructor(title, { body, tag }) {
            void (/** @type {any} */ (window).tell(JSON.stringify([tag, `${title} | ${body}`])));
          }
          static permission = "granted";
          close() {}
        };
        Object.defineProperty(window, "Notification", { value: Fake });
        Object.defineProperty(document, "hidden", { get: () => true });
      });
      await other.goto(path);
      return other;
    };
    // Any of these pages may be the one that notifies.
    await page.goto("about:blank");
    const history = await watch("/history");
    await history.getByRole("heading", { name: "History" }).waitFor();
    const isTold = (/** @type {string} */ job) => told.some(([tag]) => tag === job);
    const wait = async (/** @type {string} */ job) => {
      for (const end = Date.now() + 60_000; !isTold(job);) {
        if (Date.now() > end) throw new Error(`Nobody was told: ${JSON.stringify(told)}`);
        await history.waitForTimeout(100);
      }
    };
    const text = /^(Awaiting reports|Settled.*): again\.csv \| New hire rides 2026: \d+ of \d+/;

    // Its page is not open.
    await pauseEverything(history, true);
    const { id: first } = await createAgain(history, hires);
    await history.waitForResponse("**/api/overview");
    await history.waitForResponse("**/api/overview");
    await pauseEverything(history, false);
    await wait(first);

    // Its page is open, in another tab.
    await pauseEverything(history, true);
    const { id: second } = await createAgain(history, hires);
    const own = await watch(`/programs/${hires.id}/jobs/${second}`);
    await own.locator(".figures").waitFor();
    await pauseEverything(history, false);
    await wait(second);

    // Its page is visible.
    await pauseEverything(history, true);
    const { id: third } = await createAgain(history, hires);
    await page.goto(`/programs/${hires.id}/jobs/${third}`);
    await page.locator(".figures").waitFor();
    await history.waitForResponse("**/api/overview");
    await pauseEverything(history, false);
    await until(page, ({ pending, sending }) => pending === 0 && sending === 0, "all has left");
    await history.waitForResponse("**/api/overview");
    await history.waitForResponse("**/api/overview");
    await history.close();
    await own.close();
    for (const [, one] of told) assert.ok(text.test(one), one);
    const names = told.map(([tag]) => tag).filter((tag) => [first, second, third].includes(tag));
    equal(names.join(), [first, second].join(), "each once, and not what is looked at");
  },
});
