/** A proxy in front of the simulated Uber, which may respond in its place. */
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * What arrived. Its headers can be changed before it is passed on.
 * @typedef {{ at: number, path: string, program: string | undefined, headers: Record<string, string>, body: Buffer }} Arrived
 * @typedef {{ status: number, headers?: Record<string, string>, body?: string }} Reply
 */

/** @type {Set<() => unknown>} */
const closing = new Set();

/** Closes everything that was started here. */
export function closeFronts() {
  for (const close of closing) close();
  closing.clear();
}

/**
 * @param {string} target
 * @param {(arrived: Arrived) => Reply | "lost" | undefined | Promise<Reply | "lost" | undefined>}
 * intercept returns its own response; `undefined` passes the request on
 */
export async function startFront(target, intercept) {
  const server = createServer(async (request, response) => {
    const at = Date.now();
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const path = request.url ?? "/";
    const [, program] = /\/voucher-programs\/([^/]+)\/codes\/distribute$/.exec(path) ?? [];
    const headers = /** @type {Record<string, string>} */ ({ ...request.headers });
    for (const name of ["host", "connection", "content-length", "transfer-encoding"]) {
      delete headers[name];
    }
    const arrived = { at, path, program, headers, body: Buffer.concat(pieces) };
    try {
      const reply = await intercept(arrived);
      if (reply === "lost") return void request.socket.destroy();
      if (reply) return void response.writeHead(reply.status, reply.headers).end(reply.body);
      const { method = "GET" } = request;
      const result = await fetch(target + path, {
        method,
        headers,
        ...(method !== "GET" && { body: arrived.body }),
      });
      response
        .writeHead(result.status, Object.fromEntries(result.headers))
        .end(Buffer.from(await result.arrayBuffer()));
    } catch {
      request.socket.destroy();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  closing.add(() => server.close().closeAllConnections());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}` };
}
