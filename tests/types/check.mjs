/**
 * Compiles what consumers write, in each kind of project and with the oldest
 * and the newest TypeScript: `node check.mjs <folder of an installed package>`.
 */
import { spawn } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { ROOT, run } from "../../scripts/setup.mjs";
import { report } from "../results.mjs";

const HERE = join(ROOT, "tests", "types");

// Checked along with it: what the declarations of the package themselves need.
const base = { target: "ES2022", strict: true, noEmit: true, skipLibCheck: false };
const bundler = { module: "ESNext", moduleResolution: "bundler" };
const node16 = { module: "Node16", moduleResolution: "Node16" };
const nodenext = { module: "NodeNext", moduleResolution: "NodeNext" };
const bare = { lib: ["ES2022"], types: [] };
const page = { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] };
const strictest = {
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
};
const anywhere = ["examples.ts", "refused.ts", "worker.ts"];
const disposable = [...anywhere, "disposable.ts"];
const dom = [...anywhere, "dom.ts"];

/** @type {Record<string, { files: string[] } & Record<string, unknown>>} */
const KINDS = {
  "bundler, no platform": { ...bundler, ...bare, files: anywhere },
  "node16, no platform": { ...node16, ...bare, files: anywhere },
  "nodenext, no platform": { ...nodenext, ...bare, files: anywhere },
  "nodenext, no platform, strictest": { ...nodenext, ...bare, ...strictest, files: anywhere },
  "nodenext, await using": {
    ...nodenext,
    lib: ["ES2022", "ESNext.Disposable"],
    types: [],
    files: disposable,
  },
  "nodenext, Node.js alone": {
    ...nodenext,
    lib: ["ES2022"],
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules", "@types")],
    files: [...anywhere, "node.ts"],
  },
  "bundler, page": { ...bundler, ...page, files: dom },
  "nodenext, page": { ...nodenext, ...page, files: dom },
  "bundler, worker of a page": {
    ...bundler,
    lib: ["ES2022", "WebWorker", "WebWorker.Iterable"],
    types: [],
    files: dom,
  },
  "bundler, page, all of the newest": {
    ...bundler,
    target: "ESNext",
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: [],
    files: [...dom, "disposable.ts"],
  },
};

/** The compilers, and of which kinds each has to be told. */
const COMPILERS = [
  { folder: join(HERE, "node_modules", "typescript-oldest"), kinds: Object.keys(KINDS) },
  {
    folder: join(ROOT, "node_modules", "typescript"),
    kinds: ["nodenext, no platform", "bundler, page", "nodenext, Node.js alone"],
  },
  { folder: join(HERE, "node_modules", "typescript-newest"), kinds: Object.keys(KINDS) },
];

function install() {
  const installed = join(HERE, "node_modules", ".package-lock.json");
  const lock = join(HERE, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  run("npm", ["ci", "--no-audit", "--no-fund", "--silent"], { cwd: HERE });
}

/**
 * @param {string} compiler
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function tsc(compiler, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(compiler, "bin", "tsc"), ...args]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

install();
const consumer = join(String(process.argv[2]), "tests", "types", "consumer");
const kinds = Object.entries(KINDS).map(([name, { files, ...options }], index) => {
  const path = join(consumer, `tsconfig.${index}.json`);
  writeFileSync(path, JSON.stringify({ compilerOptions: { ...base, ...options }, files }));
  return { name, path };
});
/** @type {{ name: string, error: string | undefined }[]} */
const results = [];
const jobs = (
  await Promise.all(
    COMPILERS.map(async ({ folder, kinds: told }) => {
      const version = (await tsc(folder, ["--version"])).output.trim().replace("Version ", "");
      return kinds
        .filter(({ name }) => told.includes(name))
        .map(({ name, path }) => ({ folder, path, name: `TypeScript ${version}: ${name}` }));
    }),
  )
).flat();
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { code, output } = await tsc(job.folder, ["-p", job.path, "--pretty", "false"]);
      results.push({ name: job.name, error: code === 0 ? undefined : output });
    }
  }),
);
process.exit(report(results) ? 0 : 1);
