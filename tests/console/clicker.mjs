/**
 * Clicks and types whatever can be clicked and typed, on any screen of the console, in Chromium: in
 * any order, with outages, reloads, a second tab and lost connections in between. Whatever it does,
 * nobody gets a message twice unless exactly that was confirmed, nobody of another program gets
 * one, no page has an error, and no screen is a dead end. The truth is the sandbox's. `node
 * tests/console/clicker.mjs --seed S --steps N` repeats a run, as far as the machine's timing
 * allows.
 */
import { parseArgs } from "node:util";

import { report } from "../results.mjs";
import { chanceOf } from "../worker/chance.mjs";
import { axeFinds, browser, open, pageErrors, signIn, visitor } from "./browser.mjs";
import {
  confirmedByKey,
  controlsOf,
  deadEnd,
  drawControl,
  elementOf,
} from "./clicker-controls.mjs";
import { listsOf } from "./clicker-lists.mjs";
import { keepTruth, operatorAt } from "./clicker-truth.mjs";
import { TOKEN, start } from "./server.mjs";
import { PROGRAMS } from "./steps.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./clicker-controls.mjs").Control} Control */

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: process.env["SEED"] ?? "1" },
    steps: { type: "string", default: process.env["STEPS"] ?? "150" },
    verbose: { type: "boolean", default: false },
  },
});
const SEED = Number(values.seed);
const STEPS = Number(values.steps);
/** After this many steps, and at the end, what was sent is compared with what was allowed. */
const COMPARED_EVERY = 250;
const ACT_MS = 1_500;
/** How long a screen may show nothing. */
const SCREEN_MS = 20_000;
const LAST_TOLD = 40;

// Settings of its own: delays in which a job can be cancelled, and an outage to wait for, in
// seconds instead of minutes.
process.env["SETTLE_MINUTES"] = "0.05";
process.env["START_DELAY_SECONDS"] = "2";
process.env["APPROVAL_ABOVE"] = "400";

const random = chanceOf(SEED);
const { party, hires, day, nights, autumn, dinner } = PROGRAMS;
const programs = [party, hires, day, nights, autumn, dinner].map(({ id }) => id);
const KEYS = ["g", "h", "e", "n", "o", "p", "r", "d", "/", "?", "a", "Escape", "Escape", "Enter"];
const MOVES = ["ArrowDown", "ArrowUp", "Space", "Shift+Space", "End", "Home", "Tab", "Control+k"];
/** @type {[width: number, height: number][]} */
const SIZES = [
  [1280, 900],
  [390, 844],
];
const OUTAGES = ["lost_after", "error_after", "error_partial", "bad_request", "rate_limited"];

const server = await start();
const ask = operatorAt(server.origin);
const of = new Map();
for (const program of programs) {
  const { codes } = await ask(`/api/programs/${program}/codes`);
  of.set(
    program,
    codes.map((/** @type {{ code: string }} */ { code }) => code),
  );
}
const sets = new Map([...of].map(([program, codes]) => [program, new Set(codes)]));
const lists = listsOf(random, of);
await ask("/api/sandbox", { webhooksPerSecond: 100, failureRate: 0.1, faults: {} }, "PUT");

const context = await visitor(server.origin);
const truth = await keepTruth(context, ask, sets, lists.given);
const { faults } = truth;
/** @type {Page[]} */
const pages = [];
let page = await openTab("/");
let isOffline = false;
let offlineFor = 0;
/** The last actions, for the report of a failure. @type {string[]} */
const log = [];
/** How often each action was done. @type {Map<string, number>} */
const done = new Map();

/** @param {string} path */
async function openTab(path) {
  const opened = await open(context, path);
  opened.setDefaultTimeout(ACT_MS);
  opened.setDefaultNavigationTimeout(SCREEN_MS);
  opened.on("dialog", (dialog) => void dialog.accept().catch(() => {}));
  opened.on("filechooser", (chooser) => {
    if (random.happens(0.9))
      void chooser.setFiles(lists.draw(programNamed(opened))).catch(() => {});
  });
  pages.push(opened);
  return opened;
}

/** The program whose screen is open. @param {Page} opened */
function programNamed(opened) {
  const [, id] = /\/programs\/([0-9a-f-]{36})/.exec(opened.url()) ?? [];
  return id !== undefined && of.has(id) ? id : undefined;
}

