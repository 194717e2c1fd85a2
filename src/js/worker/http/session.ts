/**
 * The session cookie that the console gets for the admin token: a JSON Web Token with its end, signed
 * with the admin token. So a change of the token ends every session.
 */
import { SignJWT, errors, jwtVerify } from "jose";

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** The audience: nothing else that is signed with the same token passes for a session. */
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
export async function openSession(url: URL, token: string, now: number): Promise<string> {
  // In milliseconds, because the end identifies the session.
  const session = new SignJWT().setExpirationTime((now + LIFETIME_MS) / 1000);
  const signed = session.setProtectedHeader({ alg: "HS256" }).setAudience(AUDIENCE);
  return cookie(url, await signed.sign(encoder.encode(token)), LIFETIME_MS / 1000);
}

/** The header that ends a session. */
export const closeSession = (url: URL): string => cookie(url, "", 0);

/** When the session of this cookie ends; undefined if there is none. */
export async function readSession(
  header: string | null,
  url: URL,
  token: string,
  now: number,
): Promise<number | undefined> {
  const prefix = `${cookieName(url)}=`;
  const values = (header ?? "")
    .split(/; */)
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length));
  // With two cookies of this name, one was set by something else.
  if (values.length !== 1) return undefined;
  const until = await endOf(values[0] ?? "", token);
  return until !== undefined && until > now ? until : undefined;
}

/** When a session ends, in epoch milliseconds; undefined if it is not signed with this admin token. */
async function endOf(session: string, token: string): Promise<number | undefined> {
  try {
    const { payload } = await jwtVerify(session, encoder.encode(token), {
      audience: AUDIENCE,
      algorithms: ["HS256"],
      requiredClaims: ["exp"],
    });
    return payload.exp === undefined ? undefined : Math.round(payload.exp * 1000);
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Compares two texts in constant time. */
export async function isSame(left: string, right: string): Promise<boolean> {
  // Digests have the same length, whatever the texts are.
  const digest = (text: string) => crypto.subtle.digest("SHA-256", encoder.encode(text));
  const [one, other] = await Promise.all([digest(left), digest(right)]);
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}
