/**
 * The console as an admin uses it: `npm start` in a process of its own, Chromium
 * in front of it. Takes screenshots into the folder that SCREENSHOTS names.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { assert, report, runTests } from "../package/harness.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const START_MS = 120_000;
const WAIT_MS = 30_000;

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const started = spawn(process.execPath, [join(ROOT, "scripts", "start.mjs")], {
  env: { ...process.env, PORT: String(port) },
  stdio: ["ignore", "pipe", "inherit"],
});
await new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("npm start took too long")), START_MS).unref();
  started.once("exit", (code) => reject(new Error(`npm start ended with ${code}`)));
  started.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    if (text.includes(origin)) resolve(undefined);
  });
});

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});

/** @typedef {import("playwright-core").Page} Page */
/** @type {string[]} */
const pageErrors = [];

/** A browser of its own: nothing was sent from it. */
async function admin() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(WAIT_MS);
  return {
    context,
    async tab() {
      const page = await context.newPage();
      page.on("pageerror", (error) => pageErrors.push(String(error.stack)));
      page.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy/.test(message.text()))
          pageErrors.push(message.text());
      });
      // A page that sends asks before it is left.
      page.on("dialog", (dialog) => void dialog.accept());
      return page;
    },
  };
}

/** Opens a program, reads a list, and confirms. @param {Page} page @param {string} list */
async function distribute(page, list) {
  await page.goto(origin);
  await page.locator("a.program").first().click();
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "codes.csv", mimeType: "text/csv", buffer: Buffer.from(list) });
  await page.getByRole("button", { name: /^Distribute / }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Distribute / })
    .click();
  await page.waitForURL(/\/distributions\//);
}

/** The figure of a state, as the page shows it. @param {Page} page @param {string} state */
async function figure(page, state) {
  const row = page.locator(".figures tbody tr", { has: page.getByText(state, { exact: true }) });
  return Number((await row.locator(".figure").innerText()).replaceAll(/\D/g, ""));
}

