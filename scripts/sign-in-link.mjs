/**
 * A link that signs in to the console, once and on this machine only. A cookie belongs to a host,
 * whatever the port.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/**
 * @param {object} console
 * @param {string} console.host the host of the console and of the link
 * @param {string} console.origin
 * @param {string} console.token the operator's
 * @returns {Promise<string>}
 */
export async function openSignInLink({ host, origin, token }) {
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
      const cookies = await signIn(origin, token);
      server.close();
      const head = { Location: `${origin}/`, "Set-Cookie": cookies, "Cache-Control": "no-store" };
      response.writeHead(303, head).end();
    } catch (error) {
      // The sign-in failed, so the link can be used again.
      isUsed = false;
      response.writeHead(502, { "Content-Type": "text/plain" });
      response.end(`The console did not sign you in (${String(error)}). Load this page again.\n`);
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => resolve(undefined));
  });
  // The server does not keep the process alive.
  server.unref();
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://${host}:${port}${secret}`;
}

/** The cookie that the console sets for the token. @param {string} origin @param {string} token */
async function signIn(origin, token) {
  const response = await fetch(`${origin}/api/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: origin },
    body: JSON.stringify({ token }),
  });
  if (!response.ok) throw new Error(`it responded with ${response.status}`);
  const cookies = response.headers.getSetCookie();
  if (cookies.length === 0) throw new Error("it set no cookie");
  return cookies;
}

/** @param {string} given @param {string} right */
function isSame(given, right) {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
