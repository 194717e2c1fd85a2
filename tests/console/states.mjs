/** Each screen while it is being read, when it can't be read, and with nothing in it. */
import { glance, look } from "./browser.mjs";
import { PROGRAMS } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const OF_PROGRAM = `/programs/${PROGRAMS.hires.id}`;
/** Those that can do nothing without what they read. @type {[name: string, path: string][]} */
const SCREENS = [
  ["programs", "/"],
  ["program", OF_PROGRAM],
  ["history", "/history"],
  ["events", "/events"],
  ["event", "/events/some-event"],
];
/** All but what says who is signed in. */
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
  async "with no events yet, the screen says what will be there"() {
    await page.goto("/events");
    await page.getByText("No events yet").waitFor();
    await look(page, "events-empty");
  },

  async "each screen says that it is being read, and then that it can't be"() {
    for (const [name, path] of SCREENS) {
      /** @type {() => void} */
      let release = () => {};
      const held = new Promise((resolve) => (release = () => resolve(undefined)));
      await page.route(READ, async (route) => {
        await held;
        // It may be of a screen that was left meanwhile.
        await route.fulfill(PROBLEM).catch(() => {});
      });
      try {
        await page.goto(path);
        await page.locator("main .bone").first().waitFor();
        await glance(page, `${name}-being-read`);
        release();
        await page.locator("main [role=alert]").first().waitFor();
        await page.locator("main .bone").first().waitFor({ state: "detached" });
        await glance(page, `${name}-failed`);
      } finally {
        await page.unroute(READ);
      }
    }
  },

  async "a job says that it is being read"() {
    const other = await page.context().newPage();
    await other.routeWebSocket(/\/live$/, () => {});
    await other.goto(`${OF_PROGRAM}/jobs/some-job`);
    await other.locator("main .bone").first().waitFor();
    await glance(other, "job-being-read");
    await other.close();
  },
});
