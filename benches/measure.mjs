/** How things are timed, compared and told of: the same for every part. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PerformanceObserver } from "node:perf_hooks";
import process from "node:process";

/** Whether a rough answer soon is wanted. */
export const isQuick = process.argv.includes("--quick");

/**
 * One of those that are compared.
 * @typedef {object} Contestant
 * @property {string} name
 * @property {() => unknown} run once; what it gives is compared with the others'
 * @property {(calls: number) => Promise<void>} [repeat] so many times, where each from here would cost more
 */
/**
 * @typedef {object} Measured in milliseconds a call
 * @property {string} name
 * @property {number} median
 * @property {number} lower the first quartile
 * @property {number} upper the third
 * @property {number} least
 * @property {number} most
 * @property {number} rounds
 * @property {number} calls in a sample
 * @property {number} [cpu] of this process, all of its threads, a call: median
 * @property {number} [gc] collecting garbage, a call: mean
 */

/**
 * Times them in turn, round after round, each round beginning with another, so
 * that what the machine does meanwhile meets all alike. Before that each runs
 * until it is warm. Garbage is collected before each sample; what is collected
 * within a sample is part of it, and told beside it.
 * @param {Contestant[]} contestants
 * @param {object} [how]
 * @param {number} [how.rounds]
 * @param {number} [how.sampleMs] a shorter call is repeated for so long
 * @param {number} [how.warmUpMs] of each
 * @param {boolean} [how.collects] whether garbage is collected before each sample; where calls
 * are short, the cold caches that this leaves would be most of what is measured
 * @param {boolean} [how.rewarms] whether each runs once more before its sample, so that little of the
 * others' garbage is left; where a full collection would cost more, since V8 then drops optimized
 * code that refers to dead objects
 * @returns {Promise<Measured[]>}
 */
