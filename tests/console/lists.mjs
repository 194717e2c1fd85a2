/** Lists: which files are read, how their rows are explained, and the way to the review. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, counts, equal } from "./steps.mjs";
import { zipOf } from "./workbook-of.mjs";

/** @typedef {import("playwright-core").Page} Page */

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
const { party, hires, nights, day, dinner } = PROGRAMS;
/** It belongs to no program. */
const foreign = (/** @type {string} */ count) => ({
  duplicate: "0",
  "queued-before": "0",
  "not-in-this-program": count,
});
/** Names of options, members and methods of the API. */
const API_WORDS = /\boptions?\b|headerRow|programColumn|=true|`|not_a_uuid|missing_column/;

/** @param {Page} page */
export const listTests = (page) => ({
  async "a workbook is read: the sheet with codes, or another one if chosen"() {
    await page.goto(`/programs/${nights.id}/new`);
    const file = await readFile(new URL("./fixtures/two-sheets.xlsx", import.meta.url));
    await choose(page, "guests.xlsx", file);
    await page.locator("[data-count=queued-before]", { hasText: "0" }).waitFor();
    equal(await counts(page), { ...foreign("12"), valid: "12", rejected: "1" });
    await page.getByText("1 empty row").waitFor();
    await page.locator(".rejected td", { hasText: "15" }).first().waitFor();
    await look(page, "list-workbook");
    await page.getByLabel("Sheet").selectOption("Notes");
    await page.getByText("There is no valid code in this list").waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a column with an unusual name is chosen in the first rows"() {
    const [first, second, ...more] = await codesOf(page, hires.id);
    await page.goto(`/programs/${hires.id}/new`);
    const rows = [first, second, ...more].map((code, at) => `"Guest; ${at}";${code};DE-${at}`);
    await choose(page, "crm.csv", ["Name;Voucher;Ticket", ...rows].join("\n"));
    await page.getByRole("heading", { name: "Which column contains the codes?" }).waitFor();
    equal(await page.getByLabel("Codes: column 2").isChecked(), true, "what looks like codes");
    await page.getByRole("cell", { name: "Guest; 0" }).waitFor();
    await look(page, "list-columns");
    await page.getByLabel("Codes: column 1").check();
    await page.getByRole("button", { name: "Read column 1" }).click();
    await page.getByText("There is no valid code in this list").waitFor();
    await page.reload();
    await page.getByText("Column 1 contains the codes").waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
    await choose(page, "crm.csv", ["Name;Voucher;Ticket", ...rows].join("\n"));
    await page.getByRole("button", { name: "Read column 2" }).click();
    // What the worker is asked about is what was chosen here.
    await page.locator("[data-count=queued-before]", { hasText: /[1-9]/ }).waitFor();
    equal(await page.locator("[data-count=valid]").innerText(), "50");
    await page.getByRole("button", { name: "Another list" }).click();
    await choose(page, "two.csv", `Campaign,Voucher\n${nights.id},${first}\n`);
    await page.getByRole("button", { name: "Another list" }).click();
    await page.goto("/new");
    await choose(page, "two.csv", `Voucher,Campaign,x\n${first},${nights.id},y\n`);
    await page.getByLabel("Codes: column 1").check();
    await page.getByLabel("Programs: column 2").check();
    await page.getByRole("button", { name: "Read column 1" }).click();
    await page.getByRole("heading", { name: "1 program in this file" }).waitFor();
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "rejected rows are shown by kind first, in plain words"() {
    await page.goto(`/programs/${party.id}/new`);
    const rows = [
      // With one code among them, they are rows of codes, and no list of people.
      crypto.randomUUID(),
      ...Array.from({ length: 1_200 }, (_, at) => `BERLIN${at}X`),
      ...Array.from({ length: 70 }, (_, at) => `nothing of the kind, ${at}`.replace(",", "")),
      ...[
        "ada@example.com",
        "bob@example.com",
        "+49 30 901820",
        "00000000-0000-0000-0000-000000000000",
      ],
    ];
    await choose(page, "mixed.csv", ["code_id", ...rows].join("\r\n"));
    const kinds = page.getByRole("group", { name: "Kinds of rejected rows" });
    for (const kind of [
      "1,200 look like code_text",
      "70 are not codes",
      "2 look like e-mail addresses",
      "1 looks like a telephone number",
      "1 is only zeros",
    ]) {
      await kinds.getByRole("button", { name: kind }).waitFor();
    }
    await kinds.getByRole("button", { name: "e-mail" }).click();
    equal(await page.locator(".rejected tbody tr").count(), 2);
    await look(page, "list-kinds");
    assert.ok(!API_WORDS.test(await page.locator("main").innerText()), "words of the API");
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "a file that is not a list is explained in one sentence"() {
    await page.goto(`/programs/${party.id}/new`);
    /** @type {[name: string, content: string | Buffer, told: RegExp][]} */
    const files = [
      ["codes.pdf", `%PDF-1.7\n${"x\n".repeat(800)}`, /is a PDF document/],
      ["codes.csv.gz", gzipSync("code_id\n"), /is a gzip archive/],
      ["codes.zip", zipOf([["codes.csv", "code_id\n"]]), /is a ZIP archive/],
      [
        "codes.ods",
        zipOf([["mimetype", "application/vnd.oasis.opendocument.spreadsheet"]]),
        /is an ODS/,
      ],
      ["codes.numbers", zipOf([["Index/Document.iwa", ""]]), /is a Numbers/],
      ["broken.xlsx", zipOf([["xl/workbook.xml", "<"]]), /is a workbook that can’t be read here/],
    ];
    for (const [name, content, told] of files) {
      await choose(page, name, content);
      const alert = page.getByRole("alert").filter({ hasText: name });
      await alert.filter({ hasText: told }).waitFor();
      equal(await page.locator(".rejected").count(), 0);
      assert.ok(!API_WORDS.test(await alert.innerText()), "words of the API");
    }
    await look(page, "list-none");
  },

  async "empty rows are counted, and the name of the column is not a rejected row"() {
    await page.goto(`/programs/${party.id}/new`);
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await choose(page, "plain.txt", `Voucher ids\n${one}\n\n \n${other}\n\n\n`);
    await page.getByText("2 empty rows").waitFor();
    await page.locator("[data-count=not-in-this-program]", { hasText: "2" }).waitFor();
    equal(await counts(page), { ...foreign("2"), valid: "2", rejected: "0" });
    await page.getByText("was taken as the column name").waitFor();
    const full = await page.locator("progress").evaluate((bar) => bar.getAttribute("value"));
    equal(full, "1");
    await look(page, "list-plain");
    await page.getByRole("button", { name: "Another list" }).click();
    await choose(page, "plain.txt", `${one.slice(1)}\n${other}\n`);
    await page.locator("[data-count=rejected]", { hasText: "1" }).waitFor();
  },

  async "a reload keeps the list, until another one is requested"() {
    await page.reload();
    await page.locator("[data-count=rejected]", { hasText: "1" }).waitFor();
    await page.getByText("plain.txt").waitFor();
    // A reload comes before the database has done anything.
    await page.evaluate(() =>
      Object.assign(IDBFactory.prototype, { open: () => Object.create(null) }),
    );
    await page.getByRole("button", { name: "Another list" }).click();
    await page.reload();
    await page.getByText("Drop a list of codes anywhere on this page").waitFor();
    equal(await page.getByText("plain.txt").count(), 0);
  },

  async "the review gets the focus once a list is read, and is visible on a phone"() {
    await page.setViewportSize(PHONE);
    await page.goto(`/programs/${party.id}/new`);
    const wrong = Array.from({ length: 300 }, (_, at) => `wrong ${at}`);
    await choose(page, "long.csv", ["code_id", crypto.randomUUID(), ...wrong].join("\n"));
    const title = page.getByRole("heading", { name: "Review" });
    await page.waitForFunction(() => document.activeElement?.id === "review-title");
    const top = await title.evaluate((element) => element.getBoundingClientRect().top + scrollY);
    assert.ok(top < 844, `the review begins at ${top} px`);
    await page.getByText("No messages are sent: everything stays on this machine").waitFor();
    await look(page, "list-phone");
    await page.getByRole("button", { name: "Another list" }).click();
    await page.setViewportSize(DESKTOP);
  },

  async "hints are one tab stop, and the arrow keys move among them"() {
    await page.goto(`/programs/${party.id}/new`);
    await choose(page, "one.txt", crypto.randomUUID());
    await page.locator("[data-count=queued-before]", { hasText: "0" }).waitFor();
    equal(await page.locator(".counts .hint[tabindex='0']").count(), 1);
    await page.locator(".counts .hint").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tooltip", { name: /Each code is sent once/ }).waitFor();
    equal(await page.locator(".counts .hint[tabindex='0']").count(), 1);
    await page.getByRole("button", { name: "Another list" }).click();
  },

  async "the action for a selection stays visible while scrolling"() {
    await page.setViewportSize(PHONE);
    await page.goto(`/programs/${day.id}`);
    const rows = page.locator(".code-row[aria-selected]");
    await rows.nth(1).click();
    const review = page.getByRole("button", { name: "Review 1 code" });
    await review.waitFor();
    await page.locator(".codes").evaluate((table) => table.scrollIntoView({ block: "start" }));
    const { bottom } = await review.evaluate((element) => element.getBoundingClientRect());
    assert.ok(bottom <= 844, `the button ends at ${bottom} px`);
    await page.setViewportSize(DESKTOP);
  },

  async "a table longer than the browser's limit scrolls to its last row, pixel by pixel"() {
    const most = 450_000;
    const rowAt = (/** @type {number} */ index) => ({
      place: index,
      code: `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
      codeText: `ROW${index}`,
      usageCount: 0,
      usageAmount: 0,
      canceledAt: null,
      state: null,
      job: null,
    });
    const path = `**/api/programs/${nights.id}/codes/search`;
    await page.setViewportSize(PHONE);
    await page.route(path, (route) => {
      const { from = 0, limit = 100 } = route.request().postDataJSON();
      const rows = Array.from({ length: Math.min(limit, most - from) }, (_, at) =>
        rowAt(from + at),
      );
      const at = { readAt: 1, knownAt: 1 };
      return route.fulfill({
        json: { ...at, counts: { all: most, "not-yet": most }, found: most, rows },
      });
    });
    try {
      await page.goto(`/programs/${nights.id}`);
      const table = page.locator(".codes");
      await page.locator("#code-0").waitFor();
      await table.evaluate((rows) => rows.scrollTo(0, rows.scrollHeight));
      const last = page.locator(`#code-${most - 1}`);
      await last.waitFor();
      /** Waits until the last row ends so many pixels below the end of the table. @param {number} below */
      const lastEnds = (below) =>
        page.waitForFunction(
          ([id, wanted]) => {
            const row = document.getElementById(String(id))?.getBoundingClientRect();
            const rows = document.querySelector(".codes")?.getBoundingClientRect();
            return row && rows && Math.abs(row.bottom - rows.bottom - Number(wanted)) <= 2;
          },
          [`code-${most - 1}`, below],
        );
      await lastEnds(0);
      // A turn of the wheel moves as far as in a short table.
      await table.evaluate((rows) => rows.scrollBy(0, -160));
      await lastEnds(160);
      await table.focus();
      await page.keyboard.press("Home");
      await page.locator("#code-0.is-active").waitFor();
      await page.keyboard.press("End");
      await page.locator(`#code-${most - 1}.is-active`).waitFor();
    } finally {
      await page.unroute(path);
      await page.setViewportSize(DESKTOP);
    }
  },

  async "⌘K finds a program, a job and a code from any screen"() {
    const [code = ""] = await codesOf(page, hires.id);
    await page.goto("/history");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("berlin");
    await page.getByRole("option", { name: /^Program.*Berlin/ }).waitFor();
    await look(page, "finder");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: party.name }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Selection of 50");
    equal(await page.getByRole("combobox").inputValue(), "Selection of 50");
    await page.getByRole("option", { name: /^Job/ }).first().waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(code);
    await page.getByRole("option", { name: /^Code/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/jobs\//);
  },

  async "⌘K searches all jobs, and says which searches failed until they succeed"() {
    const code = (await codesOf(page, nights.id)).at(-1) ?? "";
    const [free = ""] = await codesOf(page, dinner.id);
    const create = (/** @type {string} */ program, /** @type {string} */ body, name = "") =>
      call(page, `/api/programs/${program}/jobs?resend=true&start=false&name=${name}`, {
        method: "POST",
        headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
        body,
      });
    const needle = await create(nights.id, code, "needle");
    for (let nth = 0; nth < 50; nth += 1) {
      const { id } = await create(dinner.id, free, `hay ${nth}`);
      await call(page, `/api/programs/${dinner.id}/jobs/${id}/cancel`, { method: "POST" });
    }
    const finder = page.locator("dialog");
    await page.route("**/api/jobs?*", (route) => route.abort("connectionreset"));
    await page.keyboard.press("Control+k");
    await page.keyboard.type("needle");
    await finder.getByText("Jobs could not be searched").waitFor();
    equal(await finder.getByText("Nothing matches").count(), 0);
    await look(page, "finder-not-looked-up");
    await page.unroute("**/api/jobs?*");
    await finder.getByRole("option", { name: /^Job.*needle/ }).waitFor();
    equal(await finder.getByText("could not be searched").count(), 0);
    await page.route("**/api/codes?*", async (route) => {
      const response = await (await route.fetch()).json();
      await route.fulfill({ json: { ...response, missed: 3 } });
    });
    await page.keyboard.press("Control+a");
    await page.keyboard.type(code.slice(0, 13).toUpperCase());
    await finder
      .getByRole("option", { name: new RegExp(`^Code ?${code}`) })
      .first()
      .waitFor();
    await finder.getByText("Codes of 3 programs could not be searched").waitFor();
    await page.unroute("**/api/codes?*");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/programs/${nights.id}/jobs/${needle.id}`);
    await call(page, `/api/programs/${nights.id}/jobs/${needle.id}/cancel`, { method: "POST" });
  },
});
