/** Requests as an attacker sends them: the path and the header fields are not normalized. */
import { request } from "node:http";

/**
 * @typedef {{ status: number, headers: Record<string, string>, text: string, json: any }} Answer
 */

/**
 * @param {string} origin
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string | Uint8Array }} [init]
 * @returns {Promise<Answer>}
 */
export async function raw(origin, path, init = {}) {
  for (let time = 0; ; time += 1) {
    try {
      return await once(origin, path, init);
    } catch (error) {
      // Refused while it was still being sent: sometimes that is all a client learns.
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (time === 10 || (code !== "ECONNRESET" && code !== "EPIPE")) throw error;
    }
  }
}

const PIECE = 256 * 1024;

/**
 * Sends a body in chunks, and stops once there is a response. Writing to a closed
 * connection would lose the response.
 * @param {import("node:http").ClientRequest} request
 * @param {Buffer} body
 */
async function send(request, body) {
  if (body.length === 0) {
    request.end();
    return;
  }
  let isAnswered = false;
  request.on("response", () => (isAnswered = true));
  // Its length is sent, unless the caller sets how it is sent.
  if (!request.hasHeader("Content-Length") && !request.hasHeader("Transfer-Encoding")) {
    request.setHeader("Content-Length", body.length);
  }
  for (let at = 0; at < body.length && !isAnswered && !request.destroyed; at += PIECE) {
    request.write(body.subarray(at, at + PIECE));
    if (body.length > PIECE) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (!isAnswered) request.end();
}

/**
 * @param {string} origin
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string | Uint8Array }} init
 * @returns {Promise<Answer>}
 */
function once(origin, path, { method = "GET", headers = {}, body }) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    // A connection for each: one whose body was not read is closed.
    const sent = request({ hostname, port, path, method, headers, agent: false }, (result) => {
      /** @type {Buffer[]} */
      const pieces = [];
      result.on("data", (piece) => pieces.push(piece));
      result.on("error", reject);
      result.on("end", () => {
        const text = Buffer.concat(pieces).toString();
        // The rest of a refused body is not sent.
        sent.destroy();
        const isJson = /json/.test(result.headers["content-type"] ?? "");
        resolve({
          status: result.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(result.headers).map(([name, value]) => [name, String(value)]),
          ),
          text,
          json: isJson && text !== "" ? JSON.parse(text) : undefined,
        });
      });
    });
    sent.on("error", reject);
    void send(sent, Buffer.from(body ?? ""));
  });
}
