/**
 * A link that signs in to the console, once and on this machine alone: cookies are
 * those of a host, whatever the port.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/**
 * @param {object} console
 * @param {string} console.host where it is served, and the link with it
 * @param {string} console.origin
 * @param {string} console.adminToken
 * @returns {Promise<string>}
 */
export async function openSignInLink({ host, origin, adminToken }) {
  const secret = `/${randomBytes(24).toString("base64url")}`;
  const server = createServer(async (request, response) => {
    if (request.method !== "GET" || !isSame(request.url ?? "", secret)) {
      response.writeHead(404).end();
      return;
    }
    server.close();
    try {
      const session = await fetch(`${origin}/api/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Origin: origin },
        body: JSON.stringify({ token: adminToken }),
      });
      response.writeHead(303, {
        Location: `${origin}/`,
        "Set-Cookie": session.headers.getSetCookie(),
        "Cache-Control": "no-store",
        Connection: "close",
      });
      response.end();
    } catch {
      response.writeHead(303, { Location: `${origin}/`, Connection: "close" }).end();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => resolve(undefined));
  });
  // It keeps no process alive.
  server.unref();
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://${host}:${port}${secret}`;
}

/** @param {string} given @param {string} right */
function isSame(given, right) {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
