/** The session of all tabs of a browser: it ends in all of them at once, and no recipient stays. */
import { assert } from "../package/harness.mjs";
import { signIn } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof import("./server.mjs").start>>} Server */

const { party, dinner } = PROGRAMS;

/** @param {Page} page */
const ended = (page) => page.getByRole("heading", { name: "Your session has ended" });

/** @param {Page} page */
async function signOut(page) {
  await page.getByLabel("You and this console").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Neither on the screen nor behind it. @param {Page} page @param {string} text */
async function isGone(page, text) {
  const found = await page.evaluate((part) => document.body.innerHTML.includes(part), text);
  assert.ok(!found, `${text} is still in the page`);
}

/** Opens the codes of a program, with their recipients unmasked. @param {Page} page */
async function showRecipients(page) {
  await page.goto(`/programs/${dinner.id}`);
  await page.getByRole("button", { name: "Show them in full" }).click();
  await page.getByText("Recipients are unmasked").waitFor();
  await page
    .getByText(/guest-\d+@example\.com/)
    .first()
    .waitFor();
}

/**
 * Opens a review of a list of people, one of whom is no guest.
 * @param {Page} page @param {string} person
 */
async function reviewPeople(page, person) {
  await page.goto(`/programs/${party.id}/new`);
  const { guests } = await call(page, `/api/programs/${party.id}/guests?reveal=true&pageSize=1`);
  await choose(page, "people.csv", `email\n${guests[0].email}\n${person}`);
  await page.getByRole("cell", { name: person }).waitFor();
}

/** @param {Page} page @param {Server} server @returns {Record<string, () => Promise<void>>} */
export const sessionTests = (page, server) => ({
  async "signing out in one tab ends the others at once: no recipient stays, and a list comes back after the sign-in"() {
    const person = "nobody.of.this.program@example.org";
    const [review, program, plain] = [
      await page.context().newPage(),
      await page.context().newPage(),
      await page.context().newPage(),
    ];
    await reviewPeople(review, person);
    await showRecipients(program);
    const [code = ""] = await codesOf(page, dinner.id);
    await plain.goto(`/programs/${dinner.id}/new`);
    await choose(plain, "kept.txt", code);
    await plain.getByText("kept.txt").waitFor();
    // Without a request of their own.
    for (const one of [review, program, plain]) {
      await one.route("**/api/{config,overview}*", (route) => route.abort());
    }
    await page.goto("/history");
    await signOut(page);
    for (const one of [review, program, plain]) await ended(one).waitFor({ timeout: 5_000 });
    await Promise.all([review, program, plain].map((one) => one.unrouteAll()));
    await isGone(review, person);
    await isGone(program, "@example.com");
    assert.ok((await plain.title()).endsWith("Sign in · Vouchers"), "the title names the program");

    await signIn(plain);
    await plain.getByText("kept.txt").waitFor();
    // One sign-in is enough for all tabs; recipients are masked again.
    for (const one of [review, program, page]) await one.locator(".top").waitFor();
    await program.getByText("Recipients are masked.").waitFor();
    await review.getByRole("cell", { name: person }).waitFor();
  },

  async "a session that has ended elsewhere ends in all tabs with the first request that is refused"() {
    const other = await page.context().newPage();
    await showRecipients(other);
    await other.route("**/api/{config,overview}*", (route) => route.abort());
    await page.goto("/history");
    const pauseAll = page.getByRole("button", { name: "Pause everything" });
    await pauseAll.waitFor();
    await page.context().clearCookies();
    await pauseAll.click({ timeout: 3_000 }).catch(() => {});
    for (const one of [page, other]) await ended(one).waitFor();
    await other.unrouteAll();
    await isGone(other, "@example.com");
    await signIn(page);
    await other.locator(".top").waitFor();
  },

  async "what one operator has read is not shown to the next one"() {
    const other = await page.context().newPage();
    const [code = ""] = await codesOf(page, dinner.id);
    await other.goto(`/programs/${dinner.id}/new`);
    await choose(other, "of-admin.txt", code);
    await other.getByText("of-admin.txt").waitFor();
    await page.goto("/history");
    await page.context().clearCookies();
    // A tab that finds no session tells the others, too.
    await page.reload();
    await ended(other).waitFor();
    await signIn(page, server.approver.token);
    await other.getByRole("heading", { name: "Board dinner" }).waitFor();
    await other.getByText("Drop a list of codes anywhere").waitFor();
    await isGone(other, "of-admin.txt");
    await page.goto(`/programs/${dinner.id}/new`);
    await page.getByText("Drop a list of codes anywhere").waitFor();
    await page.goto("/history");
    await signOut(page);
    await signIn(page);
  },
});
