/**
 * Operators with different names: services that Cloudflare Access accepts, with a real set of keys.
 */
import { once } from "node:events";
import { createServer } from "node:http";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

/** @param {readonly string[]} [names] */
export async function operators(names = ["ada@example.com", "grace@example.com"]) {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" };
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ keys: [key] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const issuer = `http://127.0.0.1:${port}`;
  /** @type {Map<string, Record<string, string>>} */
  const headers = new Map();
  for (const name of names) {
    const token = await new SignJWT({ common_name: name })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
    // No bearer token: with it, every operator would be the admin.
    headers.set(name, { Authorization: "none", "Cf-Access-Jwt-Assertion": token });
  }
  return {
    bindings: { ACCESS_TEAM_DOMAIN: issuer, ACCESS_AUDIENCE: AUDIENCE },
    /** @param {string} name @returns {Record<string, string>} */
    headersOf: (name) => headers.get(name) ?? {},
    close: () => server.close().closeAllConnections(),
  };
}
