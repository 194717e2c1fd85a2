/** Journals in Chromium, as plain modules under a strict CSP: `node journal-browser.mjs <folder of an installed package>`. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

import { chromium } from "playwright-core";

import { report } from "../results.mjs";
import { assert, runTests } from "./harness.mjs";

const project = String(process.argv[2]);
const TIMEOUT_MS = 120_000;
const map = JSON.stringify({
  imports: { "uber-vouchers/journal": "/node_modules/uber-vouchers/dist/journal.js" },
});
const hash = createHash("sha256").update(map).digest("base64");
// A journal needs no WebAssembly.
const csp = `default-src 'none'; script-src 'self' 'sha256-${hash}'; img-src data:`;
const html = `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
<script type="importmap">${map}</script><script type="module" src="/tests/package/journal-page.mjs"></script></html>`;
const server = createServer((request, response) => {
  const { pathname } = new URL(String(request.url), "http://localhost");
  response.setHeader("content-security-policy", csp);
  if (pathname === "/") {
    return void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  }
  try {
    const bytes = readFileSync(join(project, normalize(pathname)));
    response.writeHead(200, { "content-type": "text/javascript" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const origin = `http://127.0.0.1:${port}`;

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
/** @typedef {import("playwright-core").BrowserContext} Context */
const shared = await browser.newContext();

/** A tab in which the page's functions can be called by name. @param {Context} context */
async function tab(context = shared) {
  const page = await context.newPage();
  page.on("pageerror", (error) =>
    results.push({ name: "nothing fails outside of a test", error: String(error.stack) }),
  );
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => "kept" in globalThis);
  /** @param {string} name @param {unknown[]} given @returns {Promise<any>} */
  const call = (name, ...given) =>
    page.evaluate((call) => /** @type {any} */ (globalThis)[call.name](...call.given), {
      name,
      given,
    });
  return { page, call, tools: await context.newCDPSession(page) };
}

// Waiting forever is a failure.
const late = setTimeout(() => {
  results.push({ name: "an end", error: `It takes more than ${TIMEOUT_MS} ms` });
  void browser.close();
}, TIMEOUT_MS);
try {
  const { page, call } = await tab();
  results.push(...(await call("suite")));
  await page.close();
  await runTests(
    (test) => {
      test("indexeddb: acknowledged appends survive a crashed tab, and its lock does not", async () => {
        let next = 0;
        for (const [how, rounds] of /** @type {const} */ ([
          ["close", 50],
          ["crash", 120],
          ["close", 1],
          ["crash", 33],
        ])) {
          const { page, call, tools } = await tab();
          const first = next;
          const gone = new Promise((resolve, reject) => {
            page.once("close", resolve).once("crash", resolve);
            void page
              .exposeFunction("tell", (/** @type {number} */ number) => {
                if (number !== next) reject(new Error(`${how}: ${number} instead of ${next}`));
                next += 1;
                if (next - first !== rounds) return;
                if (how === "close") void page.close();
                else tools.send("Page.crash").catch(() => {});
              })
              .then(() =>
                call("appendOn", "lost").catch((error) => {
                  // The interruption is intended.
                  if (!/closed|crashed/.test(String(error))) reject(error);
                }),
              );
          });
          await gone;
          const other = await tab();
          assert.ok(await other.call("unlocked", "lost"), how);
          const { count } = await other.call("state", "lost");
          assert.ok(count >= next, `${how}: ${next} were reported, ${count} are there`);
          next = count;
          await other.page.close();
          await page.close();
        }
      });
      test("indexeddb: one tab at a time", async () => {
        const [one, other] = [await tab(), await tab()];
        assert.equal(await one.call("lock", "tabs"), true);
        assert.equal(await other.call("lock", "tabs"), false);
        await one.call("release");
        assert.equal(await other.call("lock", "tabs"), true);
        assert.equal(await one.call("lock", "tabs"), false);
        await other.page.close();
        assert.equal(await one.call("unlocked", "tabs"), true);
        await one.page.close();
      });
      test("indexeddb: a full disk is an error with its cause, and tears nothing", async () => {
        // In its own browser: Chromium remembers the available space for a while.
        const context = await browser.newContext();
        const { call, tools } = await tab(context);
        await tools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 100_000 });
        assert.equal(await call("append", "quota", 1_000), "kept");
        assert.equal(await call("append", "quota", 5_000_000), "QuotaExceededError");
        assert.equal(await call("length", "quota"), 1_000);
        await tools.send("Storage.overrideQuotaForOrigin", { origin });
        assert.equal(await call("append", "quota", 5_000_000), "kept");
        assert.equal(await call("length", "quota"), 5_001_000);
        await context.close();
      });
      test("indexeddb: a database that does not open is an error with its cause", async () => {
        for (const isSilent of [true, false]) {
          const context = await browser.newContext();
          // Before anything is loaded: long timers fire at once.
          await context.addInitScript(() => {
            const { setTimeout } = globalThis;
            const shorter = (/** @type {any} */ work, ms = 0, /** @type {any[]} */ ...given) =>
              setTimeout(work, ms >= 5_000 ? 50 : ms, ...given);
            Object.assign(globalThis, { setTimeout: shorter });
          });
          const { call } = await tab(context);
          const [errors, length] = await call("unopened", isSilent);
          for (const error of errors) {
            assert.ok(/^TimeoutError: .*unopened.*close other tabs/.test(error), error);
          }
          assert.equal(length, 3);
          await context.close();
        }
      });
      test("indexeddb: data that the browser deletes is missed", async () => {
        const { page, call, tools } = await tab();
        assert.equal(await call("append", "cleared", 1_000), "kept");
        await tools.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
        // The browser may still be deleting.
        const became = await call("append", "cleared", 1_000);
        assert.ok(["AbortError", "Error"].includes(became), became);
        assert.equal(await call("append", "cleared", 1_000), "Error");
        assert.equal(await call("length", "cleared"), 0);
        assert.equal(await call("append", "cleared", 1_000), "kept");
        assert.equal(await call("length", "cleared"), 1_000);
        await page.close();
      });
    },
    (result) => results.push(result),
  );
} catch (error) {
  results.push({ name: "an orderly run", error: String(error) });
} finally {
  clearTimeout(late);
  await browser.close();
  server.close();
}
process.exit(report(results) ? 0 : 1);
