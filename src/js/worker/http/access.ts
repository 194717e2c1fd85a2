/** Operators whom Cloudflare Access has let in: its signed token says who they are. */
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

import { log, logError } from "../log.js";

/** Not what is wrong with a token, but that the keys can't be had. */
const KEYS_FAILED = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];

/** After a token of an unknown key they are fetched anew: forged ones must not do so each time. */
const KEYS = { cooldownDuration: 5_000 };

// The keys are fetched once and kept: only the set of them, and no promise, which
// would die with the request that began it.
let keys: { domain: string; find: ReturnType<typeof createRemoteJWKSet> } | undefined;

/**
 * Who it is, by e-mail address or a service token's name, and until when. Nobody
 * without a valid token; `unreachable` where the team's keys can't be had.
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
    // A service says who it is with each request; no browser adds that by itself.
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
