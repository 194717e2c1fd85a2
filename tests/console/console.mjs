/**
 * The console as an admin uses it: `npm start` in a process of its own, Chromium
 * in front of it. Every screen is looked at in both widths, light and dark; the
 * pictures are in the folder that SCREENSHOTS names, or in build/screenshots.
 */
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { assert, runTests } from "../package/harness.mjs";
import { report } from "../results.mjs";
import { browser, look, open, pageErrors, signIn, violations, visitor } from "./browser.mjs";
import { eventFormTests, eventTests } from "./events.mjs";
import { evidenceTests } from "./evidence.mjs";
import { jobTests } from "./job.mjs";
import { listTests } from "./lists.mjs";
import { operatorTests } from "./operators.mjs";
import { peopleTests } from "./people.mjs";
import { reviewTests } from "./review.mjs";
import { start } from "./server.mjs";
import { stateTests } from "./states.mjs";
import {
  PROGRAMS,
  call,
  choose,
  codesOf,
  counts,
  distribute,
  downloaded,
  drop,
  equal,
  figures,
  inPanel,
  sandbox,
  sum,
  until,
} from "./steps.mjs";

const MOST_JS = 118_000;
const MOST_JS_OF_WORKBOOKS = 20_000;
const ROWS = 1_000_000;
/** The page gets its turn after each piece that the package reads. */
const PIECE = 256 * 1024;

const server = await start();
const context = await visitor(server.origin);
const page = await open(context, "/history");
const { party, hires, day, nights, dinner } = PROGRAMS;

/** Addresses of jobs that later tests come back to. @type {Record<string, string>} */
const jobs = {};

