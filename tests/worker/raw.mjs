/** Requests as an attacker sends them: nothing of the path or the header fields is put right. */
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
      // Refused while it was still being sent: now and then that is all one hears.
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (time === 10 || (code !== "ECONNRESET" && code !== "EPIPE")) throw error;
    }
  }
}

const PIECE = 256 * 1024;

/**
 * Sends a body, a piece at a time: once there is an answer, no more of it. What
 * is written to a connection that was closed takes the answer along.
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
  // Its length is said, unless the caller says how it is sent.
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
    const sent = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      /** @type {Buffer[]} */
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(pieces).toString();
        // Of a body that was refused, the rest is not sent.
        sent.destroy();
        const isJson = /json/.test(answer.headers["content-type"] ?? "");
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
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
