/** What operators do about a job and with each other: waiting, approving, looking back, being told. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { createAgain, pauseEverything } from "./job.mjs";
import { PROGRAMS, REPORTS_MS, call, downloaded, equal, sandbox, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, hires } = PROGRAMS;

/**
 * The job's page as the worker would tell it, with some of it changed.
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

/** The page of the newest job of a program. @param {Page} page @param {{ id: string }} program */
async function newestJob(page, { id }) {
  const { jobs } = await call(page, `/api/programs/${id}/jobs`);
  return `/programs/${id}/jobs/${jobs[0].id}`;
}

/** @param {Page} page @returns {Promise<Record<string, number>>} */
async function settled(page) {
  return until(
    page,
    ({ queued, pending, sending }) => queued === 0 && pending === 0 && sending === 0,
    "settled",
    REPORTS_MS,
  );
}

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const operatorTests = (page) => ({
  async "results are found by reason and saved as found"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0.5, useRate: 0 });
    const { id } = await createAgain(page, hires);
    await page.goto(`/programs/${hires.id}/jobs/${id}`);
    const { failed = 0 } = await settled(page);
    assert.ok(failed > 1, `${failed} failed`);
    const reasons = page.locator(".reason-filter select");
    await reasons.waitFor();
    const [, first = ""] = await reasons.locator("option").allInnerTexts();
    const size = Number(/\((\d+)\)$/.exec(first)?.[1]);
    await reasons.selectOption({ index: 1 });
    await page.getByText(`${size} ${size === 1 ? "code" : "codes"} found`).waitFor();
    const save = page.getByRole("link", { name: "What was found as CSV" });
    const [header = "", ...rows] = (await downloaded(page, () => save.click()))
      .replace("\ufeff", "")
      .trim()
      .split("\r\n");
    equal(header, "code,code_text,state,reason,by,batch,time,job");
    equal(rows.length, size);
    for (const row of rows) assert.ok(row.includes(",failed,"), row);
    await reasons.selectOption({ index: 0 });
  },

  async "recipients stand beside their codes, masked until somebody asks, which is written down"() {
    await page.getByRole("button", { name: "Show recipients" }).click();
    const recipient = page.locator(".result-recipient").first();
    await recipient.getByText("…").first().waitFor();
    const masked = await page.locator(".result-recipient").allInnerTexts();
    for (const text of masked) assert.ok(!/\w{2,}@/.test(text), text);
    await look(page, "job-recipients");
    await page.getByPlaceholder("Id, recipient or code_text").fill("example.com");
    await page.getByRole("button", { name: "Look for recipients" }).click();
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

  async "history is searched and saved: the jobs, and who did what and why"() {
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
    const save = page.getByRole("button", { name: "What was found as CSV" });
    const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
    equal(csv.length - 1, shown);
    await page.getByRole("searchbox").fill("");
    await look(page, "history-jobs");
    await page.getByRole("button", { name: "Who did what" }).click();
    await page.getByRole("searchbox").fill("created");
    const entries = page.locator(".audit li");
    await entries.filter({ hasText: "admin created the job" }).first().waitFor();
    await entries.filter({ hasText: "paused everything" }).first().waitFor({ state: "detached" });
    await look(page, "history-audit");
  },

  async "reports are waited for: send again is shut while the worker would refuse it"() {
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
      .getByText(/“Send again” opens at/)
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

  async "a job that waits for a second operator says who asked, and is not approved by them"() {
    const path = await newestJob(page, hires);
    const other = await page.context().newPage();
    // One operator alone can sign in by the token; that the worker keeps them apart is tested there.
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
          title: "You have asked for it",
        }),
      }),
    );
    await waits.getByRole("button", { name: "Approve: distribute 50 codes" }).click();
    await other
      .getByRole("dialog")
      .getByRole("button", { name: /^Approve/ })
      .click();
    await other.getByText("The job was not approved: nothing of it leaves.").waitFor();
    await other.close();

    const own = await page.context().newPage();
    await retold(own, () => ({ status: "unapproved", by: "admin" }));
    await own.goto(path);
    const approve = own.locator(".waits").getByRole("button", { name: /^Approve/ });
    await own.getByText("sign in as another operator").waitFor();
    equal(await approve.getAttribute("aria-disabled"), "true");
    await own.close();
  },

  async "the browser tells of a job that has ended: once, with the program’s name and nobody’s data"() {
    await page.context().grantPermissions(["notifications"]);
    /** What any page has told of a job. @type {[name: string, text: string][]} */
    const told = [];
    const context = page.context();
    await context.exposeFunction("tell", (/** @type {string} */ text) =>
      told.push(/** @type {[string, string]} */ (JSON.parse(text))),
    );
    // Only a page that the browser has in front of all others would show a notice here.
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
    // Whichever page tells of all jobs, it is one of these.
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

    // Somebody looks at it.
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
