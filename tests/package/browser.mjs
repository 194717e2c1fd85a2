/**
 * The suite in Chromium, built by Vite and as plain modules with an import map,
 * both under a strict CSP: `node browser.mjs <folder of an installed package>`.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { chromium } from "playwright-core";
import { build } from "vite";

import { report } from "../results.mjs";

const project = String(process.argv[2]);
const SUITE_TIMEOUT_MS = 120_000;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const dist = "/node_modules/uber-vouchers/dist";
const map = JSON.stringify({
  imports: {
    "uber-vouchers": `${dist}/index.js`,
    "uber-vouchers/distribute": `${dist}/distribute.js`,
    "uber-vouchers/journal": `${dist}/journal.js`,
    "uber-vouchers/sandbox": `${dist}/sandbox.js`,
  },
});
const script = '<script type="module" src="/tests/package/page.mjs"></script>';
const page = (/** @type {string} */ head) =>
  `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">${head}${script}</html>\n`;
writeFileSync(join(project, "index.html"), page(""));
writeFileSync(join(project, "raw.html"), page(`<script type="importmap">${map}</script>`));
await build({
  root: project,
  configFile: false,
  logLevel: "warn",
  build: { outDir: join(project, "vite"), emptyOutDir: true },
  worker: { format: "es" },
});

const hash = createHash("sha256").update(map).digest("base64");
const csp = (/** @type {string} */ scripts) =>
  `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'${scripts}; connect-src 'self'; worker-src 'self'; img-src data:`;

/** Serves a folder, and a part of an API. @param {string} root @param {string} policy */
async function serve(root, policy) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://localhost");
    response.setHeader("content-security-policy", policy);
    if (pathname.startsWith("/uber/")) return void response.end("{}");
    if (pathname.startsWith("/redirect/"))
      return void response.writeHead(307, { location: "/uber/" }).end();
    try {
      const bytes = readFileSync(join(root, normalize(pathname)));
      const type = TYPES[/** @type {keyof TYPES} */ (extname(pathname))] ?? "text/plain";
      response.writeHead(200, { "content-type": type }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** @type {{ name: string, error?: string | undefined }[]} */
const results = [];
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
try {
  for (const [kind, root, path, policy] of /** @type {const} */ ([
    ["vite", join(project, "vite"), "/index.html", csp("")],
    ["raw", project, "/raw.html", csp(` 'sha256-${hash}'`)],
  ])) {
    const server = await serve(root, policy);
    const tab = await browser.newPage();
    const ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${kind}: no end`)), SUITE_TIMEOUT_MS);
      const fault = (/** @type {string} */ error) =>
        results.push({ name: `${kind}: nothing in the console`, error });
      tab.on("pageerror", (error) => fault(String(error.stack)));
      tab.on("console", (message) => {
        const text = message.text();
        if (text.startsWith("@result ")) {
          const { name, error } = JSON.parse(text.slice(8));
          results.push({ name: `${kind}: ${name}`, error });
        } else if (text === "@end") {
          clearTimeout(timer);
          resolve(undefined);
        } else if (message.type() === "error" || message.type() === "warning") {
          fault(`${text} (${message.location().url})`);
        }
      });
    });
    await tab.goto(server.url + path);
    await ended.catch((error) => results.push({ name: kind, error: String(error) }));
    await tab.close();
    server.close();
  }
} finally {
  await browser.close();
}
process.exit(report(results) ? 0 : 1);
