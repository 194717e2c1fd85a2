/** A million rows `uuid,email`, from bytes to a checked list without duplicates. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

import { parse as csvParse } from "csv-parse/sync";
import Papa from "papaparse";

import { UUID, csv } from "./inputs.mjs";
import {
  isQuick,
  mebibytes,
  race,
  ratio,
  refuseDifferent,
  summary,
  tell,
  timesTable,
  versionOf,
} from "./measure.mjs";
import { memories } from "./memories.mjs";

const { parseCodes } = await import("uber-vouchers");

const ROWS = 1_000_000;
const bytes = csv(ROWS);

/** What every peer has to do with a cell. */
class Checked {
  codes = new Set();
  duplicates = 0;
  rejected = 0;

  /** @param {string} cell */
  take(cell) {
    if (!UUID.test(cell)) return void (this.rejected += 1);
    const code = cell.toLowerCase();
    if (this.codes.has(code)) this.duplicates += 1;
    else this.codes.add(code);
  }
}

const contestants = [
  { name: "uber-vouchers", run: () => parseCodes(bytes) },
  {
    name: "split, a regular expression, Set",
    run: () => {
      const checked = new Checked();
      const [head = "", ...rows] = bytes.toString("utf8").split("\n");
      const column = head.split(",").indexOf("uuid");
      for (const row of rows) if (row !== "") checked.take(row.split(",")[column] ?? "");
      return checked;
    },
  },
  {
    name: "papaparse, rows as objects",
    run: () => {
      const checked = new Checked();
      const { data } = Papa.parse(bytes.toString("utf8"), { header: true, skipEmptyLines: true });
      for (const row of data) checked.take(row.uuid);
      return checked;
    },
  },
  {
    name: "papaparse, rows as lists",
    run: () => {
      const checked = new Checked();
      const { data } = Papa.parse(bytes.toString("utf8"), { skipEmptyLines: true });
      const column = data[0].indexOf("uuid");
      for (let row = 1; row < data.length; row += 1) checked.take(data[row][column]);
      return checked;
    },
  },
  {
    name: "csv-parse, rows as lists",
    run: () => {
      const checked = new Checked();
      const [head = [], ...rows] = csvParse(bytes, { skip_empty_lines: true });
      const column = head.indexOf("uuid");
      for (const row of rows) checked.take(row[column] ?? "");
      return checked;
    },
  },
];

/** @param {{ codes?: Set<string>, size: number, duplicates: number, rejected: number, rejectedCount?: number }} made */
function digest(made) {
  const all = [...(made.codes ?? /** @type {any} */ (made))];
  const rejected = made.rejectedCount ?? made.rejected;
  return [all.length, all[0], all[77_777], all.at(-1), made.duplicates, rejected];
}
await refuseDifferent(contestants, digest);
const memory = memories[0]?.buffer.byteLength ?? 0;

const native = await startNative();
const others = contestants.map(({ name, run }) => ({ name, run }));
const measured = await race(others, { rounds: 9, warmUpMs: 2000, sampleMs: 1 });
// The native one between two rounds of ours, in a process of its own.
/** @type {number[]} */
const samples = [];
const ours = [];
for (let round = 0; round < (isQuick ? 3 : 9); round += 1) {
  samples.push(...(await native.rounds(1)));
  globalThis.gc?.();
  const began = performance.now();
  await parseCodes(bytes);
  ours.push(performance.now() - began);
}
native.stop();
const beside = [summary("uber-vouchers", ours), summary("the same core, native", samples)];

const [first, second, objects] = measured.map(({ median }) => median);
const [wasm, rust] = beside.map(({ median }) => median);
/** @param {number | undefined} other @param {number | undefined} one */
const times = (other = NaN, one = NaN) => other / one;
tell("rows", {
  method:
    "One process. Every contestant gets the same bytes (62 MB) and has to find the same codes, duplicates and rejected rows.",
  peers: [versionOf("papaparse"), versionOf("csv-parse")],
  tables: [
    timesTable("A million rows", measured),
    timesTable("Beside native code, in alternating processes", beside, { gc: false }),
  ],
  targets: [
    {
      what: "times papaparse",
      target: "at least 20",
      found: ratio(times(objects, first)),
      met: times(objects, first) >= 20,
    },
    {
      what: "times a hand-written reader",
      target: "at least 12",
      found: ratio(times(second, first)),
      met: times(second, first) >= 12,
    },
    {
      what: "native code's time",
      target: "at most 1.2",
      found: ratio(times(wasm, rust)),
      met: times(wasm, rust) <= 1.2,
    },
    {
      what: "wasm memory",
      target: "at most 32 MB",
      found: mebibytes(memory),
      met: memory <= 32 * 1024 * 1024,
    },
  ],
});

/** The native reader of the same file: a line asks for a round, a line tells its milliseconds. */
async function startNative() {
  const file = join(tmpdir(), `uber-vouchers-rows-${process.pid}.csv`);
  writeFileSync(file, bytes);
  const child = spawn(String(process.env["BENCH_HOT"]), ["rows", file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  process.once("exit", () => rmSync(file, { force: true }));
  /** @param {number} wanted */
  const rounds = async (wanted) => {
    const told = [];
    for (let round = 0; round < wanted; round += 1) {
      child.stdin.write("\n");
      told.push(Number((await answers.next()).value));
    }
    return told;
  };
  await rounds(2);
  const stop = () => child.stdin.end();
  return { rounds, stop, ended: once(child, "close") };
}
