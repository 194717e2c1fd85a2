/**
 * Which tests were run, and how each ended: for `npm test`, which asks by `TEST_RESULTS` for a
 * file with a line of JSON for each. As a reporter of `node --test` it writes the same lines.
 */
import { appendFileSync } from "node:fs";

/** @typedef {{ name: string, file?: string, passed: boolean }} Result a test that was run */

/** @param {Result} result */
const lineOf = (result) => `${JSON.stringify(result)}\n`;

/**
 * Prints results, and writes them down. Says whether all is well; without any, nothing is.
 * @param {{ name: string, error?: string | undefined }[]} results
 */
export function report(results) {
  for (const { name, error } of results) {
    console.log(error === undefined ? `✔ ${name}` : `✖ ${name}\n${error}`);
  }
  const failed = results.filter(({ error }) => error !== undefined).length;
  console.log(`# pass ${results.length - failed}\n# fail ${failed}`);
  recordResults(results.map(({ name, error }) => ({ name, passed: error === undefined })));
  return failed === 0 && results.length > 0;
}

/** @param {Result[]} results */
export function recordResults(results) {
  const file = process.env["TEST_RESULTS"];
  if (file) appendFileSync(file, results.map(lineOf).join(""));
}

/** The reporter. A test that was skipped was not run. @param {AsyncIterable<any>} events */
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const { name, file, skip, todo, details } = data;
    const wasRun = skip === undefined && todo === undefined && details?.type !== "suite";
    if (wasRun) yield lineOf({ name, file, passed: type === "test:pass" });
  }
}
