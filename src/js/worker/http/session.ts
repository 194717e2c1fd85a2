/**
 * The session cookie that the console gets for an operator's token: a JSON Web Token with its end, signed
 * with that token, whose name is the key's id. So a change of the token ends its sessions.
 */
import { SignJWT, errors, jwtVerify } from "jose";

import { ADMIN, type OperatorToken } from "./operator-tokens.js";

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** The audience: other data that is signed with the same token is not accepted as a session. */
const AUDIENCE = "uber-vouchers session";
const encoder = new TextEncoder();

/** `__Host-` keeps other hosts of the domain from setting it. Not every browser accepts it without TLS. */
function cookieName(url: URL): string {
  return url.protocol === "https:" ? "__Host-uber-vouchers" : "uber-vouchers";
}

function cookie(url: URL, value: string, seconds: number): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  return `${cookieName(url)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

/** The header that starts a session. */
export async function openSession(
  url: URL,
  { name, token }: OperatorToken,
  now: number,
): Promise<string> {
  // In milliseconds, because the end identifies the session.
  const session = new SignJWT().setExpirationTime((now + LIFETIME_MS) / 1000);
  const signed = session.setProtectedHeader({ alg: "HS256", kid: name }).setAudience(AUDIENCE);
  return cookie(url, await signed.sign(encoder.encode(token)), LIFETIME_MS / 1000);
}

/** The header that ends a session. */
export const closeSession = (url: URL): string => cookie(url, "", 0);

export interface Session {
  /** The operator. */
  name: string;
  /** When it ends, in epoch milliseconds. */
  until: number;
}

/** The session of this cookie; undefined if there is none. */
export async function readSession(
  header: string | null,
  url: URL,
  tokens: readonly OperatorToken[],
  now: number,
): Promise<Session | undefined> {
  const prefix = `${cookieName(url)}=`;
  const values = (header ?? "")
    .split(/; */)
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length));
  // With two cookies of this name, one was set by something else.
  if (values.length !== 1) return undefined;
  const session = await verify(values[0] ?? "", tokens);
  return session !== undefined && session.until > now ? session : undefined;
}

/** Undefined if it is not signed with the token of the operator that it names. */
async function verify(
  session: string,
  tokens: readonly OperatorToken[],
): Promise<Session | undefined> {
  const keyOf = ({ kid = ADMIN }: { kid?: string }) => {
    const found = tokens.find(({ name }) => name === kid);
    if (found === undefined) throw new errors.JWKSNoMatchingKey();
    return encoder.encode(found.token);
  };
  try {
    const { payload, protectedHeader } = await jwtVerify(session, keyOf, {
      audience: AUDIENCE,
      algorithms: ["HS256"],
      requiredClaims: ["exp"],
    });
    const { kid: name = ADMIN } = protectedHeader;
    return payload.exp === undefined ? undefined : { name, until: Math.round(payload.exp * 1000) };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Whose token this is. It is compared with each, so that the time does not show which one is similar. */
export async function ownerOf(
  token: string,
  tokens: readonly OperatorToken[],
): Promise<OperatorToken | undefined> {
  const found = await Promise.all(tokens.map((known) => isSame(token, known.token)));
  return tokens[found.indexOf(true)];
}

/** Compares two texts in constant time. */
export async function isSame(left: string, right: string): Promise<boolean> {
  // Digests have the same length, whatever the texts are.
  const digest = (text: string) => crypto.subtle.digest("SHA-256", encoder.encode(text));
  const [one, other] = await Promise.all([digest(left), digest(right)]);
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}
