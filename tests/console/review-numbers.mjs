/** Each number of the review is what the worker sends, and it says what the codes can cost. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, equal, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, hires, nights, dinner, autumn } = PROGRAMS;
/** What a code of the sandbox can cost. */
const EACH = 20;

/** @param {Page} page */
const again = (page) => page.getByRole("button", { name: "Another list" }).click();
/** @param {Page} page */
const review = (page) => page.locator(".review");

/** @param {Page} page @param {string} program @param {readonly string[]} codes @param {string} [query] */
const create = (page, program, codes, query = "") =>
  call(page, `/api/programs/${program}/jobs?${query}`, {
    method: "POST",
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    body: codes.join("\n"),
  });

/** @param {Page} page @param {string} program @param {string} job */
const cancel = (page, program, job) =>
  call(page, `/api/programs/${program}/jobs/${job}/cancel`, { method: "POST" });

/** The number on the button that continues without some codes. @param {Page} page */
async function continued(page) {
  const button = page.getByRole("button", { name: /^Continue without (it|them)/ });
  await button.waitFor();
  return (await button.innerText()).replace(/^Continue without (it|them)/, "");
}

/** Presses it, and waits until so many are left to send. @param {Page} page @param {string} left */
async function goOnWith(page, left) {
  await page.getByRole("button", { name: /^Continue without (it|them)/ }).click();
  await page.getByRole("button", { name: `Distribute ${left}`, exact: true }).waitFor();
}

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const reviewNumbersTests = (page) => ({
  async "everybody: what it costs, and who has no guest, as for any other list"() {
    await page.goto(`/programs/${party.id}/everybody`);
    await review(page).getByText(`They cost at most €24,080 together`).waitFor();
    await review(page).getByText("37 codes have no guest: nobody would get them").waitFor();
    equal(await continued(page), ": 1,167 codes");
    await look(page, "everybody-money");
    await goOnWith(page, "1,167 codes");
    await page.getByText("Everybody who is a guest").waitFor();
    equal(party.codes * EACH, 24_080);
    await again(page);
  },

  async "a file for several programs: the cost of each and of all, and who has no guest"() {
    const parts = await Promise.all(
      [party, nights, dinner].map(async ({ id }) =>
        (await codesOf(page, id)).slice(-40).map((code) => `${id},${code}`),
      ),
    );
    await page.goto("/new");
    await choose(page, "three.csv", ["program_id,code_id", ...parts.flat()].join("\n"));
    await review(page).getByText("They cost at most €1,600 and US$20 together").waitFor();
    const row = (/** @type {string} */ name) => page.locator(".of-file tr", { hasText: name });
    await row(party.name).getByText("€800", { exact: true }).waitFor();
    await row(dinner.name).getByText("US$20", { exact: true }).waitFor();
    await review(page).getByText("37 codes have no guest: nobody would get them").waitFor();
    equal(await continued(page), ": 44 codes");
    await look(page, "several-money");
    await goOnWith(page, "44 codes");
    await review(page).getByText("They cost at most €860 and US$20 together").waitFor();
    await again(page);

    // It is not known whether cancelled codes count: of that program, and of all, nothing is said.
    const some = (await codesOf(page, autumn.id))
      .slice(10, 12)
      .map((code) => `${autumn.id},${code}`);
    await choose(page, "two.csv", ["program_id,code_id", ...some, ...(parts[1] ?? [])].join("\n"));
    await row(nights.id.slice(0, 8)).getByText("€800", { exact: true }).waitFor();
    await row(autumn.name).getByText("–").waitFor();
    equal(await page.getByText("They cost at most").count(), 0);
    await again(page);
  },

  async "without codes that have no guest, as many are sent as the button says"() {
    const codes = await codesOf(page, autumn.id);
    // In the list: 3 cancelled, 2 in use, 5 without a guest, of which 2 are in an earlier job.
    const earlier = await create(page, autumn.id, [codes[20] ?? "", ...codes.slice(-2)]);
    await page.goto(`/programs/${autumn.id}/jobs/${earlier.id}`);
    await until(page, ({ distributed }) => distributed === 3, "sent");
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "all.txt", codes.join("\n"));
    await review(page).getByText("5 codes have no guest: nobody would get them").waitFor();
    equal(await continued(page), "", "the number depends on a decision");
    await page.getByLabel("Leave them out").check();
    await review(page).getByText("3 codes have no guest: nobody would get them").waitFor();
    await page.getByRole("button", { name: "Distribute 52 codes" }).waitFor();
    equal(await continued(page), ": 49 codes");
    await page.getByLabel("Send them again").check();
    await page.getByRole("button", { name: "Distribute 55 codes" }).waitFor();
    equal(await continued(page), ": 50 codes");
    await look(page, "review-no-guest-number");
    await page.getByRole("button", { name: /^Continue without/ }).click();
    await page.getByLabel("Send it again").check();
    await page.getByRole("button", { name: "Distribute 50 codes" }).waitFor();
    await again(page);

    // Those without a guest are left out anyway.
    await choose(page, "left-out.txt", [...codes.slice(10, 12), ...codes.slice(-2)].join("\n"));
    await page.getByLabel("Leave them out").check();
    await page.getByRole("button", { name: "Distribute 2 codes" }).waitFor();
    equal(await review(page).getByText("no guest").count(), 0);
    await again(page);
  },

  async "without codes of other programs, as many are sent as the button says"() {
    const codes = await codesOf(page, autumn.id);
    const foreign = Array.from({ length: 3 }, () => crypto.randomUUID());
    // Three cancelled and two in use are among them.
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "mixed.txt", [...codes.slice(0, 10), ...foreign].join("\n"));
    await page.getByText("3 of these are not in this program").waitFor();
    equal(await continued(page), ": 5 codes");
    await goOnWith(page, "5 codes");
    await again(page);
    // One of them was sent before: what is sent depends on a decision.
    await choose(page, "mixed.txt", [...codes.slice(18, 22), ...foreign].join("\n"));
    await page.getByText("3 of these are not in this program").waitFor();
    equal(await continued(page), "");
    await again(page);
  },

  async "the rest of a list that was compared with a job has the number that is sent"() {
    const codes = (await codesOf(page, hires.id)).slice(0, 6);
    const job = await create(page, hires.id, codes.slice(0, 2));
    await page.goto(`/programs/${hires.id}/jobs/${job.id}`);
    await until(page, ({ distributed }) => distributed === 2, "sent");
    const other = await create(page, hires.id, codes.slice(2, 3), "start=false");
    await page.goto(`/programs/${hires.id}/new`);
    await choose(page, "six.txt", codes.join("\n"));
    await page.getByLabel("The job").selectOption(job.id);
    await page.getByText("4 of these 6 not yet").waitFor();
    await page.getByRole("button", { name: "Continue with these", exact: true }).waitFor();
    await page.getByLabel("Leave them out").check();
    await page.getByRole("button", { name: "Continue with these 3 codes" }).waitFor();
    await cancel(page, hires.id, other.id);
    await again(page);
  },

  async "codes that another job is going to send are never called sent, and are free once it is cancelled"() {
    const codes = (await codesOf(page, nights.id)).slice(100, 106);
    const other = await create(page, nights.id, codes.slice(0, 3), "startIn=600");
    await page.goto(`/programs/${nights.id}/new`);
    await choose(page, "waiting.txt", codes.join("\n"));
    await page.getByText("3 of these are waiting to be sent in another job").waitFor();
    await page.locator("[data-count=queued-before]", { hasText: "3" }).waitFor();
    const text = await page.locator("main").innerText();
    assert.ok(!/Queued before|sent before|again/i.test(text), text);
    equal(await page.locator(".choices-again input").count(), 1);
    await page.getByLabel("Leave them out").check();
    await page.getByRole("button", { name: "Distribute 3 codes" }).waitFor();
    await look(page, "review-waiting");
    await page.getByRole("link", { name: other.id.slice(0, 8) }).click();
    await page.getByRole("button", { name: "Cancel: send nothing" }).click();
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Distribute 6 codes" }).waitFor();
    equal(await page.locator("[data-count=queued-before]").innerText(), "0");
    equal(await page.locator(".choices-again").count(), 0);
    await again(page);

    // All of them: there is nothing to decide here.
    const held = await create(page, nights.id, codes, "start=false");
    await choose(page, "waiting.txt", codes.join("\n"));
    await page.getByText("All 6 are waiting to be sent in another job").waitFor();
    await page
      .locator("#review-reason", { hasText: "Nothing of this list is left to send" })
      .waitFor();
    equal(await page.locator(".choices-again").count(), 0);
    await cancel(page, nights.id, held.id);
    await again(page);
  },

  async "while another job is going to send some of them, the others are not sent again with them"() {
    const codes = (await codesOf(page, nights.id)).slice(110, 114);
    const sent = await create(page, nights.id, codes.slice(0, 2));
    await page.goto(`/programs/${nights.id}/jobs/${sent.id}`);
    await until(page, ({ distributed }) => distributed === 2, "sent");
    const other = await create(page, nights.id, codes.slice(2, 3), "start=false");
    await page.goto(`/programs/${nights.id}/new`);
    await choose(page, "both.txt", codes.join("\n"));
    await page.getByText("3 of these are in earlier jobs").waitFor();
    await page.getByText("Not while another job is going to send 1 of them").waitFor();
    equal(await page.getByLabel("Send them again").isDisabled(), true);
    await look(page, "review-waiting-some");
    await cancel(page, nights.id, other.id);
    await page.reload();
    await page.getByLabel("Send them again").check();
    await page.getByRole("button", { name: "Distribute 4 codes" }).waitFor();
    await again(page);
  },
});
