/** How the console shows Uber's events: real ones, signed as the sandbox signs. */
import { createHmac } from "node:crypto";

import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, REPORTS_MS, call, distribute, drop, equal, inPanel, sandbox } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const SIGNING_KEY = "sandbox-signing-key";
const DISTRIBUTED = "voucher_program_code_distributed";
const PAGE = 50;

/** Everything that may be personal data: none of it is visible before a click. */
const PERSONAL = [
  "Anna",
  "Schmidt",
  "Jörg",
  "O'Neill",
  "MIRA",
  "lena.k",
  "lukas",
  "Anna-Maria",
  "anna.schmidt@example.com",
  "jörg@bücher.example",
  "u0040example",
  "+49 170 1234567",
  "(030) 123-45-67",
  "491701234567",
  "4917012345678",
  "12 Main Street",
  "Leipzig",
  "10115",
  "hidden in a text",
  "r.uber.com",
];
/** Members that describe the event, and are not personal. */
const SHOWN = [
  DISTRIBUTED,
  "5f0c1d52-6e0b-4a8e-9f37-2b1f4c8a7d01",
  "invalid_email",
  "2026-11-29T10:00:00Z",
  "1796000000",
  '"100.0"',
  "USD",
  "outcome_list",
  "recipient_email",
  '"failed"',
  "true",
];
const BODY = `{"event_type":"${DISTRIBUTED}","voucher_program_id":"${PROGRAMS.party.id}",
  "outcome_list":[
    {"guest":{"first_name":"Anna","lastName":"Schmidt","address":{"line1":"12 Main Street","city":"Leipzig","zip":"10115"}},
     "recipient_email":"anna.schmidt@example.com","ok":true,"reason":"invalid_email"},
    {"to":"lukas","who":"Jörg","by":"O'Neill","label":"MIRA","nick":"lena.k","k":"Anna-Maria",
     "note":"hidden in a text","text":"anna\\u0040example.com","link":"https://r.uber.com/abc"},
    {"phone":"+49 170 1234567","tel":"(030) 123-45-67","value":"491701234567","n":4917012345678},
    {"anna.schmidt@example.com":"failed","jörg@bücher.example":"failed","Anna":"failed"}],
  "sent_at":"2026-11-29T10:00:00Z","msg_timestamp":1796000000,"usage_amount":"100.0","currency":"USD"}`;

/** Sends an event as Uber does. @param {string} origin @param {string} body */
export async function send(origin, body) {
  const signature = createHmac("sha256", SIGNING_KEY).update(body).digest("hex");
  const response = await fetch(`${origin}/webhooks/uber`, {
    method: "POST",
    headers: { "X-Uber-Signature": signature, "X-Environment": "sandbox" },
    body,
  });
  equal(response.status, 200);
}

/** @param {Page} page */
const unreadCount = async (page) =>
  (await call(page, "/api/events?unread=true&limit=1")).unreadCount;

/**
 * @param {Page} page @param {string} origin
 * @returns {Record<string, () => Promise<void>>}
 */