/** The same, or any program. @param {Page} opened */
const programOf = (opened) => programNamed(opened) ?? random.of(programs);

/** @param {Control} control */
function textFor({ text, asked, group }) {
  if (/token/i.test(text)) return random.happens(0.9) ? TOKEN : "a wrong token";
  if (asked !== "" && random.happens(0.75)) return asked;
  const words = ["Berlin", "example.com", "queued", "no such thing", "12", "", "%", "Ünïcode 🎟"];
  if (group === "field" && random.happens(0.4)) {
    return random.happens(0.5)
      ? random.of(of.get(programOf(page)) ?? [""])
      : lists.some(programOf(page)).join("\n");
  }
  return random.of(words);
}

/** @param {Control} control */
async function use(control) {
  const element = await elementOf(page, control);
  if (!element) return "gone";
  const { group, confirms } = control;
  if (confirms !== "") truth.confirm(confirms);
  if (group === "field") {
    await element.fill(textFor(control), { timeout: ACT_MS });
    // A form is submitted with the Enter key as often as with its button.
    if (random.happens(0.15)) {
      const byEnter = await confirmedByKey(page);
      if (byEnter !== "") truth.confirm(byEnter);
      await page.keyboard.press("Enter");
    }
  } else if (group === "select" || (await element.evaluate((one) => one.tagName)) === "SELECT") {
    const count = await element.evaluate((one) => /** @type {any} */ (one).options.length);
    await element.selectOption({ index: random.below(count) }, { timeout: ACT_MS });
  } else {
    await element.click({
      timeout: ACT_MS,
      ...(random.happens(0.05) && { clickCount: 2 }),
      ...(group === "row" && random.happens(0.3) && { modifiers: ["Shift"] }),
    });
    // It is unknown whether the request was sent, or only its response was lost.
    if (group === "send" && !isOffline && random.happens(0.2)) {
      await pause(250);
      await setOffline(true);
      await pause(600);
      await setOffline(false);
      return "done, and the connection was lost";
    }
  }
  return "done";
}

/** Why an action was impossible; for a covered element, what covers it. @param {unknown} error */
function failure(error) {
  const text = String(error);
  return /<.* intercepts pointer events/.exec(text)?.[0] ?? text.split("\n")[0];
}

/** Makes some of the decisions that a review, a dialog or a card asks for. @param {number} most */
async function decide(most) {
  /** @type {string[]} */
  const used = [];
  for (let count = 1 + random.below(most); count > 0; count -= 1) {
    const controls = await controlsOf(page);
    const control = drawControl(
      random,
      controls.filter(({ group, asked }) => ["send", "decision"].includes(group) || asked !== ""),
    );
    if (control === undefined) break;
    const came = await use(control).catch(failure);
    used.push(`“${control.text}” ${came}`);
    await pause(120);
  }
  return used.join(", ") || "nothing to decide";
}

/** @param {number} most */
const pause = (most) => page.waitForTimeout(random.below(most));

/**
 * Sets a fault in the panel, as somebody would who tries it out.
 *
 * @param {string} name
 * @param {string} value
 */
async function setFault(name, value) {
  const panel = page.locator(".sandbox");
  if (!(await panel.isVisible())) await page.getByRole("button", { name: "Sandbox" }).click();
  await panel.getByLabel(name).selectOption(value);
  if (random.happens(0.95)) await panel.getByRole("button", { name: "Close" }).click();
}

/** @type {Record<string, string>} */
const LABELS = {
  lost_after: "The connection breaks after sending",
  error_after: "Uber fails after queueing",
  error_partial: "Uber fails after queueing a part",
  bad_request: "Uber refuses the request",
  rate_limited: "Uber asks to wait",
};

