/** A program that can be run again: it creates or resumes its job, and reports the result. */
import { readFileSync } from "node:fs";

import { createClient } from "uber-vouchers";
import { fileJournal } from "uber-vouchers/journal";

const [url, programId, list, path, how] = /** @type {[string, string, string, string, string]} */ (
  /** @type {unknown} */ (process.argv.slice(2))
);
const client = createClient({
  organizationId: "org",
  baseUrl: url,
  auth: { accessToken: async () => (await fetch(`${url}/token`)).text() },
});
const options = { batchSize: 10, requestsPerSecond: Infinity };
/** @type {unknown} */
let outcome;
try {
  const journal = fileJournal(path);
  const job =
    how === "create"
      ? await client.createJob(programId, readFileSync(list, "utf8"), { journal, ...options })
      : await client.resumeJob(journal, { restored: how === "restored", ...options });
  const { queued, unknown, pending } = await job.run();
  outcome = { queued, unknown, pending };
} catch (error) {
  const { code, queued, hint } = /** @type {any} */ (error);
  outcome = { code, queued, hint };
}
process.stdout.write(JSON.stringify(outcome));
