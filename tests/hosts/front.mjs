/** One origin for a page and the sandbox that it calls, under a strict policy. */
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";

export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

const SANDBOX = /^\/(_sandbox|oauth|v1)\//;
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** @typedef {import("./places.mjs").Result} Result */
/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */

/**
 * Serves a folder, or another server, while `work` runs. The page posts its results to `/report`.
 * @param {{ base: string, from: string, policy?: string }} options `from` is the folder, or an origin
 * @param {(url: string, reported: Promise<Result[]>) => Promise<Result[]>} work
 */
export async function withFront({ base, from, policy = POLICY }, work) {
  /** @type {(results: Result[]) => void} */
  let report = () => {};
  /** @type {Promise<Result[]>} */
  const reported = new Promise((resolve) => (report = resolve));
  /** @type {Result[]} */
  const violations = [];
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(String(incoming.url), "http://localhost");
    if (pathname === "/report") {
      void textOf(incoming).then((text) => report(JSON.parse(text)));
      outgoing.end("{}");
    } else if (pathname === "/violation") {
      void textOf(incoming).then((error) => {
        // Browsers request it automatically.
        if (!error.includes("favicon.ico")) violations.push({ name: "the policy", error });
      });
      outgoing.end("{}");
    } else if (SANDBOX.test(pathname)) forward(base, incoming, outgoing);
    else if (from.startsWith("http")) forward(from, incoming, outgoing);
    else serveFile(from, pathname, policy, outgoing);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    return [...(await work(`http://127.0.0.1:${port}`, reported)), ...violations];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** @param {string} folder @param {string} pathname @param {string} policy @param {Outgoing} outgoing */
function serveFile(folder, pathname, policy, outgoing) {
  const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  try {
    const bytes = readFileSync(join(folder, normalize(path)));
    const type = TYPES[/** @type {keyof TYPES} */ (extname(path))] ?? "text/plain";
    const headers = {
      "content-type": type,
      "content-security-policy": `${policy}; report-uri /violation`,
    };
    outgoing.writeHead(200, headers).end(bytes);
  } catch {
    outgoing.writeHead(404).end();
  }
}

/** @param {string} origin @param {Incoming} incoming @param {Outgoing} outgoing */
function forward(origin, incoming, outgoing) {
  const { method, headers } = incoming;
  const passed = request(origin + incoming.url, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  passed.on("error", () => outgoing.destroy());
  incoming.pipe(passed);
}

/** @param {Incoming} incoming */
async function textOf(incoming) {
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
  return text;
}
