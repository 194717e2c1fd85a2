/** Without a connection: what needs the worker is disabled and says why, on every screen. */
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, equal, sandbox, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { hires, autumn, nights } = PROGRAMS;

/** What works in the page alone, by its name. Links to other screens are not listed here. */
const LOCAL = [
  // The frame.
  /^(Skip to the content|Sandbox|You and this console|Keys \?|Find ⌘K|Close)$/,
  // Folds, and lists that are there already.
  /^(Who did what|Details|States over time|Failed, by reason|summary:)/,
  /^Show (\d+ states without codes|the newest|all \d+ jobs|\d+ batches|the first \d+|\d+ more of)/,
  /^(Jobs|Jobs of the program)$/,
  // Searches that are answered once the connection is back.
  /^field:/,
  /^Clear the search$|^Show all$/,
  // Reading a list in the page, and deciding about it.
  /^(Choose a file( O)?|Paste codes( P)?|Another list|Read these codes|Cancel)$/,
  /^choice:/,
  /^Continue without (it|them)(: [\d,]+ codes?)?$/,
  /^[\d,]+ as CSV$/,
  /^[\d,]+ (not a guest|two guests|no code|look|is|are|row)/,
  // Codes that are listed already.
  /^(row:|Clear$|Review [\d,]+ codes?$)/,
  /^(event: )?Copy/,
  // The browser's own.
  /^Tell me when a job needs me or ends$/,
  // What is decided about, before it is decided.
  /^Decide about (this batch only|all batches instead)$|^Chosen$|^Not now$/,
  /^event: (Show|Hide) recipients$/,
];