export async function race(
  contestants,
  { rounds = 21, sampleMs = 25, warmUpMs = 400, collects = true, rewarms = false } = {},
) {
  const planned = isQuick ? Math.ceil(rounds / 3) : rounds;
  /** @type {{ startTime: number, duration: number }[]} */
  const collections = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const racing = [];
  for (const contestant of contestants) {
    const calls = await warmUp(contestant, isQuick ? warmUpMs / 2 : warmUpMs, sampleMs);
    racing.push({ ...contestant, calls, samples: /** @type {Sample[]} */ ([]) });
  }
  for (let round = 0; round < planned; round += 1) {
    for (let turn = 0; turn < racing.length; turn += 1) {
      const next = racing[(round + turn) % racing.length];
      if (next === undefined) continue;
      if (collects) globalThis.gc?.();
      if (rewarms) await sample(next, next.calls);
      next.samples.push(await sample(next, next.calls));
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  observer.disconnect();
  return racing.map(({ name, calls, samples }) => {
    const cpu = median(samples.map((one) => one.cpu / calls));
    const within = collections.filter(({ startTime }) =>
      samples.some(({ from, to }) => startTime >= from && startTime < to),
    );
    const gc = within.reduce((all, { duration }) => all + duration, 0) / calls / samples.length;
    return {
      ...summary(
        name,
        samples.map(({ from, to }) => (to - from) / calls),
      ),
      calls,
      cpu,
      gc,
    };
  });
}

/** @typedef {{ from: number, to: number, cpu: number }} Sample */

/** @param {Contestant} contestant @param {number} calls @returns {Promise<Sample>} */
async function sample({ run, repeat }, calls) {
  const before = process.cpuUsage();
  const from = performance.now();
  if (repeat) await repeat(calls);
  else {
    for (let call = 0; call < calls; call += 1) {
      const made = run();
      if (made instanceof Promise) await made;
    }
  }
  const to = performance.now();
  const { user, system } = process.cpuUsage(before);
  return { from, to, cpu: (user + system) / 1000 };
}

/** Runs until it is warm; says how many calls make a sample. @param {Contestant} contestant @param {number} ms @param {number} sampleMs */
async function warmUp(contestant, ms, sampleMs) {
  let calls = 1;
  const began = performance.now();
  for (;;) {
    const { from, to } = await sample(contestant, calls);
    const needed = Math.max(1, Math.ceil((sampleMs / (to - from)) * calls));
    if (performance.now() - began > ms) return needed;
    calls = Math.min(needed, calls * 10);
  }
}

/** @param {string} name @param {number[]} samples @returns {Measured} */
export function summary(name, samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const [least = NaN] = sorted;
  return {
    name,
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    least,
    most: sorted.at(-1) ?? NaN,
    rounds: samples.length,
    calls: 1,
  };
}

/** @param {number[]} samples */
export const median = (samples) =>
  quantile(
    [...samples].sort((a, b) => a - b),
    0.5,
  );

/** @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const [below = NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

/** Fails where one of them has another result: then somebody skips work. @param {Contestant[]} contestants @param {(made: any) => unknown} [see] */
export async function refuseDifferent(contestants, see = (made) => made) {
  /** @type {string | undefined} */
  let expected;
  for (const { name, run } of contestants) {
    const made = JSON.stringify(see(await run()));
    expected ??= made;
    if (made === expected) continue;
    throw new Error(`${name} gives ${made?.slice(0, 200)}, and others ${expected?.slice(0, 200)}`);
  }
}

/**
 * @typedef {object} Table
 * @property {string} caption
 * @property {string[]} columns
 * @property {string[][]} rows
 */
/** @typedef {{ what: string, target: string, found: string, met: boolean }} Target */

/**
 * A table of what was measured: medians, the middle half, and how many times as
 * long as the first one each took.
 * @param {string} caption
 * @param {Measured[]} measured
 * @param {{ cpu?: boolean, gc?: boolean, more?: Record<string, (one: Measured) => string> }} [shown]
 * @returns {Table}
 */
export function timesTable(caption, measured, { cpu = false, gc = true, more = {} } = {}) {
  const [first] = measured;
  const columns = ["", "median", "middle half", "least – most", "÷ ours"];
  if (cpu) columns.push("CPU");
  if (gc) columns.push("of it garbage");
  columns.push(...Object.keys(more));
  const rows = measured.map((one) => {
    const cells = [
      one.name,
      time(one.median),
      `${time(one.lower)} – ${time(one.upper)}`,
      `${time(one.least)} – ${time(one.most)}`,
      ratio(one.median / (first?.median ?? NaN)),
    ];
    if (cpu) cells.push(one.cpu === undefined ? "" : time(one.cpu));
    if (gc) cells.push(one.gc === undefined ? "" : time(one.gc));
    cells.push(...Object.values(more).map((tell) => tell(one)));
    return cells;
  });
  return { caption, columns, rows };
}

/** @param {number} ms */
export function time(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  if (ms >= 1) return `${ms.toPrecision(3)} ms`;
  const us = ms * 1000;
  return us === 0 ? "0" : `${us >= 100 ? us.toFixed(0) : us.toPrecision(2)} µs`;
}

/** @param {number} value */
export const ratio = (value) => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
/** @param {number} bytes */
export const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
/** @param {number} bytes */
export const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
/** @param {number} value */
export const count = (value) => Math.round(value).toLocaleString("en");

/** The version of a package that is installed beside the parts. @param {string} name */
export function versionOf(name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(manifest, "utf8")).version}`;
}

/**
 * Prints what came of a part, and keeps it for the report.
 * @param {string} part
 * @param {{ tables: Table[], targets: Target[], method: string, peers: string[], plots?: import("./plot.mjs").Plot[] }} result
 */
export function tell(part, result) {
  for (const table of result.tables) print(table);
  for (const { what, target, found, met } of result.targets) {
    const mark = target === "none" ? "·" : met ? "✔" : "✖";
    console.log(`${mark} ${what}: ${found} (aim: ${target})`);
  }
  const folder = process.env["BENCH_RESULTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString();
  const kept = { part, date, quick: isQuick, versions: [`Node.js ${process.versions.node}`] };
  writeFileSync(
    join(folder, `${part}.json`),
    `${JSON.stringify({ ...kept, ...result }, undefined, 2)}\n`,
  );
}

/** @param {Table} table */
function print({ caption, columns, rows }) {
  const widths = columns.map((name, place) =>
    Math.max(name.length, ...rows.map((row) => row[place]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const line = (cells) =>
    cells
      .map((cell, place) =>
        place === 0 ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0),
      )
      .join("  ");
  console.log(`\n${caption}\n${line(columns)}`);
  for (const row of rows) console.log(line(row));
}
