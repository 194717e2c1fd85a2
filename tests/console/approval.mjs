/** A job that waits for a second operator, as both see it. */
import { assert } from "../package/harness.mjs";
import { look, open, signIn, visitor } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, confirmNumber, equal, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof import("./server.mjs").start>>} Server */

const { hires, nights } = PROGRAMS;

/**
 * Asks for a job above the limit; returns its address.
 * @param {Page} page @param {{ id: string }} program @param {readonly string[]} codes
 */
async function ask(page, { id }, codes) {
  await page.goto(`/programs/${id}/new`);
  await choose(page, "large.txt", codes.join("\n"));
  await page.getByText("A second person has to approve this").waitFor();
  const label = `Ask to distribute ${codes.length} codes`;
  await confirmNumber(page, label);
  const button = page.getByRole("button", { name: label, exact: true });
  await button.and(page.locator("[aria-disabled=false]")).click();
  await page.waitForURL(/\/jobs\//);
  return new URL(page.url()).pathname;
}

/** @param {Page} page */
const auditOf = async (page) =>
  (await page.locator(".audit li").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));

/** @param {Page} page @param {Server} server @returns {Record<string, () => Promise<void>>} */
export const approvalTests = (page, server) => ({
  async "what one operator asks for, the other approves, in a browser of their own"() {
    const codes = (await codesOf(page, hires.id)).slice(0, 25);
    const path = await ask(page, hires, codes);
    const waits = page.locator(".waits");
    await waits.getByText("admin asked for 25 codes").waitFor();
    const own = waits.getByRole("button", { name: "Approve: distribute 25 codes" });
    equal(await own.getAttribute("aria-disabled"), "true");
    await look(page, "approval-own");
    // Not even past the button.
    const refused = await page.evaluate(async (url) => {
      const response = await fetch(url, { method: "POST" });
      return [response.status, (await response.json()).code];
    }, `/api${path}/approve`);
    equal(refused.join(), "403,same_operator");

    const context = await visitor(server.origin);
    const second = await open(context, server.approver.link);
    await second.waitForURL(`${server.origin}/`);
    const waiting = second.locator("section", { hasText: "Waits for approval" });
    await waiting.locator(`a[href="${path}"]`).click();
    await second.getByLabel("You and this console").click();
    await second.getByText("Signed in as approver").waitFor();
    await second.keyboard.press("Escape");
    await second.locator(".waits").getByText("admin asked for 25 codes").waitFor();
    await look(second, "approval-other");
    await second.getByRole("button", { name: "Approve: distribute 25 codes" }).click();
    const dialog = second.getByRole("dialog");
    await dialog.getByLabel(/^Why/).fill("The list was compared.");
    await dialog.getByRole("button", { name: "Approve: distribute 25 codes" }).click();

    // Whoever asked sees it start, without doing anything.
    await waits.waitFor({ state: "detached" });
    await until(page, ({ pending, sending }) => pending === 0 && sending === 0, "all has left");
    for (const one of [page, second]) {
      await one.getByText("approved by approver").waitFor();
      const done = one.locator(".audit li", { hasText: "approver approved it" });
      await done.getByText("The list was compared.").waitFor();
      const trail = (await auditOf(one)).join("\n");
      assert.ok(trail.includes("approver approved it"), trail);
      assert.ok(trail.includes("admin created the job"), trail);
    }
    await context.close();
  },

  async "the second operator signs in with a token, and can't approve their own job either"() {
    const context = await visitor(server.origin);
    const second = await open(context, "/");
    await signIn(second, server.approver.token);
    const codes = (await codesOf(second, nights.id)).slice(0, 30);
    const path = await ask(second, nights, codes);
    await second.locator(".waits").getByText("approver asked for 30 codes").waitFor();
    const own = second.getByRole("button", { name: "Approve: distribute 30 codes" });
    equal(await own.getAttribute("aria-disabled"), "true");

    await page.goto(path);
    await page.getByRole("button", { name: "Approve: distribute 30 codes" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Approve: distribute 30 codes" }).click();
    await until(second, ({ pending, sending }) => pending === 0 && sending === 0, "all has left");
    const { entries } = await call(page, `/api/audit?job=${path.split("/").at(-1)}`);
    const who = entries.map((/** @type {any} */ { by, action }) => `${by} ${action}`);
    equal(who.reverse().slice(0, 2).join(), "approver created,admin approved");
    await context.close();
  },
});
