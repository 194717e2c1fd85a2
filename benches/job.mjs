/** A job of a million codes, beside a loop that sends the same bodies. */
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

import { createClient, parseCodes } from "uber-vouchers";
import { fileJournal, memoryJournal } from "uber-vouchers/journal";

import { codes } from "./inputs.mjs";
import { count, isQuick, race, summary, tell, timesTable } from "./measure.mjs";

const CODES = 1_000_000;
const BATCH = 500;
const CONCURRENCY = 8;
/** How long a request takes at the server, beside one that answers at once. */
const LATENCIES_MS = [1, 5];
const URL = "https://api.example/v1/organizations/o/voucher-programs/p/codes/distribute";

const array = codes(CODES);
const list = await parseCodes(array);
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-job-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

let sent = { requests: 0, bytes: 0 };
let latency = 0;
/** Counts what it gets, and answers. @type {any} */
const fetch = async (/** @type {string} */ _url, /** @type {{ body: string }} */ init) => {
  sent.requests += 1;
  sent.bytes += init.body.length;
  if (latency > 0) await sleep(latency);
  return new Response("{}");
};
const client = createClient({ organizationId: "o", auth: "none", fetch });

let journals = 0;
/** The bytes of each append to the file of the last job. @type {number[]} */
let appends = [];
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
      const answer = await fetch(URL, { method: "POST", headers, body });
      if (answer.status !== 200) throw new Error(await answer.text());
      // Or its connection is not free for the next one.
      await answer.text();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** @param {import("uber-vouchers/journal").Journal} journal */
function counted(journal) {
  const { append } = journal;
  appends = [];
  journal.append = (record) => {
    appends.push(record.length);
    return append(record);
  };
  return journal;
}

/** What the disk alone takes for the appends of a job's journal, each flushed before the next. */
async function flush() {
  const path = join(folder, "flushed");
  const file = await open(path, "ax");
  for (const bytes of appends) {
    await file.write(new Uint8Array(bytes));
    await file.datasync();
  }
  await file.close();
  rmSync(path);
}

const contestants = [
  { name: "a job, memory journal", run: () => job("memory journal", memoryJournal) },
  {
    name: "a job, file journal",
    run: async () => {
      const path = join(folder, `${(journals += 1)}`);
      await job("file journal", () => counted(fileJournal(path)));
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

const how = { warmUpMs: 1500, sampleMs: 1, collects: false, rewarms: true };
const measured = await race(contestants, { ...how, rounds: isQuick ? 9 : 11 });
const found = Object.entries(stages).map(([name, samples]) => summary(name, samples.slice(2)));
/** @type {{ ms: number, measured: import("./measure.mjs").Measured[] }[]} */
const slower = [];
for (const ms of LATENCIES_MS) {
  latency = ms;
  slower.push({ ms, measured: await race(contestants, { ...how, rounds: 5 }) });
}
latency = 0;
const onDisk = await race(
  [...contestants.slice(1, 2), { name: "the disk alone: the same appends", run: flush }],
  { ...how, rounds: 5 },
);
/** @param {import("./measure.mjs").Measured | undefined} plain @param {import("./measure.mjs").Measured | undefined} ours */
const share = (plain, ours) => ((plain?.median ?? NaN) / (ours?.median ?? NaN)) * 100;
/** In percent of the loop's rate, by how long a request takes. @type {{ name: string, aims: Record<number, number> }[]} */
const JOURNALS = [
  { name: "memory journal", aims: { 0: 75, 1: 90 } },
  { name: "file journal", aims: { 0: 30, 1: 60 } },
];
const perCode = (/** @type {number} */ ms) => `${((ms * 1e6) / CODES).toFixed(0)} ns`;
tell("job", {
  method:
    "One process; a `fetch` in memory that answers at once, so that nothing hides what a job costs, or after a timer. The loop reads each answer, as a job does. Codes were read before: a list for the job, strings for the loop. A job is timed from `createJob` to the end of `run`.",
  peers: [],
  tables: [
    timesTable(`${count(CODES)} codes in ${CODES / BATCH} requests, 8 at a time`, measured, {
      cpu: true,
      more: { "a code": ({ median }) => perCode(median) },
    }),
    timesTable(`${count(appends.length)} appends, each with \`fdatasync\``, onDisk, { cpu: true }),
    timesTable("Where it goes", found, {
      gc: false,
      more: { "a code": ({ median }) => perCode(median) },
    }),
    ...slower.map((one) =>
      timesTable(`The same where a request takes ${one.ms} ms`, one.measured, { cpu: true }),
    ),
  ],
  targets: [{ ms: 0, measured }, ...slower].flatMap(({ ms, measured: found }) =>
    JOURNALS.map(({ name, aims: { [ms]: aim } }, place) => {
      const rate = share(found[2], found[place]);
      return {
        what: `the loop's rate where a request takes ${ms === 0 ? "no time" : `${ms} ms`}, ${name}`,
        target: aim === undefined ? "none" : `at least ${aim} %`,
        found: `${rate.toFixed(0)} %`,
        met: aim === undefined || rate >= aim,
      };
    }),
  ),
});
