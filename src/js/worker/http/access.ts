/** Operators who come through Cloudflare Access, identified by its signed token. */
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

import { log, logError } from "../log.js";

/** Errors of fetching the keys, not of the token. */
const KEYS_FAILED = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];

/** A token of an unknown key causes a new fetch, but forged ones must not do so each time. */
const KEYS = { cooldownDuration: 5_000 };

// The keys are fetched once and kept: only the set of them, and no promise, which
// would end with the request that created it.
let keys: { domain: string; find: ReturnType<typeof createRemoteJWKSet> } | undefined;

/**
 * The operator, by e-mail address or by a service token's name, and until when. Undefined
 * without a valid token; `unreachable` if the team's keys can't be fetched.
 */
export async function accessOperator(
  request: Request,
  domain: string,
  audience: string,
): Promise<{ name: string; until: number; isAmbient: boolean } | "unreachable" | undefined> {
  const token =
    request.headers.get("Cf-Access-Jwt-Assertion") ??
    /(?:^|; *)CF_Authorization=([^;]+)/.exec(request.headers.get("Cookie") ?? "")?.[1];
  if (!token) return undefined;
  if (keys?.domain !== domain) {
    keys = { domain, find: createRemoteJWKSet(new URL("/cdn-cgi/access/certs", domain), KEYS) };
  }
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      issuer: domain,
      audience,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    const { email, common_name: service } = payload;
    const name = email ?? service;
    if (typeof name !== "string" || name === "") return undefined;
    // A service sends its token with each request; no browser adds one automatically.
    const isAmbient = name === email || !request.headers.has("Cf-Access-Jwt-Assertion");
    return { name, until: (payload.exp ?? 0) * 1000, isAmbient };
  } catch (error) {
    if (error instanceof errors.JOSEError && !KEYS_FAILED.includes(error.code)) {
      log("access", { state: "refused", code: error.code });
      return undefined;
    }
    logError("access", error);
    return "unreachable";
  }
}
