/** People and money: who gets a code, what it can cost, and what needs an operator. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { createAgain } from "./job.mjs";
import {
  PROGRAMS,
  call,
  choose,
  codesOf,
  distribute,
  downloaded,
  equal,
  sandbox,
  until,
} from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { party, autumn, hires, dinner } = PROGRAMS;

/** @param {Page} page @param {string} name */
const count = (page, name) => page.locator(`[data-count=${name}]`);
/** @param {Page} page */
const again = (page) => page.getByRole("button", { name: "Another list" }).click();

/** @typedef {{ code: { code_id: string }, email?: string, phone?: string }} UberGuest */

/**
 * The guests as Uber returns them.
 *
 * @param {Page} page
 * @param {string} program
 * @returns {Promise<UberGuest[]>}
 */
async function guestsOf(page, program) {
  const { organizationId } = await call(page, "/api/config");
  const path = `/v1/organizations/${organizationId}/voucher-programs/${program}/guests?limit=1000`;
  return (await call(page, path)).guests;
}

/** @param {Page} page */
export const peopleTests = (page) => ({
  async "a list of e-mail addresses becomes the codes of these guests, and nobody is guessed"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const guests = await guestsOf(page, autumn.id);
    const emails = guests.map(({ email }) => email).filter(Boolean);
    assert.ok(emails.length > 20, `${emails.length} addresses`);
    const list = [
      "Name,E-mail",
      ...emails.slice(-10).map((email) => `Guest,${email?.toUpperCase()}`),
    ];
    list.push("Eve,eve@example.org", "Mallory,mallory@example.org");
    await page.evaluate(() => {
      const { fetch } = window;
      /** @type {string[]} */
      const bodies = [];
      Object.assign(window, {
        bodies,
        fetch: async (/** @type {any} */ url, /** @type {any} */ init) => {
          if (init?.body) bodies.push(await new Response(init.body).text());
          return fetch(url, init);
        },
      });
    });
    await choose(page, "guests.csv", list.join("\n").replace("E-mail", "email"));
    await count(page, "matched").filter({ hasText: "10" }).waitFor();
    equal(await count(page, "not-found").innerText(), "2");
    equal(await count(page, "two-guests").innerText(), "0");
    equal(await count(page, "no-code").innerText(), "0");
    await count(page, "queued-before").filter({ hasText: "0" }).waitFor();
    await page.getByRole("cell", { name: "eve@example.org" }).waitFor();
    await page.getByText("First decide about the 2 rows without a match").waitFor();
    await look(page, "people");
    const save = page.getByRole("button", { name: "2 as CSV" });
    const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
    assert.ok(csv[1]?.startsWith("12,eve@example.org,no_guest,"), csv[1]);
    // What is uploaded, and what is stored for a reload, are codes.
    const bodies = await page.evaluate(() => /** @type {any} */ (window).bodies);
    assert.ok(bodies.length > 0, "the list was compared");
    assert.ok(!bodies.some((/** @type {string} */ body) => body.includes("@")), "an address left");
    await page.reload();
    await count(page, "valid").filter({ hasText: "10" }).waitFor();
    await again(page);
  },

  async "telephone numbers and code_text values are matched to codes too"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const guests = await guestsOf(page, autumn.id);
    const phones = guests.map(({ phone }) => phone).filter(Boolean);
    const some = phones.slice(0, 5).map((phone) => `${phone?.slice(0, 2)} ${phone?.slice(2)}`);
    await choose(page, "phones.txt", [...some, "030 901820"].join("\n"));
    await count(page, "matched").filter({ hasText: "5" }).waitFor();
    await page.getByText("A number without + and its country code").waitFor();
    await again(page);
    const { codes } = await call(page, `/api/programs/${autumn.id}/codes`);
    const texts = codes
      .slice(-6)
      .map((/** @type {{ codeText: string }} */ { codeText }) => codeText);
    /** @type {string[]} */
    const asked = [];
    const note = (/** @type {import("playwright-core").Request} */ request) =>
      asked.push(request.url());
    page.on("request", note);
    await choose(page, "texts.csv", ["code_text", ...texts].join("\n"));
    await count(page, "matched").filter({ hasText: "6" }).waitFor();
    page.off("request", note);
    assert.ok(
      !asked.some((url) => /\/v1\/.*\/guests/.test(url)),
      "texts are translated without guests",
    );
    await again(page);
  },

  async "codes without a guest are shown in the review, and can be left out"() {
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "last.txt", (await codesOf(page, autumn.id)).slice(-8).join("\n"));
    await page.getByText("5 codes have no guest: nobody would get them").waitFor();
    await look(page, "review-no-guest");
    await page.getByRole("button", { name: "Continue without them: 3 codes" }).click();
    await count(page, "valid").filter({ hasText: "3" }).waitFor();
    await again(page);
  },

  async "recipients are shown beside their codes, masked until requested, and can be searched"() {
    await page.goto(`/programs/${autumn.id}`);
    const first = page.locator(".code-recipient").nth(10);
    await first.filter({ hasText: "…" }).waitFor();
    await page.getByText("Recipients are masked").waitFor();
    await page.getByText("5 codes have no guest").waitFor();
    const email = (await guestsOf(page, autumn.id)).find(({ email }) => email)?.email ?? "";
    assert.ok(!(await page.locator(".codes").innerText()).includes(email), "an address is shown");
    await look(page, "program-recipients");
    // What is masked can't be searched, and nobody is told that the person is no guest.
    await page.getByPlaceholder("Code, id or recipient").fill(email);
    await page.getByText("Recipients are searched only when they are shown in full").waitFor();
    await page.getByRole("button", { name: "Search them" }).click();
    await page.getByText("Recipients are unmasked").waitFor();
    await page.waitForFunction(
      () => document.querySelectorAll(".code-row[aria-selected]").length === 1,
    );
    await page.locator(".code-recipient", { hasText: email }).waitFor();
    const { entries } = await call(page, `/api/audit?program=${autumn.id}`);
    assert.ok(
      entries.some((/** @type {{ action: string }} */ { action }) => action === "revealed"),
      "it is in the audit trail",
    );
  },

  async "money: the maximum cost of a program and of a list, or nothing if unknown"() {
    await page.goto("/");
    const row = page.locator("a.program", { hasText: party.name });
    const [, most = ""] = (await row.locator(".program-codes").innerText()).split("At most ");
    assert.ok(/^€[\d,]+$/.test(most), most);
    await page.goto(`/programs/${party.id}`);
    await page.getByText(`At most ${most}`).waitFor();
    const each = Number(most.replaceAll(/\D/g, "")) / party.codes;
    await page.goto(`/programs/${party.id}/new`);
    await choose(page, "two.txt", (await codesOf(page, party.id)).slice(-2).join("\n"));
    await page.getByText(`They cost at most €${each * 2} together`).waitFor();
    await look(page, "review-money");
    await again(page);
    // It is unknown whether cancelled codes count.
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "two.txt", (await codesOf(page, autumn.id)).slice(-2).join("\n"));
    await page.getByText("2 codes will be queued").waitFor();
    equal(await page.getByText("They cost at most").count(), 0);
    await again(page);
  },

  async "money on the job’s page: the maximum cost, and how much was used"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0, useRate: 1, faults: {} });
    const { id } = await createAgain(page, dinner);
    await page.goto(`/programs/${dinner.id}/jobs/${id}`);
    await until(page, ({ distributed }) => distributed === 1, "distributed");
    const facts = page.locator(".job-facts");
    await facts.getByText(/^At most (US)?\$20$/).waitFor();
    await facts.locator("dd", { hasText: "$0 by 0 codes" }).waitFor();
    // Within three days, everyone uses their code.
    await sandbox(page, { advanceMs: 3 * 24 * 60 * 60 * 1_000 });
    const { codes } = await call(page, `/api/programs/${dinner.id}/codes?usage=true`);
    await page.reload();
    const used = facts.locator("dd", { hasText: "by 1 code" });
    await used.waitFor();
    const [amount] = (await used.innerText()).replace("US", "").split(", read at");
    equal(amount, `$${codes[0].usageAmount} by 1 code`);
    await look(page, "job-money");
    await sandbox(page, { useRate: 0 });
  },

  async "a list is compared with an earlier job"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const codes = (await codesOf(page, autumn.id)).slice(10, 16);
    await choose(page, "sent-first.txt", codes.slice(0, 2).join("\n"));
    await distribute(page, "Distribute 2 codes");
    await until(
      page,
      ({ pending, sending }) => (pending ?? 0) + (sending ?? 0) === 0,
      "they have left",
    );
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "six.txt", codes.join("\n"));
    const job = page.locator(".compare option", { hasText: "sent-first.txt" });
    await page.getByLabel("The job").selectOption(await job.first().getAttribute("value"));
    await page.getByText("4 of these 6 not yet").waitFor();
    await look(page, "review-compare");
    await page.getByRole("button", { name: "Continue with these 4 codes" }).click();
    await count(page, "valid").filter({ hasText: "4" }).waitFor();
    await again(page);
  },

  async "what needs an operator comes first, with its count in the navigation and the title"() {
    await page.goto("/");
    await page.locator("a.program").first().waitFor();
    /** @type {string[]} */
    const asked = [];
    const note = (/** @type {import("playwright-core").Request} */ request) =>
      asked.push(new URL(request.url()).pathname);
    page.on("request", note);
    const { jobs } = await call(page, `/api/programs/${hires.id}/jobs`);
    const job = { ...jobs[0], status: "undecided" };
    await page.route("**/api/overview", (route) =>
      route.fulfill({ json: { running: [], deciding: [job], unapproved: [], unreadEvents: 0 } }),
    );
    await page.reload();
    await page
      .getByRole("region", { name: /^Needs a decision/ })
      .getByText(hires.name)
      .waitFor();
    await page.locator(".nav-count", { hasText: "1" }).waitFor();
    await page.waitForFunction(() => document.title.startsWith("(1) "));
    await look(page, "home");
    assert.ok(!asked.some((path) => path.endsWith("/codes")), "no request for each program");
    page.off("request", note);
    await page.unroute("**/api/overview");
  },
});
