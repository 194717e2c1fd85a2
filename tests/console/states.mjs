/** Each screen while it is loading, when it can't be loaded, and when it is empty. */
import { glance, look } from "./browser.mjs";
import { PROGRAMS } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const OF_PROGRAM = `/programs/${PROGRAMS.hires.id}`;
/** The screens that depend on what they load. @type {[name: string, path: string][]} */
const SCREENS = [
  ["programs", "/"],
  ["program", OF_PROGRAM],
  ["history", "/history"],
  ["events", "/events"],
  ["event", "/events/some-event"],
];
/** All requests except the one that shows who is signed in. */
const READ = /\/api\/(programs|jobs|events)/;
const PROBLEM = {
  status: 503,
  contentType: "application/problem+json",
  body: JSON.stringify({
    status: 503,
    code: "object_unreachable",
    title: "The worker’s storage can’t be reached",
    hint: "Try again in a while.",
  }),
};

/** @param {Page} page @returns {Record<string, () => Promise<void>>} */
export const stateTests = (page) => ({
  async "without events, the screen says what it will show"() {
    await page.goto("/events");
    await page.getByText("No events yet").waitFor();
    await look(page, "events-empty");
  },

  async "each screen says that it is loading, and then that it can't be loaded"() {
    for (const [name, path] of SCREENS) {
      /** @type {() => void} */
      let release = () => {};
      const held = new Promise((resolve) => (release = () => resolve(undefined)));
      await page.route(READ, async (route) => {
        await held;
        // It may belong to a screen that was left meanwhile.
        await route.fulfill(PROBLEM).catch(() => {});
      });
      try {
        await page.goto(path);
        await page.locator("main .skeleton").first().waitFor();
        await glance(page, `${name}-being-read`);
        release();
        await page.locator("main [role=alert]").first().waitFor();
        await page.locator("main .skeleton").first().waitFor({ state: "detached" });
        await glance(page, `${name}-failed`);
      } finally {
        await page.unroute(READ);
      }
    }
  },

  async "the page of a job says that it is loading"() {
    const other = await page.context().newPage();
    await other.routeWebSocket(/\/live$/, () => {});
    await other.goto(`${OF_PROGRAM}/jobs/some-job`);
    await other.locator("main .skeleton").first().waitFor();
    await glance(other, "job-being-read");
    await other.close();
  },
});
