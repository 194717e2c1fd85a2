/** Lists of people, in every form that spreadsheets and mail programs give them. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, equal } from "./steps.mjs";
import { workbookOf } from "./workbook-of.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { autumn, day } = PROGRAMS;
const API_WORDS = /\boptions?\b|`|\bcolumn: |missing_column|no_guest|no_code_text/;

/** @param {Page} page @param {string} name @param {string | number} value */
const shows = (page, name, value) =>
  page.locator(`[data-count=${name}]`, { hasText: new RegExp(`^${value}$`) }).waitFor();
/** @param {Page} page */
const again = (page) => page.getByRole("button", { name: "Another list" }).click();

/** @typedef {{ code: string, text: string, email: string, phone: string }} Guest */

/** Guests who have a telephone number too. @param {Page} page @returns {Promise<[Guest, Guest, Guest, Guest, Guest, ...Guest[]]>} */
async function guestsOf(page) {
  const { organizationId } = await call(page, "/api/config");
  const path = `/v1/organizations/${organizationId}/voucher-programs/${autumn.id}/guests?limit=1000`;
  const { guests } = await call(page, path);
  const { codes } = await call(page, `/api/programs/${autumn.id}/codes`);
  const texts = new Map(codes.map((/** @type {any} */ one) => [one.code, one.codeText]));
  return guests
    .filter((/** @type {any} */ guest) => guest.email && guest.phone)
    .map((/** @type {any} */ { code, email, phone }) => ({
      ...{ code: code.code_id, email, phone },
      text: String(texts.get(code.code_id)),
    }));
}

