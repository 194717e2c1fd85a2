/** Cost against size, from a thousand codes to ten million: each figure from a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { csvPieces } from "./inputs.mjs";
import { count, isQuick, ratio, tell, time, versionOf } from "./measure.mjs";

const SIZES = isQuick
  ? [1_000, 10_000, 100_000, 1_000_000]
  : [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const LARGEST = SIZES.at(-1) ?? 0;
const BEFORE = SIZES.at(-2) ?? 0;
/** As in `size.mjs`: one of the sizes, so that a file ends there. */
const WARM_UP = 10_000;
/** A code may cost so many times more: the larger table is no longer in the processor's cache. */
const AIMS = { time: 1.3, memory: 1.5 };
/** Memory below this many codes is that of the engine. */
const LEAST_FOR_MEMORY = 100_000;

const KINDS = {
  csv: {
    title: "A CSV, read as a stream",
    contestants: [
      { name: "uber-vouchers", most: Infinity },
      { name: "uber-vouchers, size known", most: Infinity },
      { name: "lines, a regular expression, Set", most: Infinity },
      { name: "papaparse", most: 1_000_000 },
      { name: "csv-parse", most: 1_000_000 },
    ],
  },
  array: {
    title: "A list from an array",
    contestants: [
      { name: "uber-vouchers", most: Infinity },
      { name: "a regular expression, Set", most: Infinity },
      { name: "zod, Set", most: 1_000_000 },
    ],
  },
  job: {
    title: "A job, memory journal",
    contestants: [
      { name: "uber-vouchers", most: Infinity },
      { name: "a plain loop", most: Infinity },
    ],
  },
};
/** @typedef {keyof typeof KINDS} Kind */
/** @typedef {{ ms: number, least: number, most: number, runs: number, codes: number, bytes: number, wasm: number }} Cost */

const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-sizes-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "codes.csv");
/** Where each size ends in the file. @type {Map<number, number>} */
const ends = new Map();
writeCsv();

function writeCsv() {
  const handle = openSync(file, "w");
  let [rows, bytes] = [0, 0];
  for (const { text, rows: more } of csvPieces(LARGEST, 1_000)) {
    bytes += writeSync(handle, text);
    rows += more;
    if (SIZES.includes(rows)) ends.set(rows, bytes);
  }
  closeSync(handle);
}

/** @param {Kind} kind @param {string} name @param {number} size @returns {Promise<Cost>} */
async function cost(kind, name, size) {
  const what = {
    kind,
    name,
    size,
    file,
    end: ends.get(size),
    warmEnd: ends.get(WARM_UP),
    quick: isQuick,
  };
  const flags = ["--expose-gc", "--no-warnings", "--max-old-space-size=8192"];
  const path = join(import.meta.dirname, "size.mjs");
  const child = spawn(process.execPath, [...flags, path, JSON.stringify(what)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (told += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${kind}, ${name}, ${size} ended with ${code}`);
  return JSON.parse(told);
}

const tables = [];
const targets = [];
const plots = [];
for (const kind of /** @type {Kind[]} */ (Object.keys(KINDS))) {
  const { title, contestants } = KINDS[kind];
  /** @type {Map<string, Map<number, Cost>>} */
  const found = new Map(contestants.map(({ name }) => [name, new Map()]));
  for (const size of SIZES) {
    for (const { name, most } of contestants) {
      if (size <= most) found.get(name)?.set(size, await cost(kind, name, size));
    }
  }
  for (const size of SIZES) {
    const codes = new Set([...found.values()].flatMap((costs) => costs.get(size)?.codes ?? []));
    if (codes.size > 1) throw new Error(`${title}: they found ${[...codes].join(" and ")} codes`);
  }
  const cells = (/** @type {(cost: Cost, size: number) => string} */ show) =>
    [...found].map(([name, costs]) => [
      name,
      ...SIZES.map((size) => {
        const one = costs.get(size);
        return one === undefined ? "–" : show(one, size);
      }),
    ]);
  const columns = ["", ...SIZES.map(count)];
  /** How many times as long a code takes in the largest list. @param {string | undefined} name */
  const growthOf = (name = "") => {
    const [less, more] = [BEFORE, LARGEST].map(
      (size) => (found.get(name)?.get(size)?.ms ?? NaN) / size,
    );
    const growth = (more ?? NaN) / (less ?? NaN);
    return Number.isNaN(growth) ? "–" : ratio(growth);
  };
  tables.push(
    {
      caption: `${title}: median (least – most), and a code`,
      columns: [...columns, `a code, in times of ${count(BEFORE)}`],
      rows: cells(
        ({ ms, least, most, runs }, size) =>
          `${time(ms)} (${runs > 1 ? `${time(least)} – ${time(most)}` : "one run"}), ${nanoseconds(ms, size)}`,
      ).map((row) => [...row, growthOf(row[0])]),
    },
    {
      caption: `${title}: the process's memory on top at its peak, a code`,
      columns,
      rows: [
        ...cells(({ bytes }, size) =>
          size < LEAST_FOR_MEMORY ? "" : `${Math.max(0, bytes / size).toFixed(0)} bytes`,
        ),
        [
          "of ours, the wasm's memory",
          ...SIZES.map((size) => {
            const wasm = found.get("uber-vouchers")?.get(size)?.wasm ?? 0;
            return size < LEAST_FOR_MEMORY ? "" : `${(wasm / size).toFixed(0)} bytes`;
          }),
        ],
      ],
    },
  );
  /** @param {(cost: Cost) => number} of @param {number} from @returns {{ name: string, points: [number, number][] }[]} */
  const lines = (of, from) =>
    [...found].map(([name, costs]) => ({
      name,
      points: [...costs]
        .filter(([size, one]) => size >= from && of(one) > 0)
        .map(([size, one]) => [size, of(one)]),
    }));
  plots.push(
    {
      file: `${kind}-time`,
      title: `${title}: time`,
      x: "codes",
      y: "milliseconds",
      lines: lines(({ ms }) => ms, 0),
    },
    {
      file: `${kind}-memory`,
      title: `${title}: memory on top`,
      x: "codes",
      y: "bytes",
      lines: lines(({ bytes }) => bytes, LEAST_FOR_MEMORY),
    },
  );
  const ours = found.get("uber-vouchers");
  const [less, more] = [ours?.get(BEFORE), ours?.get(LARGEST)];
  for (const [
    what,
    most,
    of,
  ] of /** @type {[string, number, (cost: Cost | undefined) => number][]} */ ([
    ["time", AIMS.time, (one) => one?.ms ?? NaN],
    ["wasm memory", AIMS.memory, (one) => one?.wasm ?? NaN],
  ])) {
    const growth = of(more) / LARGEST / (of(less) / BEFORE);
    targets.push({
      what: `${title}: ${what} a code with ${count(LARGEST)}, in times of ${count(BEFORE)}`,
      target: `at most ${most}`,
      found: ratio(growth),
      met: growth <= most,
    });
  }
}
tell("sizes", {
  method:
    "A new process for each figure, warmed up with 10,000 codes. Time is the median of as many runs as fit into a second, of three at least unless that takes more than three seconds; memory is the most that the process had during these, less what it had before (a job's list is part of it, an array that is read is not). The CSV is a file of 62 bytes a row, read in chunks of 256 KiB. Readers that take half a minute for ten million rows are left out there.",
  peers: ["papaparse", "csv-parse", "zod"].map(versionOf),
  tables,
  targets,
  plots,
});

/** @param {number} ms @param {number} size */
function nanoseconds(ms, size) {
  return `${((ms * 1e6) / size).toFixed(0)} ns`;
}
