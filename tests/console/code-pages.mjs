/** A program of 300,000 codes, as an admin looks at it: it stands in a sandbox of its own. */
import { assert } from "../package/harness.mjs";
import { open, signIn, visitor } from "./browser.mjs";
import { start } from "./server.mjs";
import { call, equal } from "./steps.mjs";

const CODES = 300_000;
const LARGE = "d40b6f1e-27c8-4a95-b3d1-6e8f0a5c2b07";
/** Ten thousand ids are the most in one answer. */
const MAX_BYTES = 400_000;
const MEGABYTE = 1_048_576;

/** @returns {Record<string, () => Promise<void>>} */
export const codePagesTests = () => ({
  async "300,000 codes of a program come in pages: found, filtered, selected and reviewed"() {
    const server = await start({ SANDBOX_LARGE: String(CODES) });
    const context = await visitor(server.origin);
    await context.addInitScript(() => {
      const tasks = { longest: 0, at: "" };
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) {
          if (duration > tasks.longest) Object.assign(tasks, { longest: duration });
        }
      }).observe({ entryTypes: ["longtask"] });
    });
    const page = await open(context, `/programs/${LARGE}`);
    /** What each answer of the API has. @type {Promise<number>[]} */
    const sizes = [];
    page.on("response", (response) => {
      if (!response.url().includes("/api/")) return;
      sizes.push(
        response.body().then(
          ({ length }) => length,
          () => 0,
        ),
      );
    });
    const longest = () =>
      page.evaluate(() => {
        const { tasks } = /** @type {any} */ (window);
        const { longest } = tasks;
        tasks.longest = 0;
        return Math.round(longest);
      });
    const devtools = await context.newCDPSession(page);
    const heap = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      return Math.round(usedSize / MEGABYTE);
    };
    /** @type {Record<string, [task: number, heap: number]>} */
    const told = {};
    const tell = async (/** @type {string} */ what) =>
      (told[what] = [await longest(), await heap()]);
    try {
      await signIn(page);
      const table = page.locator(".codes");
      await page.locator("#code-0 .code-text code").waitFor();
      await page.locator("#codes-title", { hasText: "300,000" }).waitFor();
      await tell("the first page");

      await table.focus();
      await page.keyboard.press("End");
      const last = page.locator(`#code-${CODES - 1}`);
      await last.locator(".code-text code").waitFor();
      const text = await last.locator(".code-text").innerText();
      await tell("the last row");

      const field = page.getByRole("searchbox", { name: /Find a code/ });
      await field.fill(text.toLowerCase());
      await page.locator("#code-0 .code-text", { hasText: text }).waitFor();
      equal(await page.locator(".code-row[aria-selected]").count(), 1);
      await field.fill((await page.locator("#code-0 .code-id").getAttribute("title")) ?? "");
      await page.locator("#code-0 .code-text", { hasText: text }).waitFor();
      await field.fill("");
      await last.locator(".code-text code").waitFor();
      await tell("found");

      // A range over rows that were never read.
      await table.evaluate((rows) => rows.scrollTo(0, 0));
      await page.locator("#code-1 .code-text code").click();
      await table.focus();
      // Meanwhile, the worker has read Uber's list again.
      const path = `/api/programs/${LARGE}/codes/search`;
      await page.waitForTimeout(1_100);
      await call(page, path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ again: true, limit: 1 }),
      });
      await table.evaluate((rows) => rows.scrollTo(0, rows.scrollHeight / 10));
      await page.locator("#code-1").waitFor({ state: "detached" });
      // By its id: more rows may be read meanwhile.
      const far = page.locator(".code-row[aria-selected]").nth(12);
      const id = (await far.getAttribute("id")) ?? "";
      const index = id.replace("code-", "");
      await page.locator(`#${id}`).click({ modifiers: ["Shift"] });
      assert.ok(Number(index) > 20_000, `row ${index}`);
      await page.getByText(`${Number(index).toLocaleString("en")} codes selected`).waitFor();
      await page.getByRole("button", { name: "Clear" }).click();
      await tell("a range");

      await table.focus();
      await page.keyboard.press("a");
      await page.getByText("300,000 codes selected").waitFor();
      await page.locator(".code-head .check.is-on").waitFor();
      await tell("all are selected");
      await page.locator(".code-row[aria-selected]").nth(12).click();
      await page.getByText("299,999 codes selected").waitFor();
      await page.getByRole("button", { name: "Review 299,999 codes" }).click();
      await page.locator("[data-count=valid]", { hasText: "299,999" }).waitFor();
      await page.locator("[data-count=not-in-this-program]", { hasText: "0" }).waitFor();
      await tell("the review");

      const largest = Math.max(...(await Promise.all(sizes)));
      console.log(
        `the largest answer has ${largest} bytes; longest task in ms and heap in MB:`,
        told,
      );
      assert.ok(largest < MAX_BYTES, `${largest} bytes`);
      const drawn = await page.locator(".code-row").count();
      assert.ok(drawn < 200, `${drawn} rows are drawn`);
      const { jobs } = await call(page, `/api/programs/${LARGE}/jobs`);
      equal(jobs.length, 0, "nothing was sent");
    } finally {
      await context.close();
      await server.stop();
    }
  },
});
