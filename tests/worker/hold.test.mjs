/** A job that shares a rate waits as long as it has to, however long that is. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "../../build/js/entry/index.node.js";
import { pace } from "../../build/js/job/pace.js";
import { createSandbox } from "../../build/js/entry/sandbox.node.js";

for (const ms of [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 53, Infinity]) {
  test(`nothing is sent while held for ${ms} ms`, async () => {
    const auth = { clientId: "a", clientSecret: "b" };
    const sandbox = await createSandbox({ seed: 1, organizationId: "o", ...auth });
    const { programId, codes } = sandbox.createProgram({ codes: 2 });
    const { fetch, clock } = sandbox;
    const client = createClient({ organizationId: "o", auth, fetch, clock });
    const stop = new AbortController();
    const began = clock.now();
    /** @type {number[]} */
    const waits = [];
    const shared = {
      next: () => began + ms,
      take: () => assert.fail("A request leaves"),
      waits(/** @type {number} */ until) {
        waits.push(until - began);
        stop.abort();
      },
      close: () => assert.fail("It is no limit of the server's"),
    };
    const options = /** @type {any} */ ({ [pace]: shared });
    const job = await client.createJob(programId, codes, options);
    const report = await job.run({ signal: stop.signal });
    assert.deepEqual([report.requests, report.pending], [0, 2]);
    assert.deepEqual(waits, [Math.min(ms, 2 ** 32 - 1)]);
    await job.close();
  });
}
