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
  let isUsed = false;
  const server = createServer(async (request, response) => {
    response.setHeader("Connection", "close");
    if (isUsed || request.method !== "GET" || !isSame(request.url ?? "", secret)) {
      response.writeHead(404).end();
      return;
    }
    isUsed = true;
    try {
      const cookies = await signIn(origin, adminToken);
      server.close();
      const head = { Location: `${origin}/`, "Set-Cookie": cookies, "Cache-Control": "no-store" };
      response.writeHead(303, head).end();
    } catch (error) {
      // Nobody has been signed in: the link still does.
      isUsed = false;
      response.writeHead(502, { "Content-Type": "text/plain" });
      response.end(`The console did not sign you in (${String(error)}). Load this page again.\n`);
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

/** What the console gives a browser for the token. @param {string} origin @param {string} token */
async function signIn(origin, token) {
  const answer = await fetch(`${origin}/api/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: origin },
    body: JSON.stringify({ token }),
  });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  return answer.headers.getSetCookie();
}

/** @param {string} given @param {string} right */
function isSame(given, right) {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
