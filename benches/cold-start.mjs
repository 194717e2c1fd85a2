/** From the import to the first request on the wire: in new processes of Node.js, and in new isolates of workerd. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

import { isQuick, summary, tell, time, timesTable, versionOf } from "./measure.mjs";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";
const ROOT = String(process.env["BENCH_ROOT"]);
const HERE = join(import.meta.dirname, "cold");
const { resolve } = createRequire(join(ROOT, "package.json"));
/** @typedef {{ name: string, file: string }} Contestant */
/** @type {Contestant[]} */
const ALL = [
  { name: "uber-vouchers", file: "ours" },
  { name: "uber-vouchers/distribute", file: "distribute" },
  { name: "bare fetch", file: "bare" },
  { name: "stripe", file: "stripe" },
  { name: "@octokit/core", file: "octokit" },
  { name: "@aws-sdk/client-sqs", file: "sqs" },
  { name: "@automerge/automerge", file: "automerge" },
];
const IN_WORKERD = ALL.filter(({ file }) =>
  ["ours", "distribute", "bare", "stripe", "automerge"].includes(file),
);
/** Another worker than theirs, so that a workerd has done all of its own for the first time. */
const OTHER = `export default {
  async fetch(request) {
    const answer = await fetch(new URL(request.url).searchParams.get("to"), { method: "POST" });
    return new Response((await answer.text()) === "{}" ? "sent" : "not sent");
  },
};`;