/** @type {Record<string, [share: number, act: () => Promise<unknown>]>} */
const actions = {
  use: [
    100,
    async () => {
      const control = drawControl(random, await controlsOf(page));
      if (control === undefined) return "nothing to use";
      const came = await use(control).catch(failure);
      return `${control.group} “${control.text}” ${came}`;
    },
  ],
  decide: [40, () => decide(5)],
  key: [
    14,
    async () => {
      const key = random.happens(0.6) ? random.of(KEYS) : random.of(MOVES);
      if (key === "Enter" || key === "Space") {
        const confirms = await confirmedByKey(page);
        if (confirms !== "") truth.confirm(confirms);
      }
      await page.keyboard.press(key);
      return key;
    },
  ],
  list: [20, chooseList],
  reload: [4, async () => !isOffline && (await page.reload()) && "reloaded"],
  back: [4, async () => !isOffline && (await page.goBack()) && page.url()],
  forward: [2, async () => !isOffline && (await page.goForward()) && page.url()],
  job: [
    10,
    async () => {
      const { deciding } = await ask("/api/overview");
      const isNeeded = deciding.length > 0 && random.happens(0.7);
      const { jobs } = isNeeded ? { jobs: deciding } : await ask("/api/jobs?limit=30");
      if (jobs.length === 0) return "none";
      const { programId, id } = random.of(jobs);
      return go(`/programs/${programId}/jobs/${id}`);
    },
  ],
  tab: [
    4,
    async () => {
      const isNew = pages.length < 2 && !isOffline;
      if (isNew) page = await openTab(random.happens(0.5) ? new URL(page.url()).pathname : "/");
      else if (pages.length === 2 && random.happens(0.3)) {
        const [left = page] = pages.splice(random.below(2), 1);
        await left.close({ runBeforeUnload: random.happens(0.5) });
        [page = page] = pages;
      } else page = random.of(pages);
      await page.bringToFront();
      return `${pages.length} tabs`;
    },
  ],
  size: [
    2,
    async () => {
      const [width, height] = random.of(SIZES);
      await page.setViewportSize({ width, height });
      return `${width} px`;
    },
  ],
  outage: [
    4,
    async () => {
      const fault = random.of(OUTAGES);
      const share = random.of(["0.25", "0.25", "0.5", "0.5", "1"]);
      await setFault(LABELS[fault] ?? "", share);
      return `${fault} ${share}`;
    },
  ],
  answers: [3, loseAnswers],
  mend: [
    7,
    async () => {
      for (const label of Object.values(LABELS)) await setFault(label, "0");
      return "mended";
    },
  ],
  offline: [
    4,
    async () => {
      await setOffline(true);
      offlineFor = 1 + random.below(8);
      return `for ${offlineFor} steps`;
    },
  ],
  resume: [
    8,
    async () => {
      await ask("/api/pause", { paused: false });
      await ask("/api/sandbox", { webhooksPerSecond: 100 }, "PUT");
      return "everything";
    },
  ],
  session: [
    2,
    async () => {
      if (random.happens(0.5)) await context.clearCookies();
      else {
        await page.getByLabel("You and this console").click();
        await page.getByRole("button", { name: "Sign out" }).click();
      }
      return "signed out";
    },
  ],
  look: [
    3,
    async () => {
      const found = await axeFinds(page, ["critical", "serious"]);
      faults.push(...found.map((text) => `axe at ${page.url()}: ${text}`));
      return `${found.length} found`;
    },
  ],
  wait: [4, () => page.waitForTimeout(200 + random.below(1_200))],
};

/** A list for this screen or another, and some decisions of its review. */
async function chooseList() {
  if (!/\/new$/.test(new URL(page.url()).pathname)) {
    await go(random.happens(0.15) ? "/new" : `/programs/${random.of(programs)}/new`);
  }
  const input = page.locator("input[type=file]").first();
  const another = page.getByRole("button", { name: "Another list" });
  await input.or(another).first().waitFor({ state: "attached" });
  if (await another.isVisible()) {
    if (random.happens(0.6)) return "kept";
    await another.click();
  }
  const file = lists.draw(programNamed(page));
  await input.setInputFiles(file);
  const review = page.locator(".review .button-strong");
  await review.waitFor().catch(() => {});
  const comparing = page.locator(".review-reason", { hasText: /^Comparing/ });
  await comparing.waitFor({ state: "hidden" }).catch(() => {});
  return `${file.name}, ${random.happens(0.8) ? await decide(8) : "left"}`;
}

/** The connection breaks while a job is sending: somebody has to decide about its codes. */
async function loseAnswers() {
  const fault = random.of(["lost_after", "error_after", "error_partial"]);
  const all = [await chooseList()];
  await setFault(LABELS[fault] ?? "", "1");
  all.push(await decide(2));
  await page.waitForTimeout(1_500 + random.below(1_500));
  await setFault(LABELS[fault] ?? "", "0");
  for (let round = 0; round < 2; round += 1) {
    all.push(await decide(4));
    await page.waitForTimeout(random.below(1_500));
  }
  return [fault, ...all].join(" · ");
}

