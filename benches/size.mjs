/** One figure of `sizes.mjs`: prints time and memory of one contestant at one size, as JSON. */
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

import { parse as csvParse } from "csv-parse";
import Papa from "papaparse";
import { z } from "zod";

import { UUID, codes } from "./inputs.mjs";
import { memories } from "./memories.mjs";

const { createClient, parseCodes } = await import("uber-vouchers");
const { memoryJournal } = await import("uber-vouchers/journal");

const WARM_UP = 10_000;
const CHUNK = 1 << 18;
const BATCH = 500;
const AT_ONCE = 8;
const MAX_RUNS = 101;
const LONGEST_MS = 3_000;

/** @type {{ kind: string, name: string, size: number, file: string, end?: number, warmEnd?: number, quick: boolean }} */
const { kind, name, size, file, end, warmEnd, quick } = JSON.parse(String(process.argv[2]));

/** @param {number | undefined} until */
const open = (until) =>
  createReadStream(file, {
    highWaterMark: CHUNK,
    ...(until !== undefined && { end: until - 1 }),
  });

/** @type {Record<string, (until: number | undefined) => Promise<number>>} */
const readers = {
  "uber-vouchers": async (until) => (await parseCodes(open(until))).size,
  // What is left of it without the growth of the table.
  "uber-vouchers, size known": async (until) =>
    (await parseCodes(open(until), until === undefined ? {} : { size: until })).size,
  "lines, a regular expression, Set": async (until) => {
    const found = new Set();
    let rest = "";
    for await (const chunk of open(until).setEncoding("utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(found, line.split(",")[0] ?? "");
    }
    return found.size;
  },
  papaparse: (until) => {
    const found = new Set();
    return new Promise((resolve, reject) => {
      Papa.parse(open(until), {
        skipEmptyLines: true,
        chunk: (/** @type {{ data: string[][] }} */ { data }) => {
          for (const [cell = ""] of data) take(found, cell);
        },
        complete: () => resolve(found.size),
        error: reject,
      });
    });
  },
  "csv-parse": async (until) => {
    const found = new Set();
    for await (const row of open(until).pipe(csvParse())) take(found, row[0]);
    return found.size;
  },
};

/** @param {Set<string>} found @param {string} cell */
function take(found, cell) {
  if (UUID.test(cell)) found.add(cell.toLowerCase());
}

const zodList = z.array(z.uuid());
/** @type {Record<string, (array: string[]) => unknown>} */
const lists = {
  "uber-vouchers": (array) => parseCodes(array),
  "a regular expression, Set": (array) => {
    const found = new Set();
    for (const code of array) take(found, code);
    return found;
  },
  "zod, Set": (array) => new Set(zodList.parse(array).map((code) => code.toLowerCase())),
};

const URL = "https://api.example/v1/organizations/o/voucher-programs/p/codes/distribute";
/** Answers at once. @type {any} */
const answer = async () => new Response("{}");
const client = createClient({ organizationId: "o", auth: "none", fetch: answer });

/** @param {any} list */
async function job(list) {
  const options = { batchSize: BATCH, concurrency: AT_ONCE, requestsPerSecond: Infinity };
  const made = await client.createJob("p", list, { journal: memoryJournal(), ...options });
  const { queued } = await made.run();
  await made.close();
  return queued;
}

/** @param {string[]} array */
async function loop(array) {
  let next = 0;
  const work = async () => {
    while (next < array.length) {
      const from = next;
      next += BATCH;
      const body = JSON.stringify({ codes: array.slice(from, from + BATCH) });
      await answer(URL, { method: "POST", body });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return array.length;
}

/** What is run, with its input made. @param {number} length @returns {Promise<() => unknown>} */
async function prepared(length) {
  if (kind === "csv") {
    const until = length === size ? end : warmEnd;
    return () => readers[name]?.(until);
  }
  if (kind === "array") {
    const array = codes(length);
    return () => lists[name]?.(array);
  }
  // Read from the file, so that no strings count as a job's memory.
  const list = (await parseCodes(open(length === size ? end : warmEnd))).valid();
  if (name === "uber-vouchers") return () => job(list);
  const array = codes(list.size);
  return () => loop(array);
}

const warm = await prepared(Math.min(WARM_UP, size));
for (const began = performance.now(); performance.now() - began < 300;) await warm();
globalThis.gc?.();
resetPeak();
let before = status("VmRSS");
const run = await prepared(size);
if (kind !== "job") {
  // Of a job, the list is a part; of the others, the input is not theirs.
  globalThis.gc?.();
  resetPeak();
  before = status("VmRSS");
}
const samples = [];
/** @type {any} */
let result;
for (const began = performance.now(); ;) {
  globalThis.gc?.();
  const from = performance.now();
  result = await run();
  samples.push(performance.now() - from);
  // At least three, unless one takes for ever.
  const spent = performance.now() - began;
  if (spent > LONGEST_MS || (spent > (quick ? 300 : 1_000) && samples.length >= 3)) break;
  if (samples.length === MAX_RUNS) break;
}
const sorted = samples.sort((a, b) => a - b);
process.stdout.write(
  JSON.stringify({
    ms: sorted[sorted.length >> 1],
    least: sorted[0],
    most: sorted.at(-1),
    runs: sorted.length,
    codes: result.size ?? result,
    bytes: status("VmHWM") - before,
    wasm: memories.reduce((all, { buffer }) => all + buffer.byteLength, 0),
  }),
);
process.exit();

/** Lets the kernel count the most memory from here on. */
function resetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not everywhere: then the peak may be that of making the input.
  }
}

/** In bytes; where there is no such file, the most that the process ever had. @param {"VmRSS" | "VmHWM"} what */
function status(what) {
  try {
    const text = readFileSync("/proc/self/status", "utf8");
    return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(text)?.[1]) * 1024;
  } catch {
    return what === "VmHWM" ? process.resourceUsage().maxRSS * 1024 : process.memoryUsage().rss;
  }
}
