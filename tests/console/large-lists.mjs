/** Lists of 300,000 codes: the page stays responsive while they are reviewed. It has a sandbox of its own. */
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assert } from "../package/harness.mjs";
import { open, signIn, visitor } from "./browser.mjs";
import { start } from "./server.mjs";
import { codesOf, downloaded, equal } from "./steps.mjs";

const CODES = 300_000;
const LARGE = "d40b6f1e-27c8-4a95-b3d1-6e8f0a5c2b07";
/** A task may take this share of what it takes to look through the whole list at once. */
const MAX_SHARE = 1 / 2;

/** @typedef {import("playwright-core").Page} Page */

/** The longest task since the last call, in milliseconds. @param {Page} page @returns {Promise<number>} */
const longest = (page) =>
  page.evaluate(async () => {
    // The browser tells a task a while after it has ended.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { tasks } = /** @type {any} */ (window);
    return Math.max(0, ...tasks.splice(0));
  });

/** How long this machine takes, at the moment, to look through such a list in one task. @param {Page} page */
const wholeList = (page) =>
  page.evaluate((count) => {
    const codes = Array.from({ length: count }, () => crypto.randomUUID());
    const text = codes.join("\n");
    const from = performance.now();
    /** @type {Set<string>} */
    const left = new Set(codes);
    for (const row of text.toLowerCase().split(/\r\n|\n|\r/)) {
      for (const [code] of row.matchAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi)) {
        left.delete(code);
      }
    }
    return performance.now() - from + left.size;
  }, CODES);

/** @returns {Record<string, () => Promise<void>>} */
export const largeListsTests = () => ({
  async "300,000 codes, of the program or not, are reviewed without a long task"() {
    const server = await start({ SANDBOX_LARGE: String(CODES) });
    const context = await visitor(server.origin);
    await context.addInitScript(() => {
      /** @type {number[]} */
      const tasks = [];
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration);
      }).observe({ entryTypes: ["longtask"] });
    });
    const file = join(tmpdir(), `foreign-${process.pid}.csv`);
    try {
      const page = await open(context, `/programs/${LARGE}`);
      await signIn(page);
      await page.locator("#code-0 .code-text code").waitFor();
      /** @type {Record<string, number>} */
      const told = {};
      const before = await wholeList(page);
      await longest(page);

      await page.locator(".codes").focus();
      await page.keyboard.press("a");
      await page.getByRole("button", { name: "Review 300,000 codes" }).click();
      await page.locator("[data-count=not-in-this-program]", { hasText: "0" }).waitFor();
      await page.getByRole("button", { name: "Find codes without a guest" }).waitFor();
      told["the review"] = await longest(page);
      await page.getByLabel("Send one code first").check();
      await page.getByRole("button", { name: "Distribute 1 code first, of 300,000" }).waitFor();
      told["one code first"] = await longest(page);
      await page.getByRole("button", { name: "Another list" }).click();

      const own = (await codesOf(page, LARGE)).slice(0, 5);
      await longest(page);
      const foreign = Array.from({ length: CODES }, () => crypto.randomUUID());
      const rows = [...foreign.slice(0, 7), ...own, ...foreign.slice(7)];
      await writeFile(file, `code_id\n${rows.join("\n")}\n`);
      await page.locator("input[type=file]").setInputFiles(file);
      await page.locator("[data-count=not-in-this-program]", { hasText: "300,000" }).waitFor();
      await page.getByText("the first 8 are listed").waitFor();
      told["not in this program"] = await longest(page);
      equal(await page.locator(".rejected tbody td").first().innerText(), "2");
      const save = page.getByRole("button", { name: "300,000 as CSV" });
      const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
      equal(csv.length, CODES + 1);
      equal(csv[7], `8,${foreign[6]},,`);
      equal(csv[8], `14,${foreign[7]},,`);
      equal(csv.at(-1), `${CODES + 6},${foreign.at(-1)},,`);
      told["saved"] = await longest(page);
      await page.getByRole("button", { name: "Continue without them: 5 codes" }).click();
      await page.locator("[data-count=valid]", { hasText: /^5$/ }).waitFor();
      told["without them"] = await longest(page);
      // Other work on this machine may have begun or ended meanwhile.
      const whole = Math.max(before, await wholeList(page));
      console.log(`the whole list at once: ${Math.round(whole)} ms; the longest tasks:`, told);
      for (const [what, task] of Object.entries(told)) {
        const limit = whole * MAX_SHARE;
        assert.ok(task < limit, `${what}: ${Math.round(task)} of ${Math.round(limit)} ms`);
      }
    } finally {
      await context.close();
      await server.stop();
      await rm(file, { force: true });
    }
  },
});