/** @param {Page} page */
export const peopleListTests = (page) => ({
  async "the address and the telephone number of a row are both used, and never of two people"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const [one, two, three, four, five] = await guestsOf(page);
    const rows = [
      "Telefon;Name;E-Mail-Adresse",
      `${one.phone};One;`,
      `;Two;${two.email}`,
      `${three.phone};Three;${three.email}`,
      // An address that nobody has, and a number as it is dialled.
      `${four.phone.replace("+", "00")};Four;nobody@example.org`,
      `${four.phone};Four and five;${five.email}`,
      ";Nobody;",
    ];
    await choose(page, "crm.csv", rows.join("\n"));
    await shows(page, "matched", 4);
    await shows(page, "two-guests", 1);
    await shows(page, "not-found", 1);
    await page.getByRole("button", { name: "1 two guests" }).click();
    await page.getByText("its address and its number are of different ones").waitFor();
    await look(page, "people-two-columns");
    // The columns can be chosen all the same.
    await page.getByRole("button", { name: "Choose the columns" }).click();
    await page.getByRole("heading", { name: "Which column says who gets a code?" }).waitFor();
    equal(await page.getByLabel("E-mail addresses: column 3").isChecked(), true);
    await page.getByLabel("Also telephone numbers: column 1").uncheck();
    await page.getByRole("button", { name: "Read column 3" }).click();
    await shows(page, "matched", 3);
    await again(page);
  },

  async "columns with unusual names are chosen in words that fit them"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const guests = await guestsOf(page);
    const rows = guests
      .slice(0, 4)
      .map(({ phone, email }, at) => (at === 0 ? `Ada;${phone};` : `Bob;;${email}`));
    await choose(page, "contacts.csv", ["Wer;Anruf;Post", ...rows].join("\n"));
    await page.getByRole("heading", { name: "Which column says who gets a code?" }).waitFor();
    equal(await page.getByLabel("E-mail addresses: column 3").isChecked(), true);
    equal(await page.getByLabel("Also telephone numbers: column 2").isChecked(), true);
    await look(page, "people-columns");
    assert.ok(!API_WORDS.test(await page.locator("main").innerText()), "words of the API");
    await page.getByRole("button", { name: "Read columns 3 and 2" }).click();
    await shows(page, "matched", 4);
    await page.getByText("Column 3 contains the e-mail addresses, column 2 the").waitFor();
    await again(page);
    const twice = guests.slice(0, 3).map(({ email }) => `${email};boss@example.org`);
    await choose(page, "two.csv", ["email;E-Mail", ...twice].join("\n"));
    await page.getByText("2 columns contain e-mail addresses: email and E-Mail").waitFor();
    equal(await page.getByLabel("E-mail addresses: column 1").isChecked(), false);
    await look(page, "people-two-candidates");
    await page.getByLabel("E-mail addresses: column 1").check();
    await page.getByRole("button", { name: "Read column 1" }).click();
    await shows(page, "matched", 3);
    await again(page);
  },

  async "the name of the only column is no person, in any language"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const [one, two] = await guestsOf(page);
    for (const [name, rows] of /** @type {const} */ ([
      ["Rufnummer", [one.phone, two.phone.replace("+", "00")]],
      ["Sähköposti", [one.email, two.email]],
      ["Wer bekommt einen?", [one.email, two.phone]],
    ])) {
      await choose(page, "one.csv", [name, ...rows].join("\n"));
      await shows(page, "matched", 2);
      await shows(page, "not-found", 0);
    }
    await page.getByText("was taken as the column name").waitFor();
    await again(page);
  },

  async "addresses are read as mail programs copy them"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const [one, two, three] = await guestsOf(page);
    const named = `Guest 1 <${one.email}>`;
    for (const list of [
      `${named}\n"Two, Guest" <${two.email}>\n${three.email}`,
      `${named}, "Two, Guest" <${two.email}>, ${three.email}`,
      `One, Guest <${one.email}>; Two, Guest <${two.email}>; <${three.email}>;`,
    ]) {
      await choose(page, "to.txt", list);
      await shows(page, "matched", 3);
      await shows(page, "not-found", 0);
    }
    await again(page);
  },

  async "unmatched rows say what they are, and texts among ids of codes are translated"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const [one, two] = await guestsOf(page);
    const rows = [one.text, "NOTEXT77", "1.555E+12", "555 010 0000", "eve@example.org"];
    await choose(page, "kinds.csv", ["code_text", ...rows].join("\n"));
    await shows(page, "matched", 1);
    for (const kind of [
      "1 unknown code text",
      "1 shortened by a spreadsheet",
      "1 without country code",
      "1 not a guest",
    ]) {
      await page.getByRole("button", { name: kind }).click();
    }
    await page.getByRole("button", { name: "1 unknown code text" }).click();
    await page.getByText("No code of this program has this text").waitFor();
    await look(page, "people-kinds");
    assert.ok(!API_WORDS.test(await page.locator("main").innerText()), "words of the API");
    /** @type {string[]} */
    const asked = [];
    const note = (/** @type {import("playwright-core").Request} */ request) =>
      asked.push(request.url());
    page.on("request", note);
    const ids = (await codesOf(page, autumn.id)).slice(-2);
    for (const head of ["", "code_id\n", "Name;code_id\n"]) {
      const before = head.includes(";") ? "x;" : "";
      const mixed = [...ids, one.text, two.text.toLowerCase(), "NOTEXT77"];
      await choose(page, "mixed.csv", head + mixed.map((value) => before + value).join("\n"));
      await shows(page, "matched", 4);
      await shows(page, "not-found", 1);
      await again(page);
    }
    page.off("request", note);
    assert.ok(!asked.some((url) => /\/v1\/.*\/guests/.test(url)), "guests are not read for texts");
  },

  async "a workbook of people: numeric cells, several sheets, and the size of the file"() {
    await page.goto(`/programs/${autumn.id}/new`);
    const [one, two] = await guestsOf(page);
    const file = workbookOf([
      ["Notes", [["Nothing to read here"]]],
      [
        "Guests",
        [
          ["Phone", "E-mail"],
          [Number(one.phone.slice(1)), ""],
          ["", two.email],
          [15_550_100_000_020, ""],
        ],
      ],
    ]);
    await choose(page, "guests.xlsx", file);
    await shows(page, "matched", 1);
    await shows(page, "not-found", 2);
    equal(await page.getByLabel("Sheet").inputValue(), "Guests");
    await page.getByText("Of 2 sheets, this one is read").waitFor();
    await page.locator(".rejected td", { hasText: /^15550100000020$/ }).waitFor();
    const size = await page.locator(".list-source").innerText();
    assert.ok(size.includes(`${(file.length / 1_000).toFixed(1)} kB`), `${size}, ${file.length}`);
    await look(page, "people-workbook");
    await again(page);
  },

  async "a program of 30,000 guests is read page by page, and the page stays responsive"() {
    await page.goto(`/programs/${day.id}/new`);
    await page.evaluate(() => {
      const seen = { turns: 0, told: /** @type {string[]} */ ([]) };
      Object.assign(window, { seen });
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        seen.turns += 1;
        const about = document.querySelector(".list-source .quiet")?.textContent ?? "";
        if (about !== seen.told.at(-1)) seen.told.push(about);
        port2.postMessage(null);
      };
      port2.postMessage(null);
    });
    const list = [1, 15_000, 30_000, 30_001].map((nth) => `guest-${nth}@example.com`);
    await choose(page, "people.csv", ["email", ...list].join("\n"));
    await shows(page, "matched", 3);
    await shows(page, "not-found", 1);
    const { turns, told } = await page.evaluate(() => /** @type {any} */ (window).seen);
    assert.ok(turns > 60, `${turns} turns`);
    const steps = told.filter((/** @type {string} */ text) => /guests: [\d,]+ so far/.test(text));
    assert.ok(steps.length > 10, told.join(" | "));
    await again(page);
  },
});