export const eventTests = (page, origin) => ({
  async "the events are listed with what each has settled"() {
    await page.keyboard.press("e");
    await page.getByRole("heading", { name: "Events" }).waitFor();
    const row = page.locator("a.event", { hasText: PROGRAMS.hires.name }).first();
    await row.getByText("Read", { exact: true }).waitFor();
    await row.locator(".event-settled", { hasText: /^\d+ outcomes?, / }).waitFor();
    await row.click();
    await page.locator(".event-text", { hasText: '"code_uuid": "' }).waitFor();
    await page.locator(".details div", { hasText: "Program" }).getByRole("link").waitFor();
    await page.reload();
    await page.locator(".event-text", { hasText: DISTRIBUTED }).waitFor();
    await page.getByRole("link", { name: "Events" }).first().click();
    await page.waitForURL(/\/events$/);
  },

  async "an event that can't be read says so on every screen, and what to do"() {
    await send(origin, BODY);
    equal(await unreadCount(page), 1);
    for (const path of ["/", "/history", `/programs/${PROGRAMS.party.id}`]) {
      await page.goto(path);
      const banner = page.getByRole("region", { name: "Unread events" });
      await banner.getByText("Uber has sent 1 event that this worker can’t read.").waitFor();
      await banner.getByText("is missing in the figures").waitFor();
      await banner.getByText("set outcomes so that it reads it, deploy").waitFor();
    }
    await page.locator("a.code-row, .code-row[aria-selected]").first().waitFor();
    await look(page, "banner");
    await page.getByRole("link", { name: "See 1 event" }).click();
    await page.waitForURL(/\/events\/unread$/);
    await page.locator("a.event").first().waitFor();
    equal(await page.locator("a.event").count(), 1);
    await look(page, "events-unread");
  },

  async "the body of an event is shown in lines, with personal data only after a click"() {
    await page.locator("a.event").first().click();
    const text = page.locator(".event-text");
    await text.waitFor();
    const hidden = await page.content();
    const shown = await text.innerText();
    for (const part of PERSONAL) assert.ok(!hidden.includes(part), `${part} is on the page`);
    for (const part of SHOWN) assert.ok(shown.includes(part), `${part} is not shown`);
    assert.ok(shown.split("\n").length > 30, "it is in lines");
    await look(page, "event");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole("button", { name: "Copy, recipients hidden" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const masked = await copied();
    for (const part of PERSONAL) assert.ok(!masked.includes(part), `${part} was copied`);
    await page.getByRole("button", { name: "Show recipients" }).click();
    for (const part of PERSONAL) await text.getByText(part).first().waitFor();
    await look(page, "event-shown");
    await page.getByRole("button", { name: "Copy the body" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    equal(await copied(), BODY);
    await page.getByRole("button", { name: "Hide recipients" }).click();
    equal(await text.getByText("Anna").count(), 0);
  },

  async "incomplete JSON is shown too, but not before a click"() {
    const [, id] = /events\/(.+)$/.exec(page.url()) ?? [];
    /** @type {[string, string][]} */
    const bodies = [
      ['{"guest":{"name":"Anna","email":"anna.schmidt@exam', "{\n"],
      ["Anna Schmidt could not be reached", "••••••"],
      [
        '{"a":[],"b":{},"c":[[{}]]}',
        '{\n  "a": [],\n  "b": {},\n  "c": [\n    [\n      {}\n    ]\n  ]\n}',
      ],
      ["[".repeat(5_000), "[\n"],
    ];
    for (const [body, shown] of bodies) {
      await page.route(`**/api/events/${id}`, (route) =>
        route.fulfill({ contentType: "text/plain; charset=utf-8", body }),
      );
      await page.reload();
      const text = page.locator(".event-text");
      await text.waitFor();
      assert.ok((await text.innerText()).startsWith(shown), await text.innerText());
      assert.ok(!(await page.content()).includes("Anna"), "somebody’s name is on the page");
      await page.unroute(`**/api/events/${id}`);
    }
    await page.reload();
  },

  async "an event is read again without a change, then marked as dealt with"() {
    const steps = page.getByRole("region", { name: "Its report could not be read" });
    await steps.getByRole("button", { name: "Read again" }).click();
    await page.getByText("Read again. 1 event still can’t be read.").waitFor();
    await steps.getByRole("button", { name: "Dealt with" }).click();
    await steps.waitFor({ state: "detached" });
    await page.getByText("Dealt with", { exact: true }).first().waitFor();
    await page.getByRole("region", { name: "Unread events" }).waitFor({ state: "detached" });
    equal(await unreadCount(page), 0);
    await page.goto("/events/unread");
    await page.getByText("No event is unread").waitFor();
    await look(page, "events-none");
  },

  async "older events are read on request, and none occurs twice in the list"() {
    for (let count = 0; count < PAGE + 10; count += 1) {
      await send(origin, JSON.stringify({ event_type: "voucher_program_updated", count }));
    }
    await page.goto("/events");
    await page
      .locator("a.event")
      .nth(PAGE - 1)
      .waitFor();
    equal(await page.locator("a.event").count(), PAGE);
    await page.getByRole("button", { name: "Show older events" }).click();
    await page
      .locator("a.event")
      .nth(PAGE + 9)
      .waitFor();
    const links = await page
      .locator("a.event")
      .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    equal(new Set(links).size, links.length);
    await page.locator("a.event", { hasText: "No report" }).first().waitFor();
    await page.setViewportSize({ width: 1280, height: 900 });
    await look(page, "events");
  },
});

/**
 * Once the program has had a job.
 *
 * @param {Page} page
 * @returns {Record<string, () => Promise<void>>}
 */
export const eventFormTests = (page) => ({
  async "the sandbox's panel can produce events that can't be read"() {
    await page.getByRole("button", { name: "Sandbox" }).click();
    const form = page.getByLabel("Form of the event");
    await inPanel(page, () => form.selectOption("opaque"));
    await page.getByRole("button", { name: "Close" }).click();
    await page.goto(`/programs/${PROGRAMS.dinner.id}`);
    const { codes } = await call(page, `/api/programs/${PROGRAMS.dinner.id}/codes`);
    await page.locator(".code-row[aria-selected]").waitFor();
    await drop(page, "dinner.txt", codes[0].code);
    // Unless it has failed before, and so is free.
    const before = page.locator("[data-count=queued-before]", { hasText: /^\d/ });
    if ((await before.innerText()) !== "0") await page.getByLabel("Send it again").check();
    await distribute(page, "Distribute 1 code");
    await page.getByRole("region", { name: "Unread events" }).waitFor({ timeout: REPORTS_MS });
    await sandbox(page, { eventForm: "batch" });
    await page.getByRole("link", { name: "See 1 event" }).click();
    await page.locator("a.event").first().click();
    await page.getByRole("button", { name: "Dealt with" }).click();
    await page.getByRole("region", { name: "Unread events" }).waitFor({ state: "detached" });
  },
});
