import { callsSuite } from "./calls-suite.mjs";
import { sandboxSuite } from "./sandbox-suite.mjs";
import { bytesOf, forms, plain } from "./vector-inputs.mjs";
import { webhookSuite } from "./webhook-suite.mjs";

/**
 * The suite for every host, against the sandbox. The package is not imported here: each starter
 * passes it as its host loads it.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export async function suite(test, assert, uberVouchers, sandboxModule, vectors) {
  await callsSuite(test, assert, uberVouchers, sandboxModule, vectors);
  const { parseCodesByProgram } = uberVouchers;

  test(`codes by program: ${vectors.codes.programs.length} vectors`, async () => {
    for (const { name, input, options, expect } of vectors.codes.programs) {
      for (const [form, value] of forms(bytesOf(input))) {
        const lists = await parseCodesByProgram(value, options);
        const programs = [...lists.programs].map(([programId, list]) => {
          const { duplicates, rejectedCount } = list;
          return { programId, codes: [...list], duplicates, rejectedCount };
        });
        const { rejectedCount } = lists;
        const found = { programs, rejectedCount, rejected: plain(lists) };
        assert.equal(found, expect, `${name}, ${form}`);
      }
    }
  });

  webhookSuite(test, assert, uberVouchers, sandboxModule, vectors.webhooks);
  sandboxSuite(test, assert, sandboxModule);
}