// The wire: it takes the time at which something comes.
let arrived = 0n;
const server = createServer((request, response) => {
  if (arrived === 0n) arrived = process.hrtime.bigint();
  request.resume();
  response.setHeader("Content-Type", "application/json").end("{}");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}`;

/** By turns, each round beginning with another one. @param {Contestant[]} contestants @param {number} rounds @param {(contestant: Contestant) => Promise<void>} start */
async function takeTurns(contestants, rounds, start) {
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const next = contestants[(round + turn) % contestants.length];
      if (next !== undefined) await start(next);
    }
  }
}

/** @param {bigint} from @param {bigint} to */
const between = (from, to) => Number(to - from) / 1e6;

async function inNode() {
  /** @type {Map<string, { toWire: number[], toImport: number[], whole: number[] }>} */
  const samples = new Map(ALL.map(({ name }) => [name, { toWire: [], toImport: [], whole: [] }]));
  const start = async (/** @type {Contestant} */ { name, file }) => {
    arrived = 0n;
    const spawned = process.hrtime.bigint();
    const child = spawn(process.execPath, ["--no-warnings", join(HERE, "node.mjs"), file, url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (told += text));
    const [code] = await once(child, "close");
    if (code !== 0 || arrived === 0n) throw new Error(`${name} sent nothing`);
    const { began, imported } = JSON.parse(told);
    const sample = samples.get(name);
    sample?.toImport.push(between(BigInt(began), BigInt(imported)));
    sample?.toWire.push(between(BigInt(began), arrived));
    sample?.whole.push(between(spawned, arrived));
  };
  // So that no file is read from the disk for the first time.
  await takeTurns(ALL, 1, start);
  for (const sample of samples.values()) for (const list of Object.values(sample)) list.length = 0;
  await takeTurns(ALL, isQuick ? 7 : 25, start);
  const of = (/** @type {"toWire" | "toImport" | "whole"} */ what) =>
    [...samples].map(([name, sample]) => summary(name, sample[what]));
  return { toImport: of("toImport"), toWire: of("toWire"), whole: of("whole") };
}

async function inWorkerd() {
  /** @type {typeof import("miniflare")} */
  const { Miniflare } = await import(pathToFileURL(resolve("miniflare")).href);
  /** @type {typeof import("../scripts/bundle.mjs")} */
  const { buildWorkers } = await import(pathToFileURL(join(ROOT, "scripts", "bundle.mjs")).href);
  const home = mkdtempSync(join(dirname(import.meta.dirname), "cold-"));
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, "other.entry.mjs"), OTHER);
  /** @type {Record<string, string>} */
  const entries = { other: relative(ROOT, join(home, "other.entry.mjs")) };
  for (const { file } of IN_WORKERD) {
    const entry = join(home, `${file}.entry.mjs`);
    writeFileSync(
      entry,
      `import { send } from ${JSON.stringify(join(HERE, `${file}.mjs`))};
      export default {
        async fetch(request) {
          await send(new URL(request.url).searchParams.get("to"));
          return new Response("sent");
        },
      };`,
    );
    entries[file] = relative(ROOT, entry);
  }
  const built = await buildWorkers(home, entries);
  // Bundles come as data, so that the loader need not read anything.
  const modules = [
    {
      type: /** @type {const} */ ("ESModule"),
      path: join(home, "loader.js"),
      contents: readFileSync(join(HERE, "loader.mjs"), "utf8"),
    },
  ];
  /** @type {{ type: "Text" | "Data", path: string, contents: any }[]} */
  const data = [];
  let imports = "";
  const objects = Object.entries(built).map(([file, files]) => {
    const members = files.map(({ type, path }, place) => {
      const isWasm = type === "CompiledWasm";
      const name = `${file}${place}.${isWasm ? "bin" : "txt"}`;
      const contents = readFileSync(path);
      data.push({
        type: isWasm ? "Data" : "Text",
        path: join(home, name),
        contents: isWasm ? contents : contents.toString("utf8"),
      });
      imports += `import ${file}${place} from "./${name}";\n`;
      const value = `${file}${place}`;
      return `${JSON.stringify(basename(path))}: ${isWasm ? `{ wasm: ${value} }` : value}`;
    });
    return `${file}: { main: "${file}.js", modules: { ${members.join(", ")} } }`;
  });
  const contents = `${imports}export const contestants = { ${objects.join(", ")} };`;
  modules.push({ type: "ESModule", path: join(home, "contestants.js"), contents });
  /** @type {Map<string, { first: number[], again: number[] }>} */
  const samples = new Map(IN_WORKERD.map(({ name }) => [name, { first: [], again: [] }]));
  const sittings = isQuick ? 5 : 25;
  // A new workerd each time: isolates that have ended stay in it, and make the next ones slower.
  for (let sitting = 0; sitting < sittings; sitting += 1) {
    const miniflare = new Miniflare({
      cf: false,
      modulesRoot: home,
      compatibilityDate: "2026-04-01",
      workerLoaders: { LOADER: {} },
      modules: /** @type {any} */ ([...modules, ...data]),
    });
    try {
      const front = await miniflare.ready;
      const send = async (/** @type {string} */ file) => {
        arrived = 0n;
        const asked = process.hrtime.bigint();
        const answer = await fetch(`${front.href}?name=${file}&to=${encodeURIComponent(url)}`);
        const text = await answer.text();
        if (text !== "sent" || arrived === 0n) throw new Error(`${file} sent nothing: ${text}`);
        return between(asked, arrived);
      };
      for (let warmUp = 0; warmUp < 3; warmUp += 1) await send("other");
      for (const round of /** @type {const} */ (["first", "again"])) {
        for (let turn = 0; turn < IN_WORKERD.length; turn += 1) {
          const next = IN_WORKERD[(sitting + turn) % IN_WORKERD.length];
          if (next) samples.get(next.name)?.[round].push(await send(next.file));
        }
      }
    } finally {
      await miniflare.dispose();
    }
  }
  const of = (/** @type {"first" | "again"} */ round) =>
    [...samples].map(([name, sample]) => summary(name, sample[round]));
  return { first: of("first"), again: of("again") };
}

const workerd = await inWorkerd();
const node = await inNode();
server.close();
server.closeAllConnections();

const medianOf = (/** @type {string} */ name) =>
  workerd.first.find((one) => one.name === name)?.median ?? NaN;
const over = medianOf("uber-vouchers") - medianOf("bare fetch");
const overSmall = medianOf("uber-vouchers/distribute") - medianOf("bare fetch");
const imported = node.toImport[0]?.median ?? NaN;
tell("cold-start", {
  method:
    "A new process of Node.js, or a new isolate in a workerd that has run another worker (its worker loader: compiling script and wasm, running the module, sending). The wire is a server in the process that measures. Files are in the system's cache.",
  peers: [
    ...ALL.filter(({ file }) => !["ours", "distribute", "bare"].includes(file)).map(({ name }) =>
      versionOf(name),
    ),
    `workerd ${JSON.parse(readFileSync(join(dirname(createRequire(resolve("miniflare")).resolve("workerd")), "..", "package.json"), "utf8")).version}`,
  ],
  tables: [
    timesTable(
      "workerd, a worker that it has not seen: from asking for its isolate to its first request on the wire",
      workerd.first,
      { gc: false },
    ),
    timesTable("workerd: the same for its second isolate", workerd.again, { gc: false }),
    timesTable("Node.js: the import alone", node.toImport, { gc: false }),
    timesTable("Node.js: from before the import to the first request on the wire", node.toWire, {
      gc: false,
    }),
    timesTable("Node.js: the same from the start of the process", node.whole, { gc: false }),
  ],
  targets: [
    { what: "workerd, over bare fetch", target: "at most 5 ms", found: time(over), met: over <= 5 },
    {
      what: "workerd, over bare fetch, uber-vouchers/distribute",
      target: "at most 6.5 ms",
      found: time(overSmall),
      met: overSmall <= 6.5,
    },
    {
      what: "Node.js, import",
      target: "at most 6 ms",
      found: time(imported),
      met: imported <= 6,
    },
  ],
});