/** @param {boolean} isTo */
async function setOffline(isTo) {
  isOffline = isTo;
  await context.setOffline(isTo);
}

/** @param {string} path */
async function go(path) {
  if (isOffline) return "offline";
  await page.goto(path);
  return path;
}

function drawAction() {
  const all = Object.entries(actions);
  let drawn = random.below(all.reduce((sum, [, [share]]) => sum + share, 0));
  return /** @type {[string, [number, () => Promise<unknown>]]} */ (
    all.find(([, [share]]) => (drawn -= share) < 0)
  );
}

/** Signs in if asked to; nothing else would be possible. */
async function signInAgain() {
  const field = page.getByLabel("Admin token");
  if (isOffline || !(await field.isVisible()) || random.happens(0.3)) return;
  await signIn(page).catch(() => {});
}

async function checkScreen() {
  if (page.url() === "about:blank") return;
  const end = Date.now() + SCREEN_MS;
  for (;;) {
    const found = await deadEnd(page).catch(() => "");
    if (found === "") return;
    if (Date.now() > end) {
      faults.push(`No way on: ${found}`);
      await page.goto("/").catch(() => {});
      return;
    }
    await page.waitForTimeout(200);
  }
}

/**
 * A page that the browser could not load shows the browser's own error: go to another one, as a
 * person would.
 */
async function leaveErrorPage() {
  if (!/^(chrome-error|about):/.test(page.url())) return;
  if (isOffline) await setOffline(false);
  await page.goto("/").catch(() => {});
}

/** @param {number} step */
async function take(step) {
  offlineFor -= 1;
  if (isOffline && offlineFor < 0) await setOffline(false);
  await leaveErrorPage();
  await signInAgain();
  const [name, [, act]] = drawAction();
  let came;
  try {
    came = await act();
  } catch (error) {
    came = failure(error);
  }
  log.push(`${step} ${name}: ${String(came)} · ${page.url().replace(server.origin, "")}`);
  if (values.verbose) console.log(log.at(-1));
  done.set(name, (done.get(name) ?? 0) + 1);
  await pause(80);
  if (!isOffline) await checkScreen();
}

/** Ends the run if something is wrong, with the actions that led to it. @param {string} when */
function isWrong(when) {
  const all = [...faults, ...pageErrors];
  if (all.length === 0) return false;
  console.log(`${when}, after:\n  ${log.slice(-LAST_TOLD).join("\n  ")}`);
  return true;
}

/** Everything under way comes to its end, and nothing more is sent. */
async function settle() {
  await ask("/api/pause", { paused: true });
  for (let round = 0; round < 60; round += 1) {
    const { running } = await ask("/api/overview");
    if (running.every((/** @type {any} */ { progress }) => progress.sending === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

let compared = { jobs: 0, sent: 0, repeats: 0 };
console.log(`--seed ${SEED} --steps ${STEPS}`);
try {
  await signIn(page);
  for (let step = 1; step <= STEPS; step += 1) {
    await take(step);
    if (step % COMPARED_EVERY === 0) {
      compared = await truth.compare();
      console.log(`${step} steps: ${JSON.stringify(compared)}`);
    }
    if (isWrong(`Step ${step}`)) break;
  }
  await settle();
  compared = await truth.compare();
  isWrong("At the end");
} catch (error) {
  faults.push(String(/** @type {Error} */ (error).stack));
}
console.log(JSON.stringify({ ...compared, ...Object.fromEntries(done) }));
await truth.end();
await browser.close();
await server.stop();
const what = `seed ${SEED}, ${STEPS} steps`;
const isPassed = report([
  {
    name: `whatever is clicked, nobody is messaged unless that was allowed, and no screen is a dead end (${what})`,
    error: [...new Set(faults)].slice(0, 20).join("\n") || undefined,
  },
  { name: "nothing fails in a page", error: pageErrors.join("\n") || undefined },
  {
    name: "something was sent",
    error: compared.sent > 0 ? undefined : "Nothing was: the run shows nothing",
  },
]);
process.exitCode = isPassed ? 0 : 1;
