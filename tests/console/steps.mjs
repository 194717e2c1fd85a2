/** What an admin does again and again. */
import { assert } from "../package/harness.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** The sandbox's programs. */
export const PROGRAMS = {
  party: { id: "5f0c1d52-6e0b-4a8e-9f37-2b1f4c8a7d01", name: "Berlin summer party", codes: 1_204 },
  hires: { id: "8a4be1c7-1f6d-4d0a-8c53-91e0a6f2b302", name: "New hire rides 2026", codes: 50 },
  day: { id: "c3d9f2a8-7b45-4e19-a0d6-5f8e1b7c4903", name: "Customer day", codes: 30_000 },
  nights: { id: "e71a60b4-93cd-4f28-b5e2-0d4c9a8f6e04", name: "", codes: 312 },
  dinner: { id: "1b82d7e5-a4f0-4c63-9e1b-7c3f5d20a805", name: "Board dinner", codes: 1 },
  autumn: { id: "7c5e90d3-18ab-4f6d-b2c7-64a1f0e3d906", name: "Autumn campaign", codes: 60 },
};

const WAIT_MS = 60_000;
/** The sandbox reports on one batch after the other: those of earlier jobs come first. */
export const REPORTS_MS = 240_000;

/** Calls the API as the page does. @param {Page} page @param {string} path @param {RequestInit} [init] */
export function call(page, path, init = {}) {
  return page.evaluate(
    async ([url, options]) => {
      const answer = await fetch(/** @type {string} */ (url), /** @type {any} */ (options));
      if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
      return answer.headers.get("Content-Type")?.includes("json") ? answer.json() : answer.text();
    },
    [path, /** @type {any} */ (init)],
  );
}

/** @param {Page} page @param {object} settings */
export const sandbox = (page, settings) =>
  call(page, "/api/sandbox", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(settings),
  });

/** Changes the sandbox by its panel, and waits until it has changed. @param {Page} page @param {() => Promise<unknown>} act */
export async function inPanel(page, act) {
  await Promise.all([
    page.waitForResponse(
      (answer) => answer.url().endsWith("/api/sandbox") && answer.request().method() === "PUT",
    ),
    act(),
  ]);
}

/** The ids of a program's codes. @param {Page} page @param {string} program @returns {Promise<string[]>} */
export async function codesOf(page, program) {
  const { codes } = await call(page, `/api/programs/${program}/codes`);
  return codes.map((/** @type {{ code: string }} */ { code }) => code);
}

/**
 * Chooses a file, where the list that was read before is kept also in its place.
 * @param {Page} page @param {string} name @param {string | Buffer} content
 */
export async function choose(page, name, content) {
  const input = page.locator("input[type=file]");
  const another = page.getByRole("button", { name: "Another list" });
  await input.or(another).first().waitFor({ state: "attached" });
  if (await another.isVisible()) await another.click();
  await input.setInputFiles({
    name,
    mimeType: "text/csv",
    buffer: typeof content === "string" ? Buffer.from(content) : content,
  });
}

/** Drops a file somewhere on the page. @param {Page} page @param {string} name @param {string} text */
export const drop = (page, name, text) =>
  page.evaluate(
    ([file, content]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([String(content)], String(file), { type: "text/csv" }));
      for (const type of ["dragenter", "dragover", "drop"]) {
        const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event);
      }
    },
    [name, text],
  );

/** Types how many codes these are, where that is asked for. @param {Page} page @param {string} label */
export async function confirmNumber(page, label) {
  await page.getByRole("button", { name: label, exact: true }).waitFor();
  await page.locator(".review-reason", { hasText: /^(First type|$)/ }).waitFor();
  const number = page.locator("#typed-number");
  if (await number.isVisible()) await number.fill(label.replaceAll(/\D/g, ""));
}

/** Presses the button, and is at the job. @param {Page} page @param {string} label */
export async function distribute(page, label) {
  await confirmNumber(page, label);
  const button = page.getByRole("button", { name: label, exact: true });
  await button.and(page.locator("[aria-disabled=false]")).click();
  await page.waitForURL(/\/jobs\//);
  await page.locator(".figures").waitFor();
}

/** What stands in the counts of a list. @param {Page} page */
export async function counts(page) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of ["valid", "duplicate", "rejected", "not-in-this-program", "queued-before"]) {
    found[name] = await page.locator(`[data-count=${name}]`).innerText();
  }
  return found;
}

/** The figures of a job. @param {Page} page @returns {Promise<Record<string, number>>} */
export function figures(page) {
  return page
    .locator(".figures tbody tr")
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [
          /** @type {HTMLElement} */ (row).dataset["state"],
          Number(row.querySelector("td")?.textContent?.replaceAll(/\D/g, "")),
        ]),
      ),
    );
}

/**
 * Waits until the page shows such figures.
 * @param {Page} page @param {(figures: Record<string, number>) => boolean} isSo @param {string} what
 */
export async function until(page, isSo, what, wait = WAIT_MS) {
  const end = Date.now() + wait;
  for (;;) {
    const found = await figures(page);
    if (Object.keys(found).length > 0 && isSo(found)) return found;
    if (Date.now() > end) throw new Error(`${what}: the page shows ${JSON.stringify(found)}`);
    await page.waitForTimeout(100);
  }
}

/** @param {Record<string, number>} figures */
export const sum = (figures) => Object.values(figures).reduce((all, one) => all + one, 0);

/** What is downloaded. @param {Page} page @param {() => Promise<unknown>} act */
export async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** @param {unknown} found @param {unknown} wanted @param {string} [what] */
export const equal = (found, wanted, what) => assert.equal(found, wanted, what);
