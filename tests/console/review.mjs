/**
 * The review: nothing reaches the wrong people by accident, and known facts need no confirmation.
 */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { withStartWindow } from "./start-window.mjs";
import { PROGRAMS, call, choose, codesOf, downloaded, equal, sandbox, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { dinner, autumn, nights } = PROGRAMS;

/** @param {Page} page @param {string} name */
const count = (page, name) => page.locator(`[data-count=${name}]`);
/** @param {Page} page */
const again = (page) => page.getByRole("button", { name: "Another list" }).click();
/** @param {Page} page */
const reason = (page) => page.locator("#review-reason");

/**
 * Creates a job as another operator. @param {Page} page @param {string} path @param {string[]}
 * codes
 */
const send = (page, path, codes) =>
  call(page, path, {
    method: "POST",
    headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
    body: codes.join("\n"),
  });

/** @param {Page} page */
export const reviewTests = (page) => ({
  async "a list of another program is not sent, and that program is named"() {
    const others = await codesOf(page, dinner.id);
    // The worker knows the list of a program that it has read once.
    await page.goto(`/programs/${dinner.id}/new`);
    await choose(page, "own.txt", others.join("\n"));
    await count(page, "not-in-this-program").filter({ hasText: "0" }).waitFor();
    await again(page);
    const own = (await codesOf(page, autumn.id)).slice(-3);
    const random = Array.from({ length: 4 }, () => crypto.randomUUID());
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "mixed.csv", ["code_id", ...own, ...others, ...random].join("\n"));
    await count(page, "not-in-this-program").filter({ hasText: "5" }).waitFor();
    await reason(page).filter({ hasText: "5 of these are not in the program" }).waitFor();
    await page.getByRole("link", { name: dinner.name }).waitFor();
    await page.getByRole("cell", { name: String(random[0]) }).waitFor();
    await look(page, "review-foreign");
    const save = page.getByRole("button", { name: "5 as CSV" });
    const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
    equal(csv[0], "line,code,in_program_id,in_program");
    equal(csv[1], `5,${others[0]},${dinner.id},${dinner.name}`);
    equal(csv[2], `6,${random[0]},,`);
    equal(csv.length, 6);
    await page.getByRole("button", { name: "Continue without them: 3 codes" }).click();
    await count(page, "valid").filter({ hasText: "3" }).waitFor();
    await count(page, "not-in-this-program").filter({ hasText: "0" }).waitFor();
    await again(page);
  },

  async "codes that are not in the program of their line are listed, each with both programs"() {
    const [[own = ""], [other = ""]] = [
      await codesOf(page, autumn.id),
      await codesOf(page, dinner.id),
    ];
    const nobodys = crypto.randomUUID();
    const rows = [
      `${dinner.id},${other}`,
      `${autumn.id},${other}`,
      `${dinner.id.toUpperCase()},${own.toUpperCase()}`,
      `${autumn.id},${nobodys}`,
    ];
    await page.goto("/new");
    await choose(page, "swapped.csv", ["program_id,code_id", ...rows].join("\n"));
    await count(page, "not-in-this-program").filter({ hasText: "3" }).waitFor();
    await page.getByText("3 of these are not in the program of their line").waitFor();
    const table = page.locator(".rejected table");
    const cells = (/** @type {number} */ nth) =>
      table.locator("tbody tr").nth(nth).locator("td").allInnerTexts();
    await table.locator("tbody tr").nth(2).waitFor();
    const none = "no known program";
    equal(await cells(0), ["3", other, autumn.name, dinner.name]);
    equal(await cells(1), ["4", own, dinner.name, autumn.name]);
    equal(await cells(2), ["5", nobodys, autumn.name, none]);
    await look(page, "several-foreign");
    const save = page.getByRole("button", { name: "3 as CSV" });
    const csv = (await downloaded(page, () => save.click())).trim().split("\r\n");
    const both = (/** @type {typeof autumn} */ { id, name }) => `${id},${name}`;
    equal(csv[0], "line,code,program_id,program,in_program_id,in_program");
    equal(csv[1], `3,${other},${both(autumn)},${both(dinner)}`);
    // However the file spells the id of the program.
    equal(csv[2], `4,${own},${both(dinner)},${both(autumn)}`);
    equal(csv[3], `5,${nobodys},${both(autumn)},,`);
    await page.getByRole("button", { name: "Continue without them: 1 code" }).click();
    await count(page, "not-in-this-program").filter({ hasText: "0" }).waitFor();
    await again(page);
  },

  async "cancelled and used codes are left out and counted"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const codes = await codesOf(page, autumn.id);
    await choose(page, "all.txt", codes.join("\n"));
    await page
      .getByText("Left out: 3 that Uber has cancelled, and 2 that are in use already.")
      .waitFor();
    await page.getByRole("button", { name: "Distribute 55 codes" }).waitFor();
    await page.getByText("To confirm, type how many codes these are: 55").waitFor();
    await look(page, "review-cancelled");
    await again(page);
  },

  async "for more than half of a program, the number has to be typed"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const codes = await codesOf(page, autumn.id);
    await choose(page, "half.txt", codes.slice(-31).join("\n"));
    await reason(page).filter({ hasText: "First type how many codes these are" }).waitFor();
    await page.locator("#typed-number").fill("30");
    await reason(page).filter({ hasText: "First type how many" }).waitFor();
    await page.locator("#typed-number").fill("31");
    await reason(page).filter({ hasText: /^$/ }).waitFor();
    await again(page);
    await choose(page, "less.txt", codes.slice(-30).join("\n"));
    await page.getByRole("button", { name: "Distribute 30 codes" }).waitFor();
    await reason(page).filter({ hasText: /^$/ }).waitFor();
    equal(await page.locator("#typed-number").count(), 0);
    await again(page);
  },

  async "if Uber's list can't be read, the admin decides"() {
    const [code = ""] = (await codesOf(page, autumn.id)).slice(-1);
    const checking = `**/api/programs/${autumn.id}/jobs?*dryRun=true*`;
    await page.route(checking, async (route) => {
      const response = await route.fetch();
      const error = {
        code: "server_error",
        message: "Uber answered 503",
        hint: "Look for claims",
        queued: "no",
        status: 503,
      };
      const check = { readAt: null, codes: null, error };
      await route.fulfill({ json: { ...(await response.json()), check } });
    });
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "one.txt", code);
    await page.getByText("It is not known whether these codes are in this program").waitFor();
    await reason(page)
      .filter({ hasText: "First decide whether to send the codes unchecked" })
      .waitFor();
    assert.ok(
      !(await page.locator(".review").innerText()).includes("claims"),
      "words for programmers",
    );
    await look(page, "review-unchecked");
    await page.getByLabel("Send them unchecked").check();
    await reason(page).filter({ hasText: /^$/ }).waitFor();
    await page.unroute(checking);
    await again(page);
  },

  async "a job that the worker keeps starts automatically, and can be cancelled before"() {
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0, faults: {} });
    await withStartWindow(page);
    const [code = ""] = (await codesOf(page, autumn.id)).slice(-1);
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "kept.txt", code);
    await page.getByLabel("Start it even if this page is closed").check();
    await page.getByText("It starts in 45 seconds, and can be cancelled until then").waitFor();
    await look(page, "review-start");
    await page.getByRole("button", { name: "Distribute 1 code" }).click();
    await page.waitForURL(/\/jobs\//);
    await page.getByRole("button", { name: "Cancel: send nothing" }).click();
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
    await page.unroute("**/api/config");
  },

  async "a job that is not kept is cancelled when its page closes"() {
    const [code = ""] = (await codesOf(page, autumn.id)).slice(-1);
    const other = await page.context().newPage();
    await withStartWindow(other);
    await other.goto(`/programs/${autumn.id}/new`);
    await choose(other, "mine.txt", code);
    await other.getByLabel("Start it even if this page is closed").uncheck();
    await other.getByRole("button", { name: "Distribute 1 code" }).click();
    await other.waitForURL(/\/jobs\//);
    await other
      .locator(".waits")
      .getByText(/^Starts in /)
      .waitFor();
    const job = /** @type {string} */ (new URL(other.url()).pathname.split("/").at(-1));
    await other.close();
    const status = async () => {
      const { jobs } = await call(page, `/api/programs/${autumn.id}/jobs`);
      return jobs.find((/** @type {{ id: string }} */ { id }) => id === job).status;
    };
    for (let tries = 0; (await status()) !== "cancelled" && tries < 50; tries += 1) {
      await page.waitForTimeout(100);
    }
    equal(await status(), "cancelled");
    const { entries } = await call(page, `/api/audit?job=${job}`);
    equal(entries[0].reason, "The page that was to start it was closed or reloaded.");
  },

  async "a decision holds for what was known: where another operator sends meanwhile, it is asked for again"() {
    const path = `/api/programs/${nights.id}/jobs`;
    const codes = (await codesOf(page, nights.id)).slice(200, 205);
    const [first = "", ...others] = codes;
    await send(page, path, [first]);
    await page.goto(`/programs/${nights.id}/new`);
    await choose(page, "five.txt", codes.join("\n"));
    await page.getByText("1 of these is in an earlier job").waitFor();
    // Before the decision, the number of codes to send is unknown.
    await page
      .getByText("Your decision below determines how many of these 5 codes are sent")
      .waitFor();
    await page.getByRole("button", { name: "Distribute", exact: true }).waitFor();
    await page.getByLabel("Send it again").check();
    await page.getByText("1 may arrive a second time").waitFor();
    await send(page, path, others);
    await page.getByRole("button", { name: "Distribute 5 codes" }).click();
    await page.locator(".review b", { hasText: "has changed since you decided" }).waitFor();
    await page.getByText("All 5 are in earlier jobs").waitFor();
    await reason(page).filter({ hasText: "First decide" }).waitFor();
    await look(page, "review-outdated");
    const { jobs } = await call(page, path);
    equal(jobs.filter((/** @type {any} */ { source }) => source === "five.txt").length, 0);
    await again(page);
  },

  async "while reports arrive, sending again is shut, and says until when"() {
    const codes = (await codesOf(page, nights.id)).slice(210, 212);
    const path = `/api/programs/${nights.id}/jobs`;
    const resendAt = Date.now() + 300_000;
    const isTrial = (/** @type {URL} */ { pathname, searchParams }) =>
      pathname === path && searchParams.get("dryRun") === "true";
    await page.route(isTrial, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...(await response.json()), resendAt } });
    });
    await send(page, path, codes);
    await page.goto(`/programs/${nights.id}/new`);
    await choose(page, "arriving.txt", codes.join("\n"));
    await page.getByText("This opens at").waitFor();
    equal(await page.getByLabel("Send them again").isDisabled(), true);
    await page.unroute(isTrial);
    await again(page);
  },

  async "after a lost response, other choices first show whether the job exists"() {
    const codes = (await codesOf(page, autumn.id)).slice(20, 22);
    const path = `/api/programs/${autumn.id}/jobs`;
    await withStartWindow(page);
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "lost.txt", codes.join("\n"));
    const kept = page.getByLabel("Start it even if this page is closed");
    await kept.waitFor();
    const sendAgain = page.getByLabel(/^Send .* again/);
    if (await sendAgain.isVisible()) await sendAgain.check();
    const { jobs: before } = await call(page, path);
    const creating = `**${path}?*valid=true*`;
    await page.route(creating, async (route) => {
      await route.fetch();
      return route.abort("connectionreset");
    });
    const button = page.getByRole("button", { name: "Distribute 2 codes" });
    await button.and(page.locator("[aria-disabled=false]")).click();
    await page.getByText("The job may have been created or not").first().waitFor();
    await page.unroute(creating);
    // If pressed now, it would create a second job: with the same codes, in another order.
    await kept.setChecked(!(await kept.isChecked()));
    await page.getByText("All 2 are waiting to be sent in another job").waitFor();
    await reason(page).filter({ hasText: "Nothing of this list is left to send" }).waitFor();
    const { jobs } = await call(page, path);
    equal(jobs.length, before.length + 1);
    await call(page, `${path}/${jobs[0].id}/cancel`, { method: "POST" });
    await again(page);
    await page.unroute("**/api/config");
  },

  async "the code that goes first is one that will be sent, whatever is left out"() {
    const codes = await codesOf(page, autumn.id);
    const [cancelled = "", used = ""] = [codes[0], codes[3]];
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "all.txt", codes.join("\n"));
    await page.getByText("Left out: 3 that Uber has cancelled").waitFor();
    await page.getByLabel("Send one code first").check();
    const which = page.getByLabel(/^Which one/);
    // The first five are left out.
    equal(await which.inputValue(), codes[5]);
    await page.getByRole("button", { name: "Distribute 1 code first, of 55" }).waitFor();
    const another = "Choose another first code: this one is left out.";
    for (const [code, why] of [
      [cancelled, "Uber has cancelled it"],
      [used, "it is in use"],
    ]) {
      await which.fill(String(code));
      await page.getByText(`This code is left out: ${why}. Choose another one.`).waitFor();
      await reason(page).filter({ hasText: another }).waitFor();
    }
    await look(page, "review-first-left-out");
    await which.fill(String(codes[6]));
    await reason(page).filter({ hasText: "First type how many codes these are" }).waitFor();

    // It is cancelled while the page is open: the next check is the one that counts.
    await page.locator("#typed-number").fill("55");
    await reason(page).filter({ hasText: /^$/ }).waitFor();
    const checking = `**/api/programs/${autumn.id}/jobs?*dryRun=true*`;
    await page.route(checking, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      // For a list of one code.
      await route.fulfill({ json: json.codes === 1 ? { ...json, cancelled: 1 } : json });
    });
    const creating = `**/api/programs/${autumn.id}/jobs?*valid=true*`;
    let created = 0;
    await page.route(creating, (route) => {
      created += 1;
      return route.abort();
    });
    await page.getByRole("button", { name: "Distribute 1 code first, of 55" }).click();
    await reason(page).filter({ hasText: another }).waitFor();
    equal(created, 0);
    // The whole list may still be under comparison.
    await page.unrouteAll({ behavior: "wait" });
    await again(page);
  },

  async "the chosen code goes first, then the others"() {
    const codes = (await codesOf(page, autumn.id)).slice(-5);
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "five.txt", codes.join("\n"));
    await page.getByLabel("Send one code first").check();
    const which = page.getByLabel(/^Which one/);
    equal(await which.inputValue(), codes[0]);
    await which.fill(crypto.randomUUID());
    await reason(page).filter({ hasText: "First choose a code of this list" }).waitFor();
    await which.fill(String(codes[3]).toUpperCase());
    await look(page, "review-one-first");
    await page.getByRole("button", { name: "Distribute 1 code first, of 5" }).click();
    await page.waitForURL(/\/jobs\//);
    await until(page, ({ pending, sending = 0 }) => pending === 4 && sending === 0, "one has left");
    const job = `/api${new URL(page.url()).pathname}`;
    const { rows } = await call(page, `${job}/results`);
    equal(rows[0].code, codes[3]);
    equal(
      rows.filter((/** @type {{ state: string }} */ { state }) => state === "pending").length,
      4,
    );
    // It occurs once in the list.
    equal((await call(page, job)).duplicates, 0);

    // It is in a job now: it is left out with the others of that job, and another code has to go
    // first.
    const more = [...codes, ...(await codesOf(page, autumn.id)).slice(-8, -5)];
    await page.goto(`/programs/${autumn.id}/new`);
    await choose(page, "eight.txt", more.join("\n"));
    await page.getByLabel("Leave them out").check();
    await page.getByLabel("Send one code first").check();
    equal(await which.inputValue(), more[5]);
    await which.fill(String(codes[3]));
    await page.getByText("This code is left out: it is in an earlier job.").waitFor();
    // That job is going to send the others.
    equal(await page.getByLabel("Send them again").isDisabled(), true);
    await call(page, `${job}/resume`, { method: "POST" });
    while ((await call(page, job)).progress.distributed < 5) await page.waitForTimeout(100);
    await page.reload();
    await page.getByLabel("Send them again").check();
    await page.getByLabel("Send one code first").check();
    await which.fill(String(codes[3]));
    await page.getByRole("button", { name: "Distribute 1 code first, of 8" }).waitFor();
    await again(page);
  },
});
