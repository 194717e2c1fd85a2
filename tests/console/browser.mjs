/** Chromium, and the checks that the tests make in every page. */
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { ROOT, TOKEN } from "./server.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} BrowserContext */

const WAIT_MS = 60_000;
const SIZES = /** @type {const} */ ([
  ["desktop", 1280, 900],
  ["phone", 390, 844],
]);
const FOLDER = process.env["SCREENSHOTS"] ?? join(ROOT, "build", "screenshots");

/** Errors in a page, and violations of its policy. @type {string[]} */
export const pageErrors = [];
/** The findings of axe. @type {string[]} */
export const violations = [];

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
await mkdir(FOLDER, { recursive: true });

export const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});

/** Starts a browser of its own. @param {string} origin */
export async function visitor(origin) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  context.setDefaultTimeout(WAIT_MS);
  return context;
}

/** @param {BrowserContext} context @param {string} path */
export async function open(context, path) {
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(String(error.stack)));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) {
      pageErrors.push(message.text());
    }
  });
  await page.goto(path);
  return page;
}

/** @param {Page} page */
export async function signIn(page, token = TOKEN) {
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page
    .locator(".top")
    .waitFor()
    .catch(async (error) => {
      throw new Error(`Not signed in: ${await page.locator("main").first().innerText()}`, {
        cause: error,
      });
    });
}

/** The element that reaches furthest to the right in a page, with its ancestors. */
function widest() {
  const { scrollWidth } = document.documentElement;
  const all = [...document.body.querySelectorAll("*")];
  const wide = all.filter((element) => element.getBoundingClientRect().right >= scrollWidth - 1);
  return wide.map(({ tagName, className }) => `${tagName}.${className}`).join(" > ");
}

/**
 * Checks a screen as users see it: in both widths, light and dark. Takes a screenshot,
 * runs axe, and checks that nothing overflows at the side.
 * @param {Page} page @param {string} name
 */
export async function look(page, name) {
  for (const [kind, width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      const where = `${name}-${kind}-${colorScheme}`;
      await page.screenshot({ path: join(FOLDER, `${where}.png`), fullPage: true });
      violations.push(...(await axeFinds(page)).map((text) => `${where}: ${text}`));
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) {
      const what = await page.evaluate(widest);
      violations.push(`${name}-${kind}: the page is ${wide} px wide: ${what}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/**
 * The same for a transient state: once, as it is.
 * @param {Page} page @param {string} name
 */
export async function glance(page, name) {
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true });
  violations.push(...(await axeFinds(page)).map((text) => `${name}: ${text}`));
}

/**
 * The findings of axe; only those of these impacts, if given.
 * @param {Page} page @param {readonly string[]} [impacts] @returns {Promise<string[]>}
 */
export async function axeFinds(page, impacts) {
  await page.evaluate(`window.axe || (() => { ${axe} })()`);
  return page.evaluate(async (wanted) => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, {
      resultTypes: ["violations"],
    });
    return violations
      .filter((/** @type {any} */ { impact }) => wanted?.includes(impact) ?? true)
      .map(
        (/** @type {any} */ { id, help, nodes }) =>
          `${id}: ${help} (${nodes.length}): ${nodes[0].html.slice(0, 200)}`,
      );
  }, impacts);
}
