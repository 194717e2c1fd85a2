/** Finds what can be clicked and typed on any screen, and checks that there is a way on from it. */

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {ReturnType<typeof import("../worker/chance.mjs").chanceOf>} Chance */
/**
 * @typedef {object} Control
 * @property {number} place the index among those that were found
 * @property {string} group its kind
 * @property {string} text its name
 * @property {string} asked the number or name to type, if it asks for one
 * @property {string} confirms what a click on it confirms
 */

/** How often each kind is chosen, if there are any of it. */
const WEIGHTS = {
  send: 60,
  decision: 25,
  strong: 8,
  danger: 5,
  button: 8,
  choice: 3,
  field: 5,
  select: 2,
  link: 4,
  fold: 2,
  row: 2,
  frame: 2,
};

/** In the page: what is visible and enabled, in order; only the dialog's, if one is open. */
function findControls() {
  const selector =
    "a[href], button, summary, select, textarea, input, [role=option], .code-row[aria-selected]";
  const modal = document.querySelector("dialog[open]");
  const found = /** @type {HTMLElement[]} */ ([
    ...(modal ?? document).querySelectorAll(selector),
  ]).filter((element) => {
    const { disabled, type } = /** @type {any} */ (element);
    if (disabled || type === "file" || element.getAttribute("aria-disabled") === "true")
      return false;
    if (element.closest("[hidden], [inert], .skip")) return false;
    return element.checkVisibility({ visibilityProperty: true });
  });
  Object.assign(window, { foundControls: found });
  const groupOf = (/** @type {HTMLElement} */ element) => {
    const { type } = /** @type {any} */ (element);
    if (element.closest(".top, .sandbox")) return "frame";
    if (element.closest(".review, .unknown, .waits, .halted, dialog")) {
      if (element.matches(".button-strong, .button-danger-strong")) return "send";
      if (element.matches("textarea, input:not([type=checkbox], [type=radio])")) return "field";
      // A selection is undone now and then.
      if (/** @type {HTMLInputElement} */ (element).checked) return "choice";
      return element.matches("select") ? "select" : "decision";
    }
    if (element.matches(".button-danger, .button-danger-strong")) return "danger";
    if (element.matches(".button-strong")) return "strong";
    if (type === "checkbox" || type === "radio") return "choice";
    if (element.matches("[role=option], .code-row")) return "row";
    if (element.matches("summary")) return "fold";
    if (element.matches("select")) return "select";
    if (element.matches("input, textarea")) return "field";
    return element.matches("a") ? "link" : "button";
  };
  const sendsAgain = (/** @type {HTMLElement} */ element) => {
    const text = element.textContent ?? "";
    const number = (/** @type {string} */ some) => some.replaceAll(/\D/g, "");
    if (modal && /^Send .* again$/.test(text)) {
      const typed = modal.querySelector("input")?.value ?? "";
      return number(typed) === number(text) && number(text) !== "" ? "send again" : "";
    }
    const review = element.closest(".review");
    const isAgain = /** @type {HTMLInputElement | null} */ (
      review?.querySelector("input[name=again][value=resend]")
    )?.checked;
    if (!review || !/^(Distribute|Ask to distribute) /.test(text)) return "";
    return isAgain ? "distribute again" : "distribute";
  };
  return found.map((element, index) => {
    const field = element.closest(".typed, .how-first");
    return {
      place: index,
      group: groupOf(element),
      text: (
        element.getAttribute("aria-label") ||
        element.innerText ||
        element.closest("label")?.innerText ||
        element.id ||
        element.getAttribute("placeholder") ||
        element.tagName
      )
        .replaceAll(/\s+/g, " ")
        .slice(0, 60),
      asked: field?.querySelector("b, bdi")?.textContent ?? "",
      confirms: sendsAgain(element),
    };
  });
}

/** @param {Page} page @returns {Promise<Control[]>} */
export const controlsOf = (page) => page.evaluate(findControls);

/**
 * Chooses one of them: first the kind, then the control.
 *
 * @param {Chance} random
 * @param {readonly Control[]} controls
 */
export function drawControl(random, controls) {
  const groups = Object.entries(WEIGHTS)
    .map(([group, weight]) => ({ weight, some: controls.filter((one) => one.group === group) }))
    .filter(({ some }) => some.length > 0);
  let drawn = random.below(groups.reduce((sum, { weight }) => sum + weight, 0));
  for (const { weight, some } of groups) {
    drawn -= weight;
    if (drawn < 0) return random.of(some);
  }
  return undefined;
}

/** @param {Page} page @param {Control} control */
export async function elementOf(page, { place: index }) {
  const handle = await page.evaluateHandle(
    (at) => /** @type {any} */ (window).foundControls?.[at],
    index,
  );
  return handle.asElement();
}

/** What a key would confirm, depending on the focus. @param {Page} page */
export const confirmedByKey = (page) =>
  page.evaluate(() => {
    const { activeElement } = document;
    const form = activeElement?.closest("dialog[open] form");
    const text = form?.querySelector(".button-danger-strong")?.textContent ?? "";
    const typed = form?.querySelector("input")?.value ?? "";
    const number = (/** @type {string} */ some) => some.replaceAll(/\D/g, "");
    if (form && /^Send .* again$/.test(text) && number(typed) === number(text)) return "send again";
    if (!activeElement?.matches(".review .button-strong")) return "";
    const again = /** @type {HTMLInputElement | null | undefined} */ (
      activeElement.closest(".review")?.querySelector("input[name=again][value=resend]")
    );
    return again?.checked ? "distribute again" : "distribute";
  });

/**
 * Detects a dead end: no control, an open dialog that can't be closed, or an empty screen.
 *
 * @param {Page} page
 */
export const deadEnd = (page) =>
  page.evaluate(() => {
    const isSeen = (/** @type {Element} */ element) =>
      element.checkVisibility({ visibilityProperty: true }) &&
      !(/** @type {any} */ (element).disabled) &&
      element.getAttribute("aria-disabled") !== "true";
    const ways = (/** @type {ParentNode} */ within) =>
      [...within.querySelectorAll("a[href], button, input, select, summary")].filter(isSeen);
    const modal = document.querySelector("dialog[open]");
    if (modal && ways(modal).length === 0) return `a dialog: ${modal.textContent?.slice(0, 80)}`;
    if (ways(document).length === 0) return `no control at all at ${location.pathname}`;
    const mains = [...document.querySelectorAll("main")].filter((main) => main.checkVisibility());
    const text = mains.map((main) => /** @type {HTMLElement} */ (main).innerText.trim()).join("");
    return mains.length > 0 && text !== "" ? "" : `an empty screen at ${location.pathname}`;
  });
