/** The hosts beside Node.js: each gives how to ask its contestants for something. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";
const ROOT = String(process.env["BENCH_ROOT"]);
const HERE = import.meta.dirname;
const { resolve } = createRequire(join(ROOT, "package.json"));

/** @typedef {import("./contestants.mjs").Message} Message */
/**
 * @typedef {object} Host
 * @property {string} name
 * @property {string} version
 * @property {(message: Message) => Promise<{ name: string, made: string }[]>} prepare
 * @property {(name: string, calls: number) => Promise<void>} repeat
 * @property {() => Promise<void>} end
 */

const homeOf = (/** @type {string} */ name) => {
  const home = mkdtempSync(join(dirname(HERE), `${name}-`));
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
  return home;
};

/** @returns {Promise<Host>} */
export async function workerd() {
  /** @type {typeof import("miniflare")} */
  const { Miniflare } = await import(pathToFileURL(resolve("miniflare")).href);
  /** @type {typeof import("../../scripts/bundle.mjs")} */
  const { buildWorkers } = await import(pathToFileURL(join(ROOT, "scripts", "bundle.mjs")).href);
  const home = homeOf("workerd");
  const { webhook = [] } = await buildWorkers(home, {
    webhook: relative(ROOT, join(HERE, "workerd-entry.mjs")),
  });
  const miniflare = new Miniflare({
    cf: false,
    modulesRoot: join(home, "workers"),
    compatibilityDate: "2026-04-01",
    modules: webhook,
  });
  const { href } = await miniflare.ready;
  /** @param {string} path @param {RequestInit} [init] */
  const ask = async (path, init) => {
    const answer = await fetch(`${href}${path}`, init);
    if (!answer.ok) throw new Error(`workerd: ${await answer.text()}`);
    return answer;
  };
  const manifest = join(
    dirname(createRequire(resolve("miniflare")).resolve("workerd")),
    "../package.json",
  );
  return {
    name: "workerd",
    version: JSON.parse(readFileSync(manifest, "utf8")).version,
    prepare: async (message) => {
      const answer = await ask("", { method: "POST", body: JSON.stringify(message) });
      return /** @type {any} */ (await answer.json());
    },
    repeat: async (name, calls) => {
      await (await ask(`?name=${encodeURIComponent(name)}&calls=${calls}`)).text();
    },
    end: () => miniflare.dispose(),
  };
}

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
  [".wasm", "application/wasm"],
]);

/** @returns {Promise<Host>} */
export async function chromium() {
  const playwright = createRequire(join(ROOT, "package.json"))("playwright-core");
  const { build } = await import("vite");
  const home = homeOf("page");
  const entry = relative(home, join(HERE, "page.mjs"));
  writeFileSync(
    join(home, "index.html"),
    `<!doctype html><title>Webhooks</title><link rel="icon" href="data:,"><script type="module" src="${entry}"></script>\n`,
  );
  const out = join(home, "built");
  mkdirSync(out);
  await build({ root: home, configFile: false, logLevel: "warn", build: { outDir: out } });
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://localhost");
    const file = join(out, normalize(pathname === "/" ? "/index.html" : pathname));
    response.setHeader("content-type", TYPES.get(extname(file)) ?? "text/plain");
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const browser = await playwright.chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${port}/`);
  await tab.waitForFunction("globalThis.repeat !== undefined");
  return {
    name: "Chromium",
    version: browser.version(),
    prepare: (message) => tab.evaluate((/** @type {any} */ it) => globalThis.prepare(it), message),
    repeat: (name, calls) =>
      tab.evaluate(
        (/** @type {[string, number]} */ [name, calls]) => globalThis.repeat(name, calls),
        [name, calls],
      ),
    end: async () => {
      await browser.close();
      server.close();
    },
  };
}
