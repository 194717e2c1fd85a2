/** Steps that tests of the console share. */
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

/** Settings of the sandbox: a quarter of the codes fail. */
export const A_QUARTER_FAILS = {
  webhooksPerSecond: 200,
  failureRate: 0.25,
  // Usage is another source of states: its own tests cover it.
  useRate: 0,
  // Up to a minute late, for which other tests would wait.
  faults: { webhook_reordered: 0 },
};

const WAIT_MS = 60_000;
/** The sandbox reports one batch after the other: those of earlier jobs come first. */
export const REPORTS_MS = 240_000;
/** The worker passes reports on every five seconds. */
const TAKEN_MS = 10_000;

/**
 * Calls the API as the page does.
 *
 * @param {Page} page
 * @param {string} path
 * @param {RequestInit} [init]
 */
export function call(page, path, init = {}) {
  return page.evaluate(
    async ([url, options]) => {
      const response = await fetch(/** @type {string} */ (url), /** @type {any} */ (options));
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      return response.headers.get("Content-Type")?.includes("json")
        ? response.json()
        : response.text();
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

/**
 * Waits until the sandbox has reported on all earlier jobs, unless it reports on none, and the worker
 * has passed its reports on: late ones would settle codes of the next job, too.
 *
 * @param {Page} page
 */
export async function untilReported(page) {
  const end = Date.now() + REPORTS_MS;
  for (;;) {
    const { waiting, webhooksPerSecond } = await call(page, "/api/sandbox");
    const { events } = await call(page, "/api/events");
    // What an event settles stays unknown if its job is gone, so an older one may be like that.
    const isTaken = events.every(
      (/** @type {{ settled: number | null, lastAt: number }} */ { settled, lastAt }) =>
        settled !== null || lastAt < Date.now() - TAKEN_MS,
    );
    if ((waiting === 0 || webhooksPerSecond === 0) && isTaken) return;
    if (Date.now() > end) throw new Error(`${waiting} reports are still waiting`);
    await page.waitForTimeout(100);
  }
}

/**
 * Changes the sandbox in its panel, and waits until it has changed.
 *
 * @param {Page} page
 * @param {() => Promise<unknown>} act
 */
export async function inPanel(page, act) {
  await Promise.all([
    page.waitForResponse(
      (response) =>
        response.url().endsWith("/api/sandbox") && response.request().method() === "PUT",
    ),
    act(),
  ]);
}

/**
 * Returns the ids of a program's codes.
 *
 * @param {Page} page
 * @param {string} program
 * @returns {Promise<string[]>}
 */
export async function codesOf(page, program) {
  const { codes } = await call(page, `/api/programs/${program}/codes`);
  return codes.map((/** @type {{ code: string }} */ { code }) => code);
}

/**
 * Chooses a file, even if an earlier list is shown.
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

/**
 * Drops a file somewhere on the page.
 *
 * @param {Page} page
 * @param {string} name
 * @param {string} text
 */
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

/** Types the number of codes, if it is asked for. @param {Page} page @param {string} label */
export async function confirmNumber(page, label) {
  await page.getByRole("button", { name: label, exact: true }).waitFor();
  await page.locator(".review-reason", { hasText: /^(First type|$)/ }).waitFor();
  const number = page.locator("#typed-number");
  if (await number.isVisible()) await number.fill(label.replaceAll(/\D/g, ""));
}

/**
 * Presses the button, and waits for the page of the job.
 *
 * @param {Page} page
 * @param {string} label
 */
export async function distribute(page, label) {
  await confirmNumber(page, label);
  const button = page.getByRole("button", { name: label, exact: true });
  await button.and(page.locator("[aria-disabled=false]")).click();
  await page.waitForURL(/\/jobs\//);
  await page.locator(".figures").waitFor();
}

/** Reads the counts of a list. @param {Page} page */
export async function counts(page) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of ["valid", "duplicate", "rejected", "not-in-this-program", "queued-before"]) {
    found[name] = await page.locator(`[data-count=${name}]`).innerText();
  }
  return found;
}

/** Reads the figures of a job. @param {Page} page @returns {Promise<Record<string, number>>} */
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
 * Waits until the page shows the expected figures.
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

/** Waits until every code of the job has its report, those of earlier jobs first. @param {Page} page */
export const untilSettled = (page) =>
  until(
    page,
    ({ queued, pending, sending }) => queued === 0 && pending === 0 && sending === 0,
    "settled",
    REPORTS_MS,
  );

/** Returns the address of a program's newest job. @param {Page} page @param {{ id: string }} program */
export async function newestJob(page, { id }) {
  const { jobs } = await call(page, `/api/programs/${id}/jobs`);
  return `/programs/${id}/jobs/${jobs[0].id}`;
}

/** @param {Record<string, number>} figures */
export const sum = (figures) => Object.values(figures).reduce((all, one) => all + one, 0);

/** Returns the content of a download. @param {Page} page @param {() => Promise<unknown>} act */
export async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** @param {unknown} found @param {unknown} wanted @param {string} [what] */
export const equal = (found, wanted, what) => assert.equal(found, wanted, what);