/** @param {Page} page @param {Record<string, number>} wanted */
async function until(page, wanted) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = Object.fromEntries(
      await Promise.all(
        Object.keys(wanted).map(async (state) => [state, await figure(page, state)]),
      ),
    );
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    if (Date.now() > end) {
      throw new Error(`the page shows ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
    await page.waitForTimeout(100);
  }
}

/** @param {Page} page @param {string} name */
async function screenshot(page, name) {
  const folder = process.env["SCREENSHOTS"];
  if (!folder) return;
  for (const [kind, width] of /** @type {const} */ ([
    ["desktop", 1280],
    ["phone", 390],
  ])) {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(folder, `${name}-${kind}-${colorScheme}.png`),
        fullPage: true,
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Random codes; the answers to them are the test's. @param {number} size */
const someCodes = (size) => Array.from({ length: size }, () => crypto.randomUUID());

/**
 * Answers for Uber: the sandbox would refuse codes that it doesn't know.
 * @param {Page} page
 * @param {(codes: string[], route: import("playwright-core").Route) => Promise<void>} answer
 */
async function behind(page, answer) {
  await page.route("**/codes/distribute", (route) => {
    const { codes } = /** @type {{ codes: string[] }} */ (route.request().postDataJSON());
    return answer(codes, route);
  });
}

/** @type {Record<string, () => Promise<void>>} */
const tests = {
  async "a program's codes are distributed in the sandbox, and looked up"() {
    const page = await (await admin()).tab();
    await page.goto(origin);
    await page.locator("a.program").first().click();
    await page.getByRole("button", { name: "read this program’s codes" }).click();
    await page.getByRole("button", { name: /^Distribute / }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Distribute / })
      .click();
    await page.waitForURL(/\/distributions\//);
    await page.getByText("Nothing is left to send.").waitFor();
    const queued = await figure(page, "queued");
    assert.ok(queued > 0, "codes are queued");
    await page.getByRole("button", { name: /^Show the / }).click();
    const code = await page.locator(".result code").first().innerText();
    await page.getByPlaceholder("how it begins").fill(code.toUpperCase());
    await page.locator(".results-tools").getByText("1 code", { exact: true }).waitFor();
    await screenshot(page, "done");
  },

  async "a job is paused, found after a reload, busy in a second tab, resumed, and sends each code once"() {
    const { context, tab } = await admin();
    const page = await tab();
    /** @type {Map<string, number>} */
    const sent = new Map();
    const list = someCodes(20_000);
    /** @type {Parameters<typeof behind>[1]} */
    const slowly = async (codes, route) => {
      for (const code of codes) sent.set(code, (sent.get(code) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 60));
      await route.fulfill({ json: {} });
    };
    await behind(page, slowly);
    await distribute(page, list.join("\n"));
    await page.getByText(/left\. Keep this page open/).waitFor();
    await screenshot(page, "running");

    const second = await tab();
    await second.goto(page.url());
    await second.getByRole("heading", { name: /Another tab or window has this/ }).waitFor();
    await second.getByText("job_busy").waitFor();
    await second.close();

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText(/^Paused\./).waitFor();
    const before = { queued: await figure(page, "queued"), pending: await figure(page, "pending") };
    assert.ok(before.queued > 0 && before.pending > 0, JSON.stringify(before));
    assert.ok(before.queued + before.pending === list.length, JSON.stringify(before));
    await page.reload();
    await until(page, { ...before, unknown: 0 });

    await page.getByRole("button", { name: /^Resume: distribute / }).click();
    await until(page, { queued: list.length, pending: 0 });
    assert.ok(sent.size === list.length, `${sent.size} codes were sent`);
    assert.ok(
      [...sent.values()].every((times) => times === 1),
      "a code was sent twice",
    );

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: /as CSV$/ }).click();
    let csv = "";
    for await (const piece of await (await download).createReadStream()) csv += piece;
    const lines = csv.trim().split("\n");
    assert.ok(lines.length === list.length + 1, `${lines.length} lines`);
    assert.ok(String(lines[1]).startsWith(String(list[0])), String(lines[1]));
    await context.close();
  },

  async "a tab that goes away leaves unknown batches; each decision does what it says"() {
    const { context, tab } = await admin();
    const page = await tab();
    /** @type {Map<string, number>} */
    const sent = new Map();
    let isBroken = true;
    await behind(page, async (codes, route) => {
      for (const code of codes) sent.set(code, (sent.get(code) ?? 0) + 1);
      await (isBroken ? route.abort("connectionreset") : route.fulfill({ json: {} }));
    });
    const list = someCodes(2_500);
    await distribute(page, list.join("\n"));
    // Three in a row halt it.
    await page.getByText("halted").first().waitFor();
    await until(page, { unknown: 1_500, pending: 1_000, queued: 0 });
    assert.ok((await page.locator(".batch").count()) === 3, "three batches wait");
    await screenshot(page, "unknown");

    const choose = async (/** @type {RegExp} */ name) => {
      await page.locator(".batch").first().getByRole("button", { name }).click();
      await page.getByRole("dialog").getByRole("button", { name }).click();
    };
    await choose(/^Take 500 codes as queued/);
    await until(page, { unknown: 1_000, queued: 500 });
    await choose(/^Abandon 500 codes/);
    await until(page, { unknown: 500, abandoned: 500, pending: 1_000 });
    isBroken = false;
    await choose(/^Send 500 codes again/);
    await until(page, { queued: 2_000, unknown: 0, pending: 0, abandoned: 500 });
    const twice = [...sent.values()].filter((times) => times === 2).length;
    assert.ok(twice === 500 && sent.size === 2_500, `${twice} twice, ${sent.size} in all`);

    await page.goto(origin);
    await page.locator("a.program").first().click();
    await page.getByRole("heading", { name: "From this browser" }).waitFor();
    await context.close();
  },

  async "what is pending can be cancelled; a refusal of the whole job is explained"() {
    const { context, tab } = await admin();
    const page = await tab();
    await behind(page, (_, route) =>
      route.fulfill({ status: 403, json: { code: "user_not_allowed" } }),
    );
    await distribute(page, someCodes(1_200).join("\n"));
    await page.getByText("user_not_allowed").first().waitFor();
    await until(page, { pending: 1_200, rejected: 0 });
    await screenshot(page, "halted");
    await page.getByRole("button", { name: "Cancel 1,200 codes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel 1,200 codes" }).click();
    await until(page, { pending: 0, abandoned: 1_200 });
    await context.close();
  },

  async "100,000 results scroll, and only what is seen is drawn"() {
    const { context, tab } = await admin();
    const page = await tab();
    await behind(page, (_, route) => route.fulfill({ json: {} }));
    const list = someCodes(100_000);
    await distribute(page, list.join("\n"));
    await page.getByRole("button", { name: "Show the 100,000 codes" }).click();
    await page.locator(".result").first().waitFor();
    for (const place of [0, 50_000, 99_990]) {
      await page.locator(".rows").evaluate((rows, top) => (rows.scrollTop = top), place * 32);
      await page.locator(".result code", { hasText: String(list[place]) }).waitFor();
      const drawn = await page.locator(".result").count();
      assert.ok(drawn < 60, `${drawn} rows are drawn`);
    }
    await context.close();
  },
};

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
await runTests(
  (test) => Object.entries(tests).forEach(([name, run]) => test(name, run)),
  (result) => results.push(result),
);
results.push({ name: "nothing fails in a page", error: pageErrors.join("\n") || undefined });
await browser.close();
started.kill("SIGTERM");
process.exitCode = report(results) ? 0 : 1;
