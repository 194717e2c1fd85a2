/** The documentation site in Chromium, as `npm run docs` builds it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { ROOT } from "../../scripts/setup.mjs";

const site = join(ROOT, "build", "docs");
const index = join(site, "index.html");
const PHONE = { width: 390, height: 844 };

/** @param {(browser: import("playwright-core").Browser) => Promise<void>} work */
async function inBrowser(work) {
  assert.ok(existsSync(index), "The site is not built: node scripts/docs.mjs --check");
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

test("the search finds guides and members by their words", () =>
  inBrowser(async (browser) => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(index).href);
    await page.locator("#tsd-search-trigger").click();
    const results = page.locator("#tsd-search-results li");
    for (const [words, found] of [
      ["limits costs", "Limits and costs of the worker"],
      ["createJob", "uber-vouchers.Client.createJob"],
    ]) {
      await page.locator("#tsd-search-input").fill(String(words));
      await results
        .filter({ hasText: String(found) })
        .first()
        .waitFor({ timeout: 10_000 });
    }
  }));

test("on a phone no page is wider than the screen", () =>
  inBrowser(async (browser) => {
    const page = await browser.newPage({ viewport: PHONE });
    const documents = readdirSync(join(site, "documents")).filter((file) => /\.html$/.test(file));
    assert.ok(documents.length > 20);
    for (const file of [index, ...documents.map((name) => join(site, "documents", name))]) {
      await page.goto(pathToFileURL(file).href);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= PHONE.width, `${file} is ${width} pixels wide`);
    }
  }));

test("the search gives every click back, however it is closed", () =>
  inBrowser(async (browser) => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(index).href);
    const search = page.locator("#tsd-search");
    for (const presses of [1, 2, 3]) {
      await page.locator("#tsd-search-trigger").click();
      await search.waitFor();
      for (let press = 0; press < presses; press += 1) await page.keyboard.press("Escape");
      await search.waitFor({ state: "hidden" });
      // The page learns a moment later that the dialog was closed.
      await page.locator("#tsd-overlay").waitFor({ state: "detached", timeout: 5_000 });
      await page.waitForFunction(() => document.body.style.overflow === "", null, {
        timeout: 5_000,
      });
    }
    // A click would wait until nothing covers its target.
    await page.locator("a.title").first().click({ timeout: 5_000 });
  }));
