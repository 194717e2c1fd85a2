/** The sources of a job's figures, and what is certain about unknown codes. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import {
  PROGRAMS,
  call,
  choose,
  codesOf,
  distribute,
  equal,
  figures,
  newestJob,
  sandbox,
  sum,
  until,
  untilReported,
} from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

/**
 * How many codes come from each source, as the page shows it.
 *
 * @param {Page} page
 * @returns {Promise<Record<string, number>>}
 */
const sources = (page) =>
  page
    .locator(".sources tbody tr")
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [
          /** @type {HTMLElement} */ (row).dataset["source"],
          Number(row.querySelector("td")?.textContent?.replaceAll(/\D/g, "")),
        ]),
      ),
    );

/** @param {Page} page @param {(found: Record<string, number>) => boolean} isSo @param {string} what */
async function untilSources(page, isSo, what) {
  for (let turn = 0; turn < 200; turn += 1) {
    const found = await sources(page);
    if (isSo(found)) return found;
    await page.waitForTimeout(100);
  }
  throw new Error(`${what}: the page shows ${JSON.stringify(await sources(page))}`);
}

/** `of these 500, 312 are in use (certain), 188 unknown` @param {string} text */
function parts(text) {
  const pattern =
    /of these ([\d,]+), (?:none is|([\d,]+) (?:is|are)) (?:known to be )?in use.*?, ([\d,]+) unknown/;
  const [, ...found] = pattern.exec(text) ?? [];
  const [all = 0, used = 0, unknown = 0] = found.map((part) =>
    Number((part ?? "0").replace(",", "")),
  );
  return { all, used, unknown };
}

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const evidenceTests = (page) => ({
  async "each source has its number of codes, and the time of the last one"() {
    await page.goto(await newestJob(page, PROGRAMS.hires));
    await page.locator(".figures").waitFor();
    const { distributed = 0, failed = 0 } = await figures(page);
    const found = await untilSources(
      page,
      ({ webhook }) => webhook === distributed + failed,
      "by webhook",
    );
    equal(Object.keys(found), ["answer", "webhook", "usage", "operator"]);
    await page.locator("[data-source=webhook] time").waitFor();
    await page.getByText("Usage has not been read for this job yet.").waitFor();
  },

  async "codes in use are certain, and are shown before any decision"() {
    await untilReported(page);
    await sandbox(page, { webhooksPerSecond: 0 });
    await page.goto(`/programs/${PROGRAMS.party.id}/new`);
    await page.getByRole("button", { name: "read this program’s codes" }).click();
    await page.getByLabel("Send them again").check();
    await sandbox(page, { useRate: 0.5, faults: { lost_after: 1 } });
    await distribute(page, "Distribute 1,204 codes");
    await until(page, ({ unknown = 0 }) => unknown > 1_000, "three in a row halt it");
    await sandbox(page, { faults: { lost_after: 0 } });
    const batch = page.locator("li.batch").first();
    await page.getByText(/^Attempts: /).click();
    await batch.getByText(/of these 500, .*500 unknown/).waitFor();
    await page.getByRole("button", { name: /^Send all [\d,]+ codes again/ }).waitFor();
  },

  async "halted jobs are resumed together on request"() {
    const facts = page.locator(".job-head .facts");
    await facts.getByText("Halted", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Pause everything" }).click();
    const banner = page.getByRole("region", { name: "Everything is paused" });
    await banner.getByRole("button", { name: "Resume halted jobs too" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("their pending codes are sent").waitFor();
    await look(page, "resume-halted");
    await dialog.getByRole("button", { name: "Resume halted jobs too" }).click();
    await banner.waitFor({ state: "detached" });
    await facts.getByText("Needs a decision", { exact: true }).waitFor();
  },

  async "as people use their codes, usage is read on request, and a failure is explained"() {
    const unknown = page.locator(".unknown");
    // From here on, so that automatic reads of the worker fail too.
    await sandbox(page, { faults: { bad_request: 1 } });
    const before = (await figures(page))["unknown"] ?? 0;
    await page.getByRole("button", { name: "Sandbox" }).click();
    const used = page.locator(".sandbox-facts div", { hasText: "Codes used" }).locator("dd");
    await page.getByRole("button", { name: "3 days on" }).click();
    await used.filter({ hasText: /[1-9]/ }).waitFor();
    await look(page, "sandbox-time");
    await page.getByRole("button", { name: "Close" }).click();

    await unknown.getByRole("button", { name: "Read usage now" }).click();
    await unknown.getByText("So usage was not read, and no state has changed.").waitFor();
    const still = (await figures(page))["unknown"];
    await look(page, "usage-failed");
    await sandbox(page, { faults: { bad_request: 0 } });
    equal(still, before);

    await unknown.getByRole("button", { name: "Read usage now" }).click();
    await unknown.getByText(/Uber listed 1,204 codes: [\d,]+ settled/).waitFor();
    await unknown.getByText("Usage was last read just now.").waitFor();
    const after = await until(page, ({ distributed = 0 }) => distributed > 0, "settled by usage");
    equal(sum(after), 1_204);
    const batch = page.locator("li.batch").first();
    await batch.getByText("are in use (certain)").waitFor();
    const { all, used: certain, unknown: open } = parts(await batch.innerText());
    // Late reports of earlier jobs settle some of them too.
    assert.ok(certain + open <= all, `${certain} and ${open} of ${all}`);
    assert.ok(certain > 100 && open > 100, `${certain} are in use, ${open} unknown`);
    await batch.getByRole("button", { name: "Decide about this batch only" }).click();
    await page.getByText("in use: these are left out").waitFor();
    await page.getByRole("button", { name: `Send ${open} codes again` }).waitFor();
    await page.getByRole("button", { name: "Decide about all batches instead" }).click();
    await untilSources(
      page,
      ({ usage = 0 }) => usage >= certain && usage <= (after["distributed"] ?? 0),
      "by usage",
    );
    await page.locator("[data-state=distributed]", { hasText: "by its use" }).waitFor();
    await look(page, "job-usage");
    await page.locator(".results .filter", { hasText: "distributed" }).click();
    await page.locator(".result-by", { hasText: "by its use" }).first().waitFor();
  },

  async "a decision is a source too"() {
    const { unknown = 0 } = await figures(page);
    const name = /^Take all /;
    await page.locator(".unknown").getByRole("button", { name }).click();
    await page.getByRole("dialog").getByRole("button", { name }).click();
    await until(page, ({ queued }) => queued === unknown, "taken as queued");
    await untilSources(page, ({ operator }) => operator === unknown, "by an operator");
    await page.locator("[data-state=queued]", { hasText: "by an operator’s decision" }).waitFor();
    await page.locator(".sources-card").getByRole("button", { name: "Read usage now" }).waitFor();
    await look(page, "job-decided");
    await sandbox(page, { webhooksPerSecond: 200, useRate: 0 });
  },

  async "codes in use are not sent again, and the button says how many codes are"() {
    const { id, codes: all } = PROGRAMS.party;
    await page.goto(`/programs/${id}/new`);
    await page.getByRole("button", { name: "read this program’s codes" }).click();
    const said = page.getByText(/^[\d,]+ of [\d,]+ are in use: these are left out\.$/);
    const [used = 0, before = 0] = (await said.innerText())
      .split(" of ")
      .map((part) => Number.parseInt(part.replace(",", ""), 10));
    assert.ok(used > 100 && used < before && before <= all, `${used} of ${before}`);
    const words = (/** @type {number} */ value) => value.toLocaleString("en");
    await page.getByLabel(`Send the other ${words(before - used)} again`).check();
    await page.getByText(`${words(before - used)} may arrive a second time`).waitFor();
    await page.getByRole("button", { name: `Distribute ${words(all - used)} codes` }).waitFor();
    await look(page, "review-in-use");
    // None of these are left to send, so there is nothing to decide.
    const { firstBlocked } = await call(page, `/api/programs/${id}/jobs?dryRun=true`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: (await codesOf(page, id)).join("\n"),
    });
    const named = (/** @type {boolean} */ isUsed) =>
      firstBlocked
        .filter((/** @type {{ used: boolean }} */ { used }) => used === isUsed)
        .map((/** @type {{ code: string }} */ { code }) => code);
    const inUse = named(true).slice(0, 5);
    await choose(page, "in-use.txt", inUse.join("\n"));
    await page.getByText("All 5 are in use: these are left out.").waitFor();
    await page.getByText("Nothing of this list is left to send.").waitFor();
    equal(await page.locator(".choices-again").count(), 0);
    // A code that will be sent can go first; a code in use can't.
    const [free, another] = named(false);
    await choose(page, "first.txt", [...inUse, free, another].join("\n"));
    await page.getByLabel("Send the other 2 again").check();
    await page.getByLabel("Send one code first").check();
    const which = page.getByLabel(/^Which one/);
    equal(await which.inputValue(), free);
    await which.fill(String(inUse[1]));
    await page.getByText("This code is left out: it is in use. Choose another one.").waitFor();
    await page.getByText("Choose another first code").waitFor();
    await look(page, "review-first-in-use");
    await page.getByRole("button", { name: "Another list" }).click();
  },
});
