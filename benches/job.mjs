/** A job of a million codes, beside a loop that sends the same bodies. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { createClient, parseCodes } from "uber-vouchers";
import { fileJournal, memoryJournal } from "uber-vouchers/journal";

import { codes } from "./inputs.mjs";
import { count, isQuick, race, summary, tell, timesTable } from "./measure.mjs";

const CODES = 1_000_000;
const BATCH = 500;
const CONCURRENCY = 8;
const URL = "https://api.example/v1/organizations/o/voucher-programs/p/codes/distribute";

const array = codes(CODES);
const list = await parseCodes(array);
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-job-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

let sent = { requests: 0, bytes: 0 };
/** Counts what it gets, and answers at once. @type {any} */
const fetch = async (/** @type {string} */ _url, /** @type {{ body: string }} */ init) => {
  sent.requests += 1;
  sent.bytes += init.body.length;
  return new Response("{}");
};
const client = createClient({ organizationId: "o", auth: "none", fetch });

let journals = 0;
/** @type {Record<string, number[]>} */
const stages = {};
/** @param {string} name @param {() => any} open */
async function job(name, open) {
  const journal = open();
  const began = performance.now();
  const options = { batchSize: BATCH, concurrency: CONCURRENCY, requestsPerSecond: Infinity };
  const made = await client.createJob("p", list, { journal, ...options });
  const created = performance.now();
  const report = await made.run();
  const ran = performance.now();
  await made.close();
  (stages[`${name}: createJob`] ??= []).push(created - began);
  (stages[`${name}: run`] ??= []).push(ran - created);
  if (report.queued !== CODES) throw new Error(`${report.queued} were queued`);
}

async function loop() {
  let next = 0;
  const work = async () => {
    while (next < CODES) {
      const from = next;
      next += BATCH;
      const headers = { "Content-Type": "application/json", Accept: "application/json" };
      const body = JSON.stringify({ codes: array.slice(from, from + BATCH) });
      const { status } = await fetch(URL, { method: "POST", headers, body });
      if (status !== 200) throw new Error(String(status));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

const contestants = [
  { name: "a job, memory journal", run: () => job("memory journal", memoryJournal) },
  {
    name: "a job, file journal",
    run: async () => {
      const path = join(folder, `${(journals += 1)}`);
      await job("file journal", () => fileJournal(path));
      rmSync(path);
    },
  },
  { name: "a plain loop", run: loop },
];
const totals = [];
for (const { run } of contestants) {
  sent = { requests: 0, bytes: 0 };
  await run();
  totals.push(JSON.stringify(sent));
}
if (new Set(totals).size > 1) throw new Error(`They sent different things: ${totals.join()}`);

const measured = await race(contestants, { rounds: isQuick ? 9 : 11, warmUpMs: 1500, sampleMs: 1 });
const [memory = NaN, file = NaN, plain = NaN] = measured.map(({ median }) => median);
const perCode = (/** @type {number} */ ms) => `${((ms * 1e6) / CODES).toFixed(0)} ns`;
tell("job", {
  method:
    "One process; a `fetch` in memory that answers at once, so that nothing hides what a job costs. Codes were read before: a list for the job, strings for the loop. A job is timed from `createJob` to the end of `run`.",
  peers: [],
  tables: [
    timesTable(`${count(CODES)} codes in ${CODES / BATCH} requests, 8 at a time`, measured, {
      cpu: true,
      more: { "a code": ({ median }) => perCode(median) },
    }),
    timesTable(
      "Where it goes",
      Object.entries(stages).map(([name, samples]) => summary(name, samples.slice(2))),
      { gc: false, more: { "a code": ({ median }) => perCode(median) } },
    ),
  ],
  targets: [
    {
      what: "the loop's rate, memory journal",
      target: "at least 90 %",
      found: `${((plain / memory) * 100).toFixed(0)} %`,
      met: plain / memory >= 0.9,
    },
    {
      what: "the loop's rate, file journal",
      target: "at least 80 %",
      found: `${((plain / file) * 100).toFixed(0)} %`,
      met: plain / file >= 0.8,
    },
  ],
});
