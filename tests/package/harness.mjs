/** The part of a test framework that the suite needs, for hosts that have none. */

// By its path, which is the same in this repository and in the project that the tests are
// copied to: plain modules in a page's workers have no import map.
// @ts-expect-error Its types belong to its name.
import { assert as library } from "../../node_modules/chai/index.js";

/** @type {typeof import("chai").assert} */
const assertions = library;

/** @typedef {(name: string, run: () => unknown) => void} Test */

/**
 * Compares two values deeply; errors are equal if they are the same object.
 * @param {unknown} found @param {unknown} expected @param {string} [what]
 */
function equal(found, expected, what = "") {
  const text = what || undefined;
  if (expected instanceof Error) assertions.strictEqual(found, expected, text);
  else assertions.deepEqual(found, expected, text);
}

/** @param {unknown} condition @param {string} [what] */
function ok(condition, what = "It is not so") {
  assertions.isOk(condition, what);
}

/**
 * Waits for a rejection with these members.
 * @param {Promise<unknown>} promise
 * @param {Record<string, unknown>} members
 * @param {string} [what]
 * @returns {Promise<any>}
 */
async function rejects(promise, members, what = "") {
  const outcome = await promise.then(
    (value) => ({ value }),
    (/** @type {any} */ error) => ({ error }),
  );
  if (!("error" in outcome)) throw new Error(`${what} It resolved: ${String(outcome.value)}`);
  const { error } = outcome;
  for (const [name, value] of Object.entries(members)) {
    equal(error?.[name], value, `${what} ${name} (${error?.message})`);
  }
  return error;
}

export const assert = { equal, ok, rejects };

/** Shows that an assertion can fail in this host: values with the same JSON are not equal. */
async function checkAssertions() {
  const cause = new Error("a");
  /** @type {[unknown, unknown][]} */
  const pairs = [
    [cause, new Error("a")],
    [new Error("a"), new TypeError("b")],
    [{ cause: new Error("a") }, { cause: new Error("b") }],
    [NaN, null],
    [undefined, null],
    [new Uint8Array([1]), { 0: 1 }],
    [new Uint8Array([1]), [1]],
    [new Map([[1, 2]]), [[1, 2]]],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Set([1]), new Set([2])],
    [{ a: undefined }, {}],
    [[undefined], [null]],
    [1n, 1],
    [new Date(0), new Date(0).toJSON()],
    ["1", 1],
  ];
  for (const [found, expected] of pairs) {
    const failed = { name: "AssertionError" };
    await rejects((async () => equal(found, expected))(), failed, String(found));
  }
  equal(
    { cause, list: [NaN, new Uint8Array([1])], map: new Map([[1, { a: 2 }]]) },
    { cause, list: [NaN, new Uint8Array([1])], map: new Map([[1, { a: 2 }]]) },
  );
  /** @type {unknown} */
  let thrown;
  await rejects(Promise.resolve(), {}).catch((error) => (thrown = error));
  ok(thrown instanceof Error, "What resolves was taken for a failure");
  ok(await rejects(Promise.reject(cause), { message: "a" }));
}

/**
 * Collects tests, runs them one after the other, and reports each.
 * @param {(test: Test) => unknown} define
 * @param {(result: { name: string, error: string | undefined }) => void} tell
 */
export async function runTests(define, tell) {
  /** @type {[string, () => unknown][]} */
  const tests = [["what differs is not equal", checkAssertions]];
  await define((name, run) => tests.push([name, run]));
  for (const [name, run] of tests) {
    let error;
    try {
      await run();
    } catch (thrown) {
      error = String(/** @type {any} */ (thrown)?.stack ?? thrown);
    }
    tell({ name, error });
  }
}
