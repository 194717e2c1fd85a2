/** The documentation site in Chromium, as `npm run docs` builds it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { ROOT } from "../../scripts/setup.mjs";

const index = join(ROOT, "build", "docs", "index.html");

test("the search gives every click back, however it is closed", async () => {
  assert.ok(existsSync(index), "The site is not built: node scripts/docs.mjs --check");
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(index).href);
    const search = page.locator("#tsd-search");
    for (const presses of [1, 2, 3]) {
      await page.locator("#tsd-search-trigger").click();
      await search.waitFor();
      for (let press = 0; press < presses; press += 1) await page.keyboard.press("Escape");
      await search.waitFor({ state: "hidden" });
      assert.equal(await page.locator("#tsd-overlay").count(), 0, `${presses} times Escape`);
      assert.equal(await page.evaluate(() => document.body.style.overflow), "");
    }
    // A click would wait for what is above it to go.
    await page.locator("a.title").first().click({ timeout: 5_000 });
  } finally {
    await browser.close();
  }
});
