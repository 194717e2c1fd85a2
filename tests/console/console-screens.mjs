/** The console from the sign-in to the last report: its screens, and the jobs that begin on them. */
import { assert } from "../package/harness.mjs";
import { look, open, signIn, visitor } from "./browser.mjs";
import { eventFormTests, eventTests } from "./events.mjs";
import { runConsole } from "./run.mjs";
import { stateTests } from "./states.mjs";
import {
  A_QUARTER_FAILS,
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
  untilReported,
} from "./steps.mjs";

const { party, hires, day, nights, dinner } = PROGRAMS;

/** Addresses of jobs that later tests return to. @type {Record<string, string>} */
const jobs = {};

await runConsole("/history", ({ context, page, server }) => ({
  async "a wrong token is refused, and the right one leads back to the same screen"() {
    await page.getByLabel("Admin token").fill("this-is-not-the-token");
    await page.keyboard.press("Enter");
    await page.getByText("No operator has this token").waitFor();
    await page.getByText("wrong_token").waitFor();
    await look(page, "sign-in");
    await signIn(page);
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.getByText("No jobs yet").waitFor();
    equal(new URL(page.url()).pathname, "/history");
    await sandbox(page, A_QUARTER_FAILS);
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

  async "a dialog does not cover the sign-in, and is open again afterwards"() {
    await page.keyboard.press("Control+k");
    const field = page.getByRole("dialog").getByRole("combobox");
    await field.fill("Zurich");
    await context.clearCookies();
    // The page notices it with its next request, a few seconds later.
    await page.getByLabel("Admin token").waitFor();
    await field.waitFor({ state: "hidden" });
    await signIn(page);
    equal(await field.inputValue(), "Zurich");
    // The first press empties a search field.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
  },

  async "a file with mistakes is read, its rejected rows are shown, and its valid codes are distributed"() {
    await page.keyboard.press("n");
    await page.getByText("Drop a list of codes anywhere on this page").waitFor();
    await look(page, "new-distribution");
    // Without a connection, the page could not be loaded.
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
    const lines = Array.from({ length: 2_500 }, (_, index) => `wrong ${index + 2}`);
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

  async "codes are selected on the program's screen: by click, by range, and by filter"() {
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

  async "webhooks settle a job that is watched: distributed, and failed with reasons"() {
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
    // With few samples, the table is shown at once.
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

  async "the same codes again: nothing is sent before the admin decides"() {
    await page.goto(`/programs/${hires.id}/new`);
    const codes = await codesOf(page, hires.id);
    await page.getByRole("button", { name: "Paste codes" }).click();
    await page.getByLabel("Codes, one per line").fill(codes.join("\n"));
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

  async "a lost response creates no second job"() {
    await page.goto(`/programs/${dinner.id}`);
    const [code = ""] = await codesOf(page, dinner.id);
    await page.locator(".code-row[aria-selected]").waitFor();
    await drop(page, "dinner.txt", code);
    await page.getByText("dinner.txt").waitFor();
    // How often the console itself asks.
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
    await until(page, ({ queued = 0, distributed = 0 }) => queued + distributed > 0, "it runs");
    await page.locator(".job-facts", { hasText: /left/ }).waitFor();
    await page.reload();
    const after = await until(
      page,
      ({ queued = 0, distributed = 0 }) => queued + distributed > 0,
      "after a reload",
    );
    equal(sum(after), 30_000);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByText("Paused", { exact: true }).first().waitFor();
    const paused = await until(page, ({ sending }) => sending === 0, "paused");
    const second = await open(context, page.url());
    const there = await until(second, ({ sending }) => sending === 0, "the second tab");
    // Reports of sent codes continue to arrive.
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

  async "while everything is paused, every screen says so"() {
    await page.getByRole("button", { name: "Pause everything" }).click();
    await page.getByText("Everything is paused.").waitFor();
    await page.locator(".job-facts", { hasText: "Everything is paused" }).waitFor();
    await until(page, ({ sending }) => sending === 0, "nothing leaves");
    const before = await figures(page);
    await page.keyboard.press("h");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.getByText("Nothing is sent, for any program").waitFor();
    await look(page, "history");
    const rows = await page.locator("a.job").allInnerTexts();
    assert.ok(rows.length >= 5, `${rows.length} jobs`);
    assert.ok(
      rows.every((row) => row.includes("by admin")),
      "who started it",
    );
    await page.locator("a.job", { hasText: day.name }).click();
    const still = await until(
      page,
      ({ queued = 0, distributed = 0 }) => queued + distributed > 0,
      "still paused",
    );
    equal(still["pending"], before["pending"]);
    await page.getByRole("button", { name: "Resume everything" }).first().click();
    await until(page, ({ pending = 0 }) => pending < (before["pending"] ?? 0), "it goes on");
  },

  async "a broken connection is shown with the time of the figures, and is restored automatically"() {
    const before = await figures(page);
    await context.setOffline(true);
    try {
      await page.locator(".job-head").getByText("Disconnected", { exact: true }).waitFor();
      await page.getByText("The figures are from").waitFor();
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

  async "sending to everybody is a separate screen, and asks for the program's name"() {
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
    await untilReported(page);
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

  async "a program that a file names in two spellings is one program"() {
    const [one = "", two = "", three = ""] = await codesOf(page, nights.id);
    const spelled = [nights.id.toUpperCase(), nights.id, `{${nights.id}}`];
    const lines = [`${spelled[0]},${one}`, `${spelled[1]},${two}`, `${spelled[2]},${three}`];
    await page.goto("/new");
    const repeated = `${spelled[1]},${one}`;
    await choose(page, "spelled.csv", ["program_id,code_id", ...lines, repeated].join("\n"));
    await page.getByRole("heading", { name: "1 program in this file" }).waitFor();
    await page.locator("[data-count=queued-before]", { hasText: /\d/ }).waitFor();
    const { valid, duplicate } = await counts(page);
    equal([valid, duplicate], ["3", "1"]);
    await page.getByRole("button", { name: "Another list" }).click();
    await page.goto(`/programs/${nights.id.toUpperCase()}`);
    await page.locator("#code-0").waitFor();
    await page.locator("a", { hasText: "New distribution" }).click();
    await page.waitForURL(`**/programs/${nights.id}/new`);
  },

  async "many programs are compared some at a time, which is told and can be stopped"() {
    const programs = Array.from({ length: 250 }, () => crypto.randomUUID());
    /** @type {(() => void)[]} */
    const held = [];
    let asked = 0;
    await page.route("**/api/jobs?dryRun=true", async (route) => {
      asked += 1;
      if (asked === 2) await new Promise((resolve) => held.push(() => resolve(undefined)));
      // It may have been given up meanwhile.
      await route.continue().catch(() => {});
    });
    await page.goto("/new");
    const lines = programs.map((program) => `${program},${crypto.randomUUID()}`);
    await choose(page, "many.csv", ["program_id,code_id", ...lines].join("\n"));
    await page.getByText("100 of 250 programs compared").waitFor();
    await look(page, "many-programs");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped: nothing is sent").waitFor();
    for (const resume of held) resume();
    equal(asked, 2, "nothing more is asked");
    await page.getByRole("button", { name: "Compare them" }).click();
    // Uber knows none of these programs.
    await page.getByText("It is not known whether these codes are in this program").waitFor();
    equal(asked, 5, "a hundred programs in a request");
    await page.unroute("**/api/jobs?dryRun=true");
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a file that names its programs is never read as a list of the open program"() {
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
      // Otherwise it is kept, and read again when its screen is opened.
      await page.getByRole("button", { name: "Another list" }).click();
    }
  },

  async "the sandbox's panel shows and changes its settings"() {
    await page.getByRole("button", { name: "Sandbox" }).click();
    await page.getByRole("button", { name: "Pause reports" }).click();
    await page.getByRole("button", { name: "Resume reports" }).waitFor();
    await look(page, "sandbox");
    const { webhooksPerSecond } = await call(page, "/api/sandbox");
    equal(webhooksPerSecond, 0);
    await inPanel(page, () => page.getByRole("button", { name: "Resume reports" }).click());
    // It covers nothing of a review, at any width.
    await page.goto(`/programs/${hires.id}/new`);
    await page.getByRole("button", { name: "Sandbox" }).click();
    await choose(page, "beside.txt", crypto.randomUUID());
    await page.getByRole("heading", { name: "Review" }).waitFor();
    for (const width of [1_101, 1_280, 1_600]) {
      await page.setViewportSize({ width, height: 900 });
      const [panel, review] = await Promise.all(
        [".sandbox", ".column-side"].map((name) => page.locator(name).boundingBox()),
      );
      assert.ok(panel && review && review.x + review.width <= panel.x, `${width} px`);
    }
    await look(page, "sandbox-review");
    await page.getByRole("button", { name: "Another list" }).click();
    await page.getByRole("button", { name: "Close" }).click();
  },

  ...eventFormTests(page),

  async "an old job is settled by webhooks alone, and shows that source"() {
    await page.goto(String(jobs["party"]));
    const found = await until(page, ({ distributed = 0 }) => distributed > 500, "settled");
    equal(sum(found), 1_204);
    await look(page, "job");
  },

  async "the link that `npm start` prints signs in, once"() {
    const guest = await visitor(server.origin);
    const first = await open(guest, "about:blank");
    const response = await first.goto(server.link);
    const redirect = await response?.request().redirectedFrom()?.response();
    assert.ok(
      (await redirect?.headerValue("set-cookie"))?.includes("HttpOnly"),
      "it sets a cookie",
    );
    equal((await guest.cookies()).length, 1, "the browser accepts it");
    await first.getByRole("heading", { name: "Programs" }).waitFor();
    assert.equal(first.url(), `${server.origin}/`);
    await guest.close();
    await assert.rejects(fetch(server.link), { name: "TypeError" });
  },
}));
