/**
 * Servers that fail in every way, before and after a request was sent. Run with Node.js;
 * `/urls`, `/seen` and `/open` return and change their state.
 *
 * The keys in `tls/` are only for these tests.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, createServer as createRawServer } from "node:net";
import process from "node:process";

/** @param {string} name */
const pem = (name) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url));
/** @param {string} name */
const certificate = (name) => ({ key: pem(name), cert: pem(name) });

/** @type {Record<string, string>} */
const urls = { unresolved: "https://no-such-host.invalid" };
/** How many requests each server has received. @type {Record<string, number>} */
const seen = {};

/** @param {import("node:net").Server} server */
async function portOf(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/** @param {string} name @param {import("node:net").Server} server @param {string} [scheme] */
async function serve(name, server, scheme = "https") {
  urls[name] = `${scheme}://localhost:${await portOf(server)}`;
}

/**
 * Reads each request completely, then lets `answer` continue.
 * @param {string} name
 * @param {(answer: import("node:http").ServerResponse, place: number) => void} answer
 * @returns {import("node:http").RequestListener}
 */
const counting = (name, answer) => (request, response) => {
  seen[name] = (seen[name] ?? 0) + 1;
  const place = seen[name];
  request.resume().on("end", () => answer(response, place));
};
/** @param {string} name */
const accepting = (name) => counting(name, (answer) => answer.end("{}"));
/** @param {(socket: import("node:net").Socket) => void} end */
const rawServer = (end) =>
  createRawServer((socket) => socket.on("error", () => {}).once("data", () => end(socket)));

for (const name of ["self-signed", "wrong-host", "expired", "trusted"]) {
  await serve(name, createSecureServer(certificate(name), accepting(name)));
}
await serve("plain", createServer(accepting("plain")));
await serve(
  "closed in the handshake",
  rawServer((socket) => socket.destroy()),
);
await serve(
  "reset in the handshake",
  rawServer((socket) => socket.resetAndDestroy()),
);
await serve(
  "no TLS",
  rawServer((socket) => socket.end("SSH-2.0-OpenSSH_9\r\n")),
);
const trusted = certificate("trusted");
const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
await serve(
  "old TLS",
  createSecureServer(
    { ...trusted, .../** @type {import("node:tls").SecureContextOptions} */ (old) },
    accepting("old TLS"),
  ),
);

// After the request was sent.
const strict = { requestCert: true, rejectUnauthorized: true, ca: pem("authority") };
await serve(
  "wants a client's certificate",
  createSecureServer({ ...trusted, ...strict }, accepting("wants a client's certificate")),
);
await serve(
  "closed after the request",
  createSecureServer(
    trusted,
    counting("closed after the request", ({ socket }) => socket?.destroy()),
  ),
);
await serve(
  "reset after the request",
  createServer(counting("reset after the request", ({ socket }) => socket?.resetAndDestroy())),
  "http",
);
const halfway = "no TLS after the request";
/** @type {Set<import("node:net").Socket>} */
const clients = new Set();
const behind = await portOf(
  createSecureServer(
    trusted,
    counting(halfway, () => clients.forEach((client) => client.write("HTTP/1.1 400 No\r\n\r\n"))),
  ),
);
await serve(
  halfway,
  createRawServer((client) => {
    clients.add(client);
    const server = connect(behind, "127.0.0.1");
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on("error", () => {});
  }),
);
// The first request gets a response, and its connection is reused.
for (const how of ["closed", "gone"]) {
  const name = `${how} when used again`;
  const server = createServer(
    counting(name, (answer, place) => {
      if (place === 1) return void answer.end("{}");
      if (how === "gone") server.close();
      answer.socket?.destroy();
    }),
  );
  server.keepAliveTimeout = 60_000;
  await serve(name, server, "http");
}

const away = createRawServer();
const freePort = await portOf(away);
away.close();
urls["refused"] = `http://localhost:${freePort}`;

const control = createServer(async ({ url }, answer) => {
  if (url === "/open") {
    const server = createServer(accepting("refused")).listen(freePort, "127.0.0.1");
    await once(server, "listening");
  }
  answer.setHeader("Content-Type", "application/json");
  answer.end(JSON.stringify(url === "/urls" ? urls : seen));
});
process.stdout.write(`http://127.0.0.1:${await portOf(control)}\n`);