/** @type {Record<string, () => Promise<void>>} */
const tests = {
  async "a wrong token is refused, the right one leads back to where one was"() {
    await page.getByLabel("Admin token").fill("this-is-not-the-token");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the admin token").waitFor();
    await page.getByText("wrong_token").waitFor();
    await look(page, "sign-in");
    await signIn(page);
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.getByText("No jobs yet").waitFor();
    equal(new URL(page.url()).pathname, "/history");
    // What people use is another source: the tests of it say when.
    await sandbox(page, { webhooksPerSecond: 200, failureRate: 0.25, useRate: 0, faults: {} });
  },

  ...stateTests(page),

  async "the programs are listed, searched and opened with the keyboard alone"() {
    await page.goto("/history");
    await page.getByText("No jobs yet").waitFor();
    await page.keyboard.press("g");
    await page.locator("a.program").nth(5).waitFor();
    equal(await page.locator("a.program").count(), 6);
    await look(page, "programs");
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Choose a file").waitFor();
    await look(page, "keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("zurich");
    await page.getByText("No program matches").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.type("BERLIN");
    await page.waitForFunction(() => document.querySelectorAll("a.program").length === 1);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: party.name }).waitFor();
  },

  async "a file with mistakes is read, its rejected rows are shown, and what is left is distributed"() {
    await page.keyboard.press("n");
    await page.getByText("Drop a list of codes anywhere on this page").waitFor();
    await look(page, "new-distribution");
    // Without a connection, it would take the page away.
    equal(await page.locator("a[href^='/api/']:not([download])").count(), 0);
    const file = await call(page, `/api/sandbox/programs/${party.id}/codes.csv?mistakes`);
    await choose(page, "guests.csv", file);
    await page.locator("[data-count=queued-before]", { hasText: "0" }).waitFor();
    equal(await counts(page), {
      valid: "1,204",
      duplicate: "2",
      rejected: "4",
      "not-in-this-program": "0",
      "queued-before": "0",
    });
    await page.locator(".rejected td", { hasText: "This looks like a code_text" }).waitFor();
    await page.getByText("First decide about the 4 rejected rows").waitFor();
    await look(page, "review");
    const save = page.getByRole("button", { name: "4 as CSV" });
    const csv = await downloaded(page, () => save.click());
    equal(csv.trim().split("\r\n").length, 5);
    assert.ok(csv.includes("'=1+1"), "a formula is text");
    await page.getByLabel("Leave out the 4 rejected rows").check();
    await distribute(page, "Distribute 1,204 codes");
    jobs["party"] = page.url();
    await until(page, ({ queued = 0, distributed = 0 }) => queued + distributed > 0, "queued");
  },

  async "more rejected rows than a list holds are all in the CSV, each with its line"() {
    await page.goto(`/programs/${hires.id}/new`);
    const lines = Array.from({ length: 2_500 }, (_, place) => `wrong ${place + 2}`);
    await choose(page, "wrong.csv", ["code_id", ...lines].join("\n"));
    await page.getByText("The first 1,000 of 2,500 rows are listed").waitFor();
    const save = page.getByRole("button", { name: "2,500 as CSV" });
    const rows = (await downloaded(page, () => save.click())).trim().split("\r\n").slice(1);
    equal(rows.length, 2_500);
    for (const row of rows) {
      const [line, value] = row.split(",");
      equal(value, `wrong ${line}`);
    }
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "codes are selected on the program's screen: by a click, a range, and all of a filter"() {
    await page.goto(`/programs/${hires.id}`);
    const rows = page.locator(".code-row[aria-selected]");
    await rows.nth(4).waitFor();
    await rows.nth(1).click();
    await rows.nth(4).click({ modifiers: ["Shift"] });
    await page.getByText("4 codes selected").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.getByText("5 codes selected").waitFor();
    await look(page, "program");
    await page.keyboard.press("a");
    await page.getByText("50 codes selected").waitFor();
    await page.getByRole("button", { name: "Review 50 codes" }).click();
    await page.getByText("Selection of 50 codes").waitFor();
    await distribute(page, "Distribute 50 codes");
    jobs["hires"] = page.url();
  },

  async "webhooks settle a job while one watches: distributed, and failed with its reasons"() {
    const found = await until(
      page,
      ({ queued, distributed = 0 }) => queued === 0 && distributed > 0,
      "settled",
    );
    equal(sum(found), 50);
    assert.ok((found["failed"] ?? 0) > 0, "some failed");
    await page.getByText("Settled").first().waitFor();
    const reasons = await page.locator(".reasons tbody td:nth-child(2)").allInnerTexts();
    equal(sum(Object.fromEntries(reasons.map(Number).entries())), found["failed"]);
    await page.locator(".figures", { hasText: "by Uber’s webhook, last on" }).waitFor();
    // The table of results keeps up with the figures.
    await page.waitForFunction(
      () =>
        document.querySelector(".result-by") !== null &&
        document.querySelector(".results .text-queued") === null,
    );
    await look(page, "job-settled");
    // Whoever has seen few moments has them as a table at once.
    const asTable = page.getByRole("button", { name: "As a table" });
    if ((await asTable.count()) > 0) await asTable.click();
    await page.locator(".samples tbody tr").first().waitFor();
  },

  async "results are filtered, found and downloaded"() {
    const { failed } = await figures(page);
    await page.locator(".results .filter", { hasText: "failed" }).click();
    await page.getByText(`${failed} codes found`).waitFor();
    equal(await page.locator(".result-state").count(), failed);
    const code = await page.locator(".result-code").first().innerText();
    await page.locator(".results .filter", { hasText: "All" }).click();
    await page.getByPlaceholder("Id, recipient or code_text").fill(code.toUpperCase());
    await page.getByText("1 code found").waitFor();
    const link = page.getByRole("link", { name: "50 codes as CSV" });
    const csv = (await downloaded(page, () => link.click())).trim().split("\r\n");
    equal(csv[0]?.replace("\ufeff", ""), "code,code_text,state,reason,by,batch,time,job");
    equal(csv.length, 51);
    equal(csv.filter((line) => line.includes(",failed,")).length, failed);
    const journal = page.getByRole("link", { name: "Download the journal" });
    assert.ok((await downloaded(page, () => journal.click())).length > 0, "the journal is empty");
  },

  ...eventTests(page, server.origin),

  async "the same codes once more: nothing leaves before it is decided what becomes of them"() {
    await page.goto(`/programs/${hires.id}/new`);
    const codes = await codesOf(page, hires.id);
    await page.getByRole("button", { name: "Paste codes" }).click();
    await page.getByLabel("Codes, one a line").fill(codes.join("\n"));
    await page.getByRole("button", { name: "Read these codes" }).click();
    const before = page.locator("[data-count=queued-before]");
    await before.filter({ hasText: /[1-9]/ }).waitFor();
    const blocked = Number(await before.innerText());
    assert.ok(blocked > 0 && blocked < 50, `${blocked} are blocked; failed ones are free`);
    await page.getByText("First decide about the codes that are in an earlier job").waitFor();
    await look(page, "review-again");
    await page.getByLabel("Send them again").check();
    await page.getByRole("button", { name: "Distribute 50 codes" }).waitFor();
    await page.getByLabel("Leave them out").check();
    const free = 50 - blocked;
    await distribute(page, `Distribute ${free} ${free === 1 ? "code" : "codes"}`);
    equal(sum(await figures(page)), free);
    const details = page.locator(".details div", { hasText: "Left out: in an earlier job" });
    await details.getByText(String(blocked), { exact: true }).waitFor();
  },

  async "a lost answer makes no second job"() {
    await page.goto(`/programs/${dinner.id}`);
    const [code = ""] = await codesOf(page, dinner.id);
    await page.locator(".code-row[aria-selected]").waitFor();
    await drop(page, "dinner.txt", code);
    await page.getByText("dinner.txt").waitFor();
    // As often as the console asks by itself.
    let lost = 0;
    const creating = `**/api/programs/${dinner.id}/jobs?*`;
    await page.route(creating, async (route) => {
      if (lost === 3 || /dryRun/.test(route.request().url())) return route.continue();
      lost += 1;
      await route.fetch();
      return route.abort("connectionreset");
    });
    const button = page.getByRole("button", { name: "Distribute 1 code" });
    await button.and(page.locator("[aria-disabled=false]")).click();
    await page.getByText("The job may have been created or not").first().waitFor();
    await distribute(page, "Distribute 1 code");
    await page.unroute(creating);
    equal(lost, 3);
    const { jobs: made } = await call(page, `/api/programs/${dinner.id}/jobs`);
    equal(made.length, 1);
  },

  async "a job runs without its page: reload, a second tab, pause, resume"() {
    await page.goto(`/programs/${day.id}`);
    await page.locator(".codes").focus();
    await page.keyboard.press("End");
    await page.locator("#code-29999").waitFor();
    const drawn = await page.locator(".code-row").count();
    assert.ok(drawn < 80, `${drawn} rows are drawn`);
    await page.getByRole("button", { name: "Review 30,000 codes not yet distributed" }).click();
    await distribute(page, "Distribute 30,000 codes");
    jobs["day"] = page.url();
    await until(page, ({ queued = 0 }) => queued > 0, "it runs");
    await page.locator(".job-facts", { hasText: /left/ }).waitFor();
    await page.reload();
    const after = await until(page, ({ queued = 0 }) => queued > 0, "after a reload");
    equal(sum(after), 30_000);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByText("Paused", { exact: true }).first().waitFor();
    const paused = await until(page, ({ sending }) => sending === 0, "paused");
    const second = await open(context, page.url());
    const there = await until(second, ({ sending }) => sending === 0, "the second tab");
    // Reports of what was sent go on arriving.
    equal([sum(there), there["pending"]], [sum(paused), paused["pending"]]);
    await look(page, "job-paused");
    await second.getByRole("button", { name: /^Resume: distribute / }).click();
    await until(
      page,
      ({ pending = 0 }) => pending < (paused["pending"] ?? 0),
      "it goes on, told by the other tab",
    );
    await second.close();
  },

  async "everything is paused, and says so on every screen"() {
    await page.getByRole("button", { name: "Pause everything" }).click();
    await page.getByText("Everything is paused.").waitFor();
    await page.locator(".job-facts", { hasText: "Everything is paused" }).waitFor();
    await until(page, ({ sending }) => sending === 0, "nothing leaves");
    const before = await figures(page);
    await page.keyboard.press("h");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.getByText("Nothing leaves, for any program").waitFor();
    await look(page, "history");
    const rows = await page.locator("a.job").allInnerTexts();
    assert.ok(rows.length >= 5, `${rows.length} jobs`);
    assert.ok(
      rows.every((row) => row.includes("by admin")),
      "who started it",
    );
    await page.locator("a.job", { hasText: day.name }).click();
    const still = await until(page, ({ queued = 0 }) => queued > 0, "still paused");
    equal(still["pending"], before["pending"]);
    await page.getByRole("button", { name: "Resume everything" }).first().click();
    await until(page, ({ pending = 0 }) => pending < (before["pending"] ?? 0), "it goes on");
  },

  async "a broken connection is shown with when the figures were true, and mends itself"() {
    const before = await figures(page);
    await context.setOffline(true);
    try {
      await page.locator(".job-head").getByText("Disconnected", { exact: true }).waitFor();
      await page.getByText("The figures were last true at").waitFor();
      await look(page, "disconnected");
    } finally {
      await context.setOffline(false);
    }
    await page.getByText("Live", { exact: true }).waitFor();
    await until(
      page,
      ({ pending = 0 }) => pending < (before["pending"] ?? 0) || pending === 0,
      "mended",
    );
    await page.locator(".disconnected").waitFor({ state: "hidden" });
  },

  async "unknown batches wait for a decision, and each decision does what it says"() {
    await page.goto(`/programs/${party.id}/new`);
    await page.getByRole("button", { name: "read this program’s codes" }).click();
    await page.getByLabel("Send them again").check();
    await page.getByText("may arrive a second time").waitFor();
    await sandbox(page, { webhooksPerSecond: 0, faults: { lost_after: 1 } });
    await distribute(page, "Distribute 1,204 codes");
    await until(page, ({ unknown }) => unknown === 1_204, "three in a row halt it");
    await page.getByText("1,204 codes wait for your decision").waitFor();
    await page.getByText("What was tried: 3 batches").click();
    equal(await page.locator("li.batch").count(), 3);
    await sandbox(page, { faults: { lost_after: 0 } });
    await look(page, "job-unknown");
    const choose = async (/** @type {RegExp} */ name) => {
      await page.getByRole("button", { name: "Decide about this batch alone" }).first().click();
      await page.locator(".choices").getByRole("button", { name }).click();
      await page.getByRole("dialog").getByRole("button", { name }).click();
    };
    await choose(/^Take 500 codes as queued/);
    await until(page, ({ unknown }) => unknown === 704, "taken as queued");
    await choose(/^Abandon /);
    await until(
      page,
      ({ unknown, abandoned = 0 }) => unknown === 204 && abandoned > 0,
      "abandoned",
    );
    const again = "Send all 204 codes again";
    await page.getByRole("button", { name: again }).click();
    await look(page, "decision");
    await page
      .getByRole("dialog")
      .getByLabel(/^Type /)
      .fill("204");
    await page.getByRole("dialog").getByRole("button", { name: again }).click();
    await until(page, ({ unknown, pending }) => unknown === 0 && pending === 0, "sent again");
    await page.locator(".unknown").waitFor({ state: "detached" });
    await sandbox(page, { webhooksPerSecond: 200 });
  },

  ...evidenceTests(page, jobs),

  ...jobTests(page),

  ...operatorTests(page),

  async "everybody lives apart, and asks for the program's name"() {
    await page.goto(`/programs/${nights.id}`);
    const name = await page.getByRole("heading", { name: /^Späti/ }).innerText();
    await page.getByRole("link", { name: "Everybody…" }).click();
    await page.getByText("The program has 312 codes").waitFor();
    await page.getByText("First type the name of the program").waitFor();
    await look(page, "everybody");
    await page.locator("#typed").fill(name.slice(1));
    await page.getByText("First type the name of the program").waitFor();
    await page.locator("#typed").fill(name);
    await distribute(page, "Distribute 312 codes");
    equal(sum(await figures(page)), 312);
  },

  async "one file for several programs: a job for each"() {
    const [one = []] = [await codesOf(page, nights.id)];
    const other = await codesOf(page, dinner.id);
    const lines = [
      ...one.slice(0, 20).map((code) => `${nights.id},${code}`),
      ...other.map((code) => `${dinner.id},${code}`),
      `${dinner.id},no code`,
    ];
    await page.goto("/");
    await page.getByRole("link", { name: "One file, several programs" }).click();
    await choose(page, "two.csv", ["program_id,code_id", ...lines].join("\n"));
    await page.getByRole("heading", { name: "2 programs in this file" }).waitFor();
    await page.getByLabel("Send them again").check();
    await page.getByLabel("Leave out the 1 rejected row").check();
    await page.getByText("21 codes will be queued for distribution in 2 programs").waitFor();
    await look(page, "several-programs");
    await page.getByRole("button", { name: "Distribute 21 codes" }).click();
    await page.waitForURL(/\/history$/);
    await page.getByText("one of 2 jobs of one file").first().waitFor();
  },

  async "a file that names its programs is never taken as a list of the open one"() {
    const [[one], [other]] = [await codesOf(page, nights.id), await codesOf(page, dinner.id)];
    const rows = (/** @type {string} */ delimiter) =>
      `${nights.id}${delimiter}${one}\n${dinner.id}${delimiter}${other}\n`;
    const files = {
      "as a sheet names it": `Program ID;Code ID\n${rows(";")}`,
      "behind a line sep=": `sep=;\nvoucherProgramId;codeId\n${rows(";")}`,
      "behind empty lines": `\n\nPROGRAM,Code\n${rows(",")}`,
      "in UTF-16": Buffer.from(`\ufeff"program-id"\t"code_id"\n${rows("\t")}`, "utf16le"),
    };
    for (const [name, content] of Object.entries(files)) {
      await page.goto(`/programs/${party.id}/new`);
      await choose(page, `${name}.csv`, content);
      await page.getByRole("heading", { name: "2 programs in this file" }).waitFor();
      // Else it is kept, and read again on the way back.
      await page.getByRole("button", { name: "Another list" }).click();
    }
  },

  async "the sandbox's panel shows what it does, and changes it"() {
    await page.getByRole("button", { name: "Sandbox" }).click();
    await page.getByRole("button", { name: "Pause reports" }).click();
    await page.getByRole("button", { name: "Resume reports" }).waitFor();
    await look(page, "sandbox");
    const { webhooksPerSecond } = await call(page, "/api/sandbox");
    equal(webhooksPerSecond, 0);
    await inPanel(page, () => page.getByRole("button", { name: "Resume reports" }).click());
    await page.getByRole("button", { name: "Close" }).click();
  },

  ...eventFormTests(page),

  async "a job of long ago is settled by webhooks alone, and says by what"() {
    await page.goto(String(jobs["party"]));
    const found = await until(page, ({ distributed = 0 }) => distributed > 500, "settled");
    equal(sum(found), 1_204);
    await look(page, "job");
  },

  async "a million rows are read, and the page stays smooth"() {
    const file = join(tmpdir(), `million-${process.pid}.csv`);
    const ids = Array.from({ length: ROWS }, () => crypto.randomUUID());
    await writeFile(file, `code_id\n${ids.join("\n")}\n`);
    await page.goto(`/programs/${party.id}/new`);
    await page.locator("input[type=file]").waitFor({ state: "attached" });
    // How often the page gets its turn meanwhile says whether it stays alive; how
    // long a turn takes is the machine's affair, so that is only told.
    await page.evaluate(() => {
      const seen = { turns: 0, longest: 0 };
      Object.assign(window, { seen });
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        seen.turns += 1;
        port2.postMessage(null);
      };
      port2.postMessage(null);
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
          seen.longest = Math.max(seen.longest, duration);
      }).observe({ entryTypes: ["longtask"] });
    });
    await page.locator("input[type=file]").setInputFiles(file);
    await page.waitForFunction(() =>
      /^[1-9]/.test(document.querySelector("[data-count=valid]")?.textContent ?? ""),
    );
    await page.locator("[data-count=valid]", { hasText: "1,000,000" }).waitFor();
    const { turns, longest } = await page.evaluate(() => /** @type {any} */ (window).seen);
    await page.getByRole("button", { name: "Another list" }).click();
    await rm(file);
    console.log(`the longest task while a million rows were read: ${Math.round(longest)} ms`);
    assert.ok(turns >= (ROWS * 37) / PIECE, `${turns} turns`);
  },

  ...listTests(page),

  ...reviewTests(page),

  ...peopleTests(page),

  async "a session that ends keeps what is on the screen; signing out does not"() {
    await page.goto(`/programs/${hires.id}/new`);
    await choose(page, "kept.txt", crypto.randomUUID());
    await page.getByText("kept.txt").waitFor();
    await context.clearCookies();
    // Unless the page has asked for something by itself meanwhile.
    const pauseAll = page.getByRole("button", { name: "Pause everything" });
    await pauseAll.click({ timeout: 3_000 }).catch(() => {});
    await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
    await signIn(page);
    await page.getByText("kept.txt").waitFor();
    await page.getByLabel("You and this console").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  },

  async "the link that `npm start` prints signs in, once"() {
    const guest = await visitor(server.origin);
    const first = await open(guest, server.link);
    await first
      .getByRole("heading", { name: "Programs" })
      .waitFor()
      .catch(async (cause) => {
        throw new Error(`${first.url()} shows ${await first.innerText("body")}`, { cause });
      });
    assert.equal(first.url(), `${server.origin}/`);
    await guest.close();
    await assert.rejects(fetch(server.link), { name: "TypeError" });
  },

  async "the scripts are small: what every page loads, and what the first workbook loads"() {
    const names = (await readdir(server.assets)).filter((name) => name.endsWith(".js"));
    const sizes = await Promise.all(
      names.map(async (name) => ({
        isOnDemand: name.startsWith("workbook-reader"),
        size: gzipSync(await readFile(join(server.assets, name))).length,
      })),
    );
    const total = (/** @type {boolean} */ isOnDemand) =>
      sizes.reduce((all, one) => all + (one.isOnDemand === isOnDemand ? one.size : 0), 0);
    assert.ok(total(false) > 0 && total(true) > 0, "there is no script");
    assert.ok(total(false) < MOST_JS, `${total(false)} bytes of gzip`);
    assert.ok(total(true) < MOST_JS_OF_WORKBOOKS, `${total(true)} bytes of gzip for workbooks`);
  },
};

/** What a failed test has left open would go on beside the next one. */
const closeOthers = () =>
  Promise.all(context.pages().map((one) => (one === page ? undefined : one.close())));

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
const wanted = process.argv[2] ?? "";
await runTests(
  (test) => {
    for (const [name, run] of Object.entries(tests)) {
      const isFirst = results.length === 0 && name === Object.keys(tests)[0];
      if (name.includes(wanted) || isFirst) test(name, () => run().finally(closeOthers));
    }
  },
  (result) => {
    results.push(result);
    if (process.env["DEBUG"]) console.log(result.name, result.error ?? "ok");
  },
);
results.push({ name: "nothing fails in a page", error: pageErrors.join("\n") || undefined });
results.push({ name: "axe finds nothing", error: violations.join("\n") || undefined });
await browser.close();
await server.stop();
process.exitCode = report(results) ? 0 : 1;
