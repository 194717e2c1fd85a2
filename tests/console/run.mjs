/**
 * The console as an admin uses it: `npm start` in a process of its own, with Chromium.
 * Every screen is checked in both widths, light and dark; the screenshots are in the
 * folder that SCREENSHOTS names, or in build/screenshots.
 */
import { runTests } from "../package/harness.mjs";
import { report } from "../results.mjs";
import { browser, open, pageErrors, violations, visitor } from "./browser.mjs";
import { start } from "./server.mjs";

/** @typedef {{ context: import("./browser.mjs").BrowserContext, page: import("./browser.mjs").Page, server: Awaited<ReturnType<typeof start>> }} Console */

/**
 * Runs the tests one after the other in one page. If the command names parts of tests' names
 * (`one|another`), it runs the first test, which signs in, and those that match.
 * @param {string} path where the page begins
 * @param {(console: Console) => Record<string, () => Promise<void>>} makeTests
 * @param {Record<string, string>} [settings] of `npm start`
 */
export async function runConsole(path, makeTests, settings = {}) {
  const server = await start(settings);
  const context = await visitor(server.origin);
  const page = await open(context, path);
  const tests = makeTests({ context, page, server });
  /** A request that a failed test has left open would continue beside the next test. */
  const closeOthers = () =>
    Promise.all(context.pages().map((one) => (one === page ? undefined : one.close())));

  /** @type {{ name: string, error?: string | undefined }[]} */
  const results = [];
  const wanted = (process.argv[2] ?? "").split("|");
  await runTests(
    (test) => {
      for (const [name, run] of Object.entries(tests)) {
        const isFirst = results.length === 0 && name === Object.keys(tests)[0];
        if (wanted.some((part) => name.includes(part)) || isFirst)
          test(name, () => run().finally(closeOthers));
      }
    },
    (result) => {
      results.push(result);
      if (process.env["DEBUG"]) console.log(result.name, result.error ?? "ok");
    },
  );
  results.push({ name: "nothing fails in a page", error: pageErrors.join("\n") || undefined });
  results.push({ name: "axe finds nothing", error: violations.join("\n") || undefined });
  await browser.close();
  await server.stop();
  process.exitCode = report(results) ? 0 : 1;
}
