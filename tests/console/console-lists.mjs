/** Lists, from a file to the review, and the people behind their codes. */
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { assert } from "../package/harness.mjs";
import { signIn } from "./browser.mjs";
import { codePagesTests } from "./code-pages.mjs";
import { listTests } from "./lists.mjs";
import { peopleListTests } from "./people-lists.mjs";
import { peopleTests } from "./people.mjs";
import { reviewTests } from "./review.mjs";
import { runConsole } from "./run.mjs";
import { startWindowTests } from "./start-window.mjs";
import { A_QUARTER_FAILS, PROGRAMS, call, choose, codesOf, sandbox } from "./steps.mjs";

const MAX_JS = 129_000;
const MAX_JS_ON_DEMAND = 20_000;
const ROWS = 1_000_000;
/** The page can respond after each chunk that the package reads. */
const PIECE = 256 * 1024;

const { party, hires } = PROGRAMS;

await runConsole("/", ({ context, page, server }) => ({
  async "an admin signs in, and has sent fifty codes"() {
    await signIn(page);
    await sandbox(page, A_QUARTER_FAILS);
    // Later lists are compared with this one.
    const job = new URLSearchParams({ name: `Selection of ${hires.codes}` });
    await call(page, `/api/programs/${hires.id}/jobs?${job}`, {
      method: "POST",
      headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
      body: (await codesOf(page, hires.id)).join("\n"),
    });
  },

  async "a million rows are read, and the page stays responsive"() {
    const file = join(tmpdir(), `million-${process.pid}.csv`);
    const ids = Array.from({ length: ROWS }, () => crypto.randomUUID());
    await writeFile(file, `code_id\n${ids.join("\n")}\n`);
    await page.goto(`/programs/${party.id}/new`);
    await page.locator("input[type=file]").waitFor({ state: "attached" });
    // How often the page can respond meanwhile shows whether it stays responsive; how long each
    // response takes depends on the machine, so that is only printed.
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

  ...codePagesTests(),

  ...listTests(page),

  ...reviewTests(page),
  ...startWindowTests(page),

  ...peopleTests(page),
  ...peopleListTests(page),

  async "when a session ends, the screen is kept; after signing out, it is not"() {
    await page.goto(`/programs/${hires.id}/new`);
    await choose(page, "kept.txt", crypto.randomUUID());
    await page.getByText("kept.txt").waitFor();
    await context.clearCookies();
    // Unless the page has sent a request automatically meanwhile.
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

  async "the scripts are small: those of every page, and those loaded on demand"() {
    const names = (await readdir(server.assets)).filter((name) => name.endsWith(".js"));
    const sizes = await Promise.all(
      names.map(async (name) => ({
        isOnDemand: /^(workbook|foreign)-reader/.test(name),
        size: gzipSync(await readFile(join(server.assets, name))).length,
      })),
    );
    const total = (/** @type {boolean} */ isOnDemand) =>
      sizes.reduce((all, one) => all + (one.isOnDemand === isOnDemand ? one.size : 0), 0);
    assert.ok(total(false) > 0 && total(true) > 0, "there is no script");
    assert.ok(total(false) < MAX_JS, `${total(false)} bytes of gzip`);
    assert.ok(total(true) < MAX_JS_ON_DEMAND, `${total(true)} bytes of gzip on demand`);
  },
}));
