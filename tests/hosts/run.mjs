/**
 * The packed package in every host: `node tests/hosts/run.mjs`, or only those whose
 * names contain an argument.
 */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { run } from "../../scripts/setup.mjs";
import { freePort } from "../free-port.mjs";
import { packAndInstall } from "../package/package.mjs";
import { browsers, openPage } from "./browsers.mjs";
import { ask, installTools, runPlaces } from "./places.mjs";
import { finish, serving, start, within, withSandbox } from "./processes.mjs";

/** @typedef {import("./places.mjs").Place} Place */

const tools = join(installTools(import.meta.dirname), "node_modules");
const project = await packAndInstall();
const HERE = join(project, "tests", "hosts");
const AUTHORITY = join(HERE, "..", "package", "tls", "authority.pem");
const CONTEXTS = ["page", "dedicated worker", "shared worker", "service worker"];

/** @param {string} name */
const versionOf = (name) =>
  JSON.parse(run("npm", ["pkg", "get", "version"], { cwd: join(tools, name), quiet: true }));

/** @param {string} name @param {string} tool @param {string[]} command @returns {Place} */
const program = (name, tool, [file = "", ...args]) => ({
  name,
  version: () => versionOf(tool),
  how: "as a process",
  run: () =>
    withSandbox(project, async (base) => {
      const command = join(tools, file);
      /** @param {string} script @param {string} url */
      const results = async (script, url) => {
        const env = { NODE_EXTRA_CA_CERTS: AUTHORITY, DENO_CERT: AUTHORITY };
        const output = await finish(command, [...args, script, url], { cwd: HERE, env });
        return JSON.parse(output.trim().split("\n").at(-1) ?? "");
      };
      const unsent = withFailingServers((url) => results("../package/unsent-child.mjs", url));
      return [...(await results("process.mjs", base)), ...(await unsent)];
    }),
});

/**
 * Runs `work` while servers run that break connections in every way; it gets their
 * address.
 * @template T
 * @param {(url: string) => Promise<T>} work
 */
async function withFailingServers(work) {
  const servers = start(process.execPath, [join(HERE, "..", "package", "failing-servers.mjs")]);
  const url = async () => {
    while (!servers.said.stdout.endsWith("\n"))
      await new Promise((resolve) => setTimeout(resolve, 20));
    return servers.said.stdout.trim();
  };
  try {
    return await work(await within(url(), 30_000, () => servers.said.stderr));
  } finally {
    servers.stop();
  }
}

/** Bundles a worker as its platform would. @param {string} entry @param {string[]} flags */
async function bundle(entry, ...flags) {
  const outfile = join(project, "edge", entry);
  const args = [entry, "--bundle", "--target=es2022", `--outfile=${outfile}`, ...flags];
  await finish(join(tools, ".bin", "esbuild"), args, { cwd: HERE });
  return outfile;
}

/** @type {Place} */
const workerd = {
  name: "workerd",
  version: () => versionOf("workerd"),
  how: "`workerd serve`, without `nodejs_compat`; bundled by esbuild",
  run: async () => {
    const wasm = [
      "--format=esm",
      "--conditions=workerd",
      "--loader:.wasm=copy",
      "--asset-names=[name]",
    ];
    const folder = dirname(await bundle("edge.mjs", ...wasm));
    const config = join(folder, "config.capnp");
    writeFileSync(
      config,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "edge.mjs", esModule = embed "edge.mjs"),
    (name = "uber_vouchers_bg.wasm", wasm = embed "uber_vouchers_bg.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
`,
    );
    const url = `http://127.0.0.1:${await freePort()}`;
    const args = ["serve", config, "--socket-addr", `http=${new URL(url).host}`];
    return withSandbox(project, (base) =>
      serving(join(tools, ".bin", "workerd"), args, `${url}/`, () => ask(url, base)),
    );
  },
};

/** @param {string} name @param {string} how @param {string} entry @param {string} conditions @returns {Place} */
const edgeRuntime = (name, how, entry, conditions) => ({
  name,
  version: () => versionOf("edge-runtime"),
  how,
  run: async () => {
    const wasm = ["--format=iife", `--conditions=${conditions}`, "--loader:.wasm=binary"];
    const script = await bundle(entry, ...wasm);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = ["--listen", "--port", `${port}`, script];
    return withSandbox(project, (base) =>
      serving(join(tools, ".bin", "edge-runtime"), args, url, () => ask(url, base)),
    );
  },
});

await runPlaces([
  ...["20", "22", "24", "26"].map((version) =>
    program(`Node.js ${version}`, `node-${version}`, [`node-${version}/bin/node`]),
  ),
  program("Deno", "deno", [
    ".bin/deno",
    "run",
    "--no-prompt",
    "--allow-net=127.0.0.1,localhost,no-such-host.invalid",
    `--allow-read=${project}`,
  ]),
  program("Bun", "bun", [".bin/bun"]),
  workerd,
  edgeRuntime(
    "Vercel's edge runtime",
    "`edge-runtime --listen`; bundled by esbuild",
    "edge-runtime.mjs",
    "edge-light,worker",
  ),
  edgeRuntime(
    "Vercel's edge runtime, `module` given",
    "likewise, with the bytes of `uber-vouchers/wasm`",
    "edge-module.mjs",
    "worker",
  ),
  ...browsers.flatMap((browser) =>
    CONTEXTS.map((context) => ({
      name: `${browser.name}: ${context}`,
      version: browser.version,
      how: "plain modules, strict policy",
      run: () =>
        withSandbox(project, (base) =>
          openPage(
            browser,
            { base, from: project },
            `/tests/hosts/index.html#${encodeURIComponent(context)}`,
          ),
        ),
    })),
  ),
]);