/** The visible controls that are enabled. @param {Page} page @returns {Promise<string[]>} */
const enabled = (page) =>
  page.evaluate(() => {
    const selector =
      "a, button, summary, select, textarea, input, label.button, [role=option], .code-row[aria-selected]";
    const modal = document.querySelector("dialog[open]");
    const found = /** @type {HTMLElement[]} */ ([
      ...(modal ?? document).querySelectorAll(selector),
    ]);
    return found
      .filter((element) => {
        if (element.matches(":disabled, [aria-disabled=true], [hidden] *, [inert] *")) return false;
        return element.checkVisibility({ visibilityProperty: true });
      })
      .filter((element) => {
        const href = element.getAttribute("href");
        const isScreen = /^(\/(?!api\/|cdn-cgi\/)|#)/.test(href ?? "");
        return !isScreen || element.hasAttribute("download");
      })
      .map((element) => {
        const name = (element.getAttribute("aria-label") ?? element.textContent ?? "")
          .replaceAll(/\s+/g, " ")
          .trim();
        if (element.matches("[role=option], .code-row")) return "row:";
        if (element.closest(".event-body")) return `event: ${name}`;
        if (element.matches("summary")) return `summary:${name}`;
        if (element.matches("[type=checkbox], [type=radio]")) return "choice:";
        if (element.matches("input, select, textarea")) return `field:${element.id || name}`;
        return name;
      });
  });

/**
 * Takes the connection away for a moment. Returns what is enabled although it needs the worker, and
 * what is disabled without a reason.
 * @param {Page} page @param {string} where @param {() => Promise<unknown>} [act] meanwhile
 */
async function faultsOffline(page, where, act) {
  await page.context().setOffline(true);
  try {
    await page.getByRole("region", { name: "Connection" }).waitFor();
    const names = await enabled(page);
    const unknown = names.filter((name) => !LOCAL.some((known) => known.test(name)));
    const silent = await page
      .locator("a[aria-disabled=true]:not([title]), .button[aria-disabled=true]:not([title])")
      .evaluateAll((all) =>
        all
          .filter((element) => element.checkVisibility())
          // The reason of this one is the text below it.
          .filter((element) => !element.hasAttribute("aria-describedby"))
          .map(({ textContent }) => `${textContent} (no reason)`),
      );
    await act?.();
    return [...new Set([...unknown, ...silent])].map((name) => `${where}: ${name}`);
  } finally {
    await page.context().setOffline(false);
    await page.getByRole("region", { name: "Connection" }).waitFor({ state: "detached" });
  }
}

/** @param {Page} page @param {{ id: string }} program @param {readonly string[]} codes @param {string} [query] */
async function create(page, { id }, codes, query = "") {
  const job = await call(page, `/api/programs/${id}/jobs?name=offline${query}`, {
    method: "POST",
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    body: codes.join("\n"),
  });
  return `/programs/${id}/jobs/${job.id}`;
}

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const offlineTests = (page) => ({
  async "without a connection, every control that needs the worker is disabled and says why"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 1, useRate: 0, faults: {} });
    const codes = await codesOf(page, nights.id);
    const failed = await create(page, nights, codes.slice(100, 110));
    const scheduled = await create(page, nights, codes.slice(110, 112), "&startIn=600");
    const first = await create(page, nights, codes.slice(112, 115), "&pauseAfter=1");
    const paused = await create(page, nights, codes.slice(115, 118), "&start=false");
    const unapproved = await create(page, nights, codes.slice(120, 150));
    const cancelled = await create(page, nights, codes.slice(150, 152), "&startIn=600");
    await call(page, `/api${cancelled}/cancel`, { method: "POST" });
    await page.goto(failed);
    await until(page, ({ failed: some = 0 }) => some === 10, "failed");
    await sandbox(page, { faults: { lost_after: 1 }, webhooksPerSecond: 0 });
    const unknown = await create(page, nights, codes.slice(160, 170));
    await page.goto(unknown);
    await until(page, ({ unknown: some = 0 }) => some === 10, "unknown");
    await sandbox(page, { faults: { lost_after: 0 }, failureRate: 0 });

    /** @type {[where: string, path: string, ready: string][]} */
    const screens = [
      ["programs", "/", "a.program"],
      ["program", `/programs/${nights.id}`, ".code-row"],
      ["new distribution", `/programs/${autumn.id}/new`, ".drop"],
      ["several programs", "/new", ".drop"],
      ["everybody", `/programs/${autumn.id}/everybody`, ".review"],
      ["history", "/history", "a.job"],
      ["events", "/events", "main ul li"],
      ["job that failed", failed, ".figures"],
      ["job before its start", scheduled, ".waits"],
      ["job that needs approval", unapproved, ".waits"],
      ["job after its first code", first, ".waits, .first-codes"],
      ["job that is paused", paused, ".job-actions .button-strong"],
      ["job that was cancelled", cancelled, ".figures"],
      ["job with unknown codes", unknown, ".unknown"],
    ];
    /** @type {string[]} */
    const faults = [];
    for (const [where, path, ready] of screens) {
      await page.goto(path);
      await page.locator(ready).first().waitFor();
      await page.getByLabel("You and this console").click();
      for (const fold of await page.locator("details.fold:not([open]) > summary").all()) {
        await fold.click();
      }
      const see = where === "job with unknown codes" ? () => look(page, "offline-job") : undefined;
      faults.push(...(await faultsOffline(page, where, see)));
    }

    await page.goto("/history");
    await page.getByRole("button", { name: "Who did what" }).click();
    await page.locator(".audit li").first().waitFor();
    faults.push(...(await faultsOffline(page, "audit trail")));

    await page.goto("/events");
    await page.locator("main ul li a").first().click();
    await page.locator(".event-body, .event-body-card, pre").first().waitFor();
    faults.push(...(await faultsOffline(page, "event")));

    await page.getByRole("button", { name: "Sandbox" }).click();
    await page.getByRole("heading", { name: "Sandbox" }).waitFor();
    faults.push(...(await faultsOffline(page, "sandbox")));
    await sandbox(page, { webhooksPerSecond: 200 });
    equal(faults.join("\n"), "");
  },

  async "without a connection, a review and its list stay, and nothing of it can be sent"() {
    const foreign = (await codesOf(page, hires.id)).slice(0, 2);
    const own = (await codesOf(page, autumn.id)).slice(40, 44);
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "mixed.csv", ["code_id", ...own, ...foreign, "wrong"].join("\n"));
    await page.getByText(/are not in this program/).waitFor();
    /** @type {string[]} */
    const faults = [];
    faults.push(...(await faultsOffline(page, "review of a list with codes of another program")));
    await choose(page, "own.csv", ["code_id", ...own, "wrong"].join("\n"));
    await page.getByText("First decide about the 1 rejected row").waitFor();
    faults.push(...(await faultsOffline(page, "review", () => look(page, "offline-review"))));
    equal(faults.join("\n"), "");
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a fault of a read is gone once the list was checked again"() {
    const own = (await codesOf(page, autumn.id)).slice(40, 44);
    let isBroken = true;
    await page.route("**/jobs?*", async (route) => {
      const isDry = route.request().url().includes("dryRun");
      if (isDry || !isBroken || route.request().method() !== "POST") return route.continue();
      isBroken = false;
      return route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({
          ...{ status: 503, code: "codes_not_read", queued: "no" },
          title: "Uber’s list of the codes could not be read",
        }),
      });
    });
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "again.csv", own.join("\n"));
    const button = page.getByRole("button", { name: "Distribute 4 codes", exact: true });
    await button.and(page.locator("[aria-disabled=false]")).click();
    await page
      .getByText("codes_not_read")
      .waitFor({ state: "attached" })
      .catch(() => {});
    await button.and(page.locator("[aria-disabled=false]")).waitFor();
    equal(isBroken, false);
    equal(await page.locator(".review [role=alert]").count(), 0, "the fault stays");
    await page.unroute("**/jobs?*");
    await page.getByRole("button", { name: "Another list" }).click();
  },
});
