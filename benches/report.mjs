/** BENCHMARKS.md and its plots, out of the newest result of each part and the notes in `notes.md`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

import { ROOT } from "../scripts/setup.mjs";
import { plot } from "./plot.mjs";

/** The parts, in the order of the report. */
export const PARTS = {
  download: "Download",
  "cold-start": "Cold start",
  rows: "A million rows",
  array: "30,000 codes from a JavaScript array",
  body: "The body of a request",
  distribute: "One distribute over loopback",
  job: "A job of a million codes",
  webhook: "verifyWebhook",
  worker: "The worker: a million codes in workerd",
  sizes: "Cost against size",
};
const REPORT = join(ROOT, "BENCHMARKS.md");
const NOTES = join(ROOT, "benches", "notes.md");
const PLOTS = join(ROOT, "benches", "plots");

/** @typedef {import("./measure.mjs").Table} Table */
/** @typedef {import("./measure.mjs").Target} Target */
/**
 * What a part has left.
 * @typedef {object} Result
 * @property {string} part
 * @property {string} date
 * @property {boolean} quick
 * @property {string} machine
 * @property {string[]} versions
 * @property {string} method
 * @property {string[]} peers
 * @property {Table[]} tables
 * @property {Target[]} targets
 * @property {import("./plot.mjs").Plot[]} [plots]
 */

/** The machine, in a line. */
export function machine() {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const file = "/etc/os-release";
  const names = existsSync(file) ? readFileSync(file, "utf8") : "";
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(names)?.[1] ?? process.platform;
  const model = first?.model.trim() ?? "an unknown processor";
  return `${model}, ${cpus().length} cores, ${memory} GB of memory; ${system}, kernel ${release()}, ${arch()}`;
}

/** @param {string} results the folder of what the parts have left */
export function writeReport(results) {
  /** @type {Result[]} */
  const found = [];
  for (const part of Object.keys(PARTS)) {
    const file = join(results, `${part}.json`);
    if (existsSync(file)) found.push(JSON.parse(readFileSync(file, "utf8")));
  }
  rmSync(PLOTS, { recursive: true, force: true });
  const notes = readNotes();
  const text = [
    head(found),
    ...found.map((result) => section(result, notes.get(result.part))),
    ...(notes.has("guard") ? [`## What is guarded\n\n${notes.get("guard")}`] : []),
  ];
  writeFileSync(REPORT, `${text.join("\n\n")}\n`);
  console.log(`\nWrote ${REPORT}`);
}

/** The sections of the notes, by their headings. @returns {Map<string, string>} */
function readNotes() {
  const notes = new Map();
  if (!existsSync(NOTES)) return notes;
  for (const part of readFileSync(NOTES, "utf8").split(/^## /m).slice(1)) {
    const [name = "", ...lines] = part.split("\n");
    const text = lines.join("\n").trim();
    if (text !== "") notes.set(name.trim(), text);
  }
  return notes;
}

/** @param {Result[]} found */
function head(found) {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const distinct = (/** @type {string[]} */ values) => [...new Set(values)].sort();
  const rust = spawnSync("rustc", ["--version"], { cwd: ROOT, encoding: "utf8" }).stdout.trim();
  const days = distinct(found.map(({ date }) => date.slice(0, 10)));
  const rough = found.filter(({ quick }) => quick).map(({ part }) => part);
  const targets = found.flatMap(({ part, targets: all }) =>
    all.filter(({ target }) => target !== "none").map((target) => ({ part, ...target })),
  );
  const lines = [
    "# Benchmarks",
    "",
    "Written by `npm run bench`; the notes in it are `benches/notes.md`. `npm run bench -- rows job` runs",
    "these parts and keeps what the others found before; `--quick` is rough and soon. `cargo bench` times",
    "the core as native code. No time is asserted anywhere; what is exact is guarded, by",
    "`benches/guard.mjs`.",
    "",
    `- Package: uber-vouchers ${version}, packed and installed as a user would`,
    ...distinct(found.map((result) => `- Machine: ${result.machine}`)),
    `- Versions: ${[...distinct(found.flatMap(({ versions }) => versions)), rust].join(", ")}`,
    `- Date: ${days.length > 1 ? `${days[0]} to ${days.at(-1)}` : days.join()}`,
    ...(rough.length > 0 ? [`- Taken roughly (\`--quick\`): ${rough.join(", ")}`] : []),
    "",
    "Contestants take turns, round after round, each round beginning with another one, in one process and",
    "after a warm-up; each part has a process of its own. Every contestant has to come to the same result,",
    "or the part fails. A median stands with its middle half, from the first quartile to the third, and",
    "with the least and the most. Garbage is collected before each sample, unless a part says otherwise;",
    "what falls into it counts.",
    "",
    `${targets.filter(({ met }) => met).length} of ${targets.length} aims are met.`,
    "",
    ...markdown({
      caption: "",
      columns: ["Part", "What", "Aim", "Found", ""],
      rows: targets.map(({ part, what, target, found: value, met }) => [
        titleOf(part),
        what,
        target,
        value,
        met ? "✔" : "✖",
      ]),
    }),
  ];
  return lines.join("\n");
}

/** @param {string} part */
function titleOf(part) {
  return PARTS[/** @type {keyof typeof PARTS} */ (part)];
}

/** @param {Result} result @param {string | undefined} notes */
function section(result, notes) {
  const { part, method, peers, tables, targets, date, quick, plots = [] } = result;
  const lines = [`## ${titleOf(part)}`, ""];
  lines.push(`${method} ${peers.length > 0 ? `Peers: ${peers.join(", ")}. ` : ""}`.trim());
  lines.push("", `Taken on ${date.slice(0, 10)}${quick ? ", roughly" : ""}.`);
  for (const table of tables) lines.push("", `**${table.caption}**`, "", ...markdown(table));
  for (const one of plots) {
    mkdirSync(PLOTS, { recursive: true });
    writeFileSync(join(PLOTS, `${one.file}.svg`), plot(one));
    lines.push("", `![${one.title}](benches/plots/${one.file}.svg)`);
  }
  const aims = targets.filter(({ target }) => target !== "none");
  if (aims.length > 0) lines.push("");
  for (const { what, target, found, met } of aims) {
    lines.push(`- ${met ? "✔" : "✖ not met:"} ${what}: **${found}** (aim: ${target})`);
  }
  if (notes !== undefined) lines.push("", notes);
  return lines.join("\n");
}

/** @param {Table} table */
function markdown({ columns, rows }) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_, place) => (place === 0 ? "---" : "---:"));
  return [line(columns), line(rule), ...rows.map(line)];
}
