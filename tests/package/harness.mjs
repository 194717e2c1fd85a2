/** What the suite needs of a test framework, for hosts that have none. */

/** @typedef {(name: string, run: () => unknown) => void} Test */

/** Compares by content; -0 is 0. @param {unknown} found @param {unknown} expected @param {string} [what] */
function equal(found, expected, what = "") {
  const [a, b] = [show(found), show(expected)];
  if (a !== b) throw new Error(`${what}: ${a}\nis not ${b}`);
}

/** @param {unknown} value @returns {string} */
function show(value) {
  return (
    JSON.stringify(value, (_, member) => {
      if (member instanceof Map || member instanceof Set) return [...member];
      if (member === undefined) return "undefined";
      if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
      return Object.fromEntries(Object.entries(member).sort(([x], [y]) => (x < y ? -1 : 1)));
    }) ?? "undefined"
  );
}

/** @param {unknown} condition @param {string} [what] */
function ok(condition, what = "It is not so") {
  if (!condition) throw new Error(what);
}

/**
 * Waits for a failure with these members.
 * @param {Promise<unknown>} promise
 * @param {Record<string, unknown>} members
 * @param {string} [what]
 * @returns {Promise<any>}
 */
async function rejects(promise, members, what = "") {
  /** @type {any} */
  let error;
  try {
    const value = await promise;
    error = { message: `It resolved with ${show(value)}` };
  } catch (thrown) {
    error = thrown;
  }
  for (const [name, value] of Object.entries(members)) {
    equal(error?.[name], value, `${what} ${name} (${error?.message})`);
  }
  return error;
}

export const assert = { equal, ok, rejects };

/**
 * Collects tests, runs them one after the other, tells of each.
 * @param {(test: Test) => unknown} define
 * @param {(result: { name: string, error: string | undefined }) => void} tell
 */
export async function runTests(define, tell) {
  /** @type {[string, () => unknown][]} */
  const tests = [];
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

/** Prints results as `npm test` counts them; says whether all is well. @param {{ name: string, error?: string | undefined }[]} results */
export function report(results) {
  for (const { name, error } of results) {
    console.log(error === undefined ? `✔ ${name}` : `✖ ${name}\n${error}`);
  }
  const failed = results.filter(({ error }) => error !== undefined).length;
  console.log(`# pass ${results.length - failed}\n# fail ${failed}`);
  return failed === 0 && results.length > 0;
}
