/** One process of a job: continues with the journal until the job is over or the process is killed. */
import { readFileSync } from "node:fs";

import { createClient } from "uber-vouchers";
import { fileJournal } from "uber-vouchers/journal";

const [url, programId, list, path, concurrency = 4] =
  /** @type {[string, string, string, string]} */ (/** @type {unknown} */ (process.argv.slice(2)));
const client = createClient({
  organizationId: "org",
  baseUrl: url,
  auth: { accessToken: async () => (await fetch(`${url}/token`)).text() },
});
const job = await client.createJob(programId, readFileSync(list, "utf8"), {
  journal: fileJournal(path),
  batchSize: 50,
  concurrency: Number(concurrency),
  requestsPerSecond: Infinity,
});
process.stdout.write("running\n");
const report = await job.run();
process.stdout.write(`${JSON.stringify(report)}\n`);
