/** The code that is sent first is chosen by the person who gets it, and the outcome names that person. */
import { assert } from "../package/harness.mjs";
import { look } from "./browser.mjs";
import { PROGRAMS, call, choose, codesOf, equal, until } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { autumn } = PROGRAMS;

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const firstCodeTests = (page) => ({
  async "the code that goes first is found by its recipient, its code_text or its id"() {
    const codes = (await codesOf(page, autumn.id)).slice(40, 60);
    const { organizationId } = await call(page, "/api/config");
    const path = `/v1/organizations/${organizationId}/voucher-programs/${autumn.id}/guests?limit=1000`;
    /** @type {{ code: { code_id: string, code_text: string }, email?: string }[]} */
    const guests = (await call(page, path)).guests;
    const guestOf = (/** @type {string | undefined} */ code) =>
      guests.find((guest) => guest.code.code_id === code);
    const found = codes.find((code, at) => at > 3 && guestOf(code)?.email);
    const ada = guestOf(found);
    const email = ada?.email;
    if (!found || !ada || !email) throw new Error("No guest has an address");
    await page.goto(`/programs/${autumn.id}/new`);
    // Those without a guest come first.
    const list = [...codes.slice(-5), ...codes.slice(0, -5)];
    await choose(page, "twenty.txt", list.join("\n"));
    await page.getByText("5 codes have no guest").waitFor();
    const again = page.getByLabel(/^Leave (it|them) out/);
    if (await again.isVisible()) await again.check();
    await page.getByLabel("Send one code first").check();
    const which = page.getByLabel(/^Which one/);
    const who = page.locator("#how-first-who");
    const first = await which.inputValue();
    assert.ok(guestOf(first), "it goes to somebody");
    await who.getByText(/^To .*…/).waitFor();
    await who.getByText(guestOf(first)?.code.code_text ?? "").waitFor();

    // Masked: by code_text and by id, of what is listed in this file.
    const options = page.locator("[role=listbox] [role=option]");
    await which.fill(ada.code.code_text.slice(-5).toLowerCase());
    await options.filter({ hasText: ada.code.code_text }).waitFor();
    await look(page, "first-code-found");
    await which.fill(email);
    await page.getByText("addresses are found once they are unmasked").waitFor();
    await page.locator("#review-reason", { hasText: "First choose a code of this list" }).waitFor();
    await page.getByRole("button", { name: "Unmask them" }).click();
    await which.fill(email);
    await options.filter({ hasText: email }).waitFor();
    equal(await options.count(), 1);
    await page.keyboard.press("Enter");
    equal(await which.inputValue(), found);
    await who.getByText(email).waitFor();
    equal(await options.count(), 0);

    // With the arrow keys, and by hand.
    await page.keyboard.press("ArrowDown");
    await options.nth(2).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.ok((await which.inputValue()) !== found, "another one");
    await which.click();
    await page.keyboard.press("Escape");
    equal(await options.count(), 0);
    await which.fill(found.slice(0, 8));
    await options.filter({ hasText: email }).click();
    equal(await which.inputValue(), found);
    await look(page, "first-code-chosen");

    const button = page.getByRole("button", { name: /^Distribute 1 code first/ });
    await button.waitFor();
    const number = page.locator("#typed-number");
    if (await number.isVisible()) {
      await number.fill(/of (\d+)/.exec(await button.innerText())?.[1] ?? "");
    }
    await button.and(page.locator("[aria-disabled=false]")).click();
    await page.waitForURL(/\/jobs\//);
    await until(page, ({ distributed }) => distributed === 1, "reported");
    const outcome = page.locator(".first-codes li");
    await outcome.getByText("distributed").waitFor();
    // Masked, without being asked for.
    await outcome.getByText(/ · to .*….* · /).waitFor();
    equal(await outcome.getByText(email).count(), 0);
    await outcome.getByText(ada.code.code_text).waitFor();
    await look(page, "first-code-outcome");
    const states = await page
      .locator(".samples tbody tr")
      .evaluateAll((rows) =>
        rows.map((row) =>
          [...row.querySelectorAll(".figure")].map((cell) => cell.textContent).join(),
        ),
      );
    assert.ok(states.length > 1, `${states}`);
    assert.ok(!states.some((state, at) => state === states[at - 1]), `a row twice: ${states}`);
    equal(await page.locator(".details").getByText("Duplicates dropped").count(), 0);
    await page.getByRole("button", { name: "Unmask them" }).first().click();
    await outcome.getByText(email).waitFor();
    await call(page, `/api${new URL(page.url()).pathname}/abandon`, { method: "POST" });
  },
});
