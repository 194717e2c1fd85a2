/**
 * The cookie that the console gets for the admin token: a JSON Web Token that says when it ends,
 * signed with the admin token. So no session outlives a change of that.
 */
import { SignJWT, errors, jwtVerify } from "jose";

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** What it is for: nothing else that is signed with the same token passes for a session. */
const AUDIENCE = "uber-vouchers session";
const encoder = new TextEncoder();

/** `__Host-` keeps other hosts of the domain out. Not every browser takes it without TLS. */
function cookieName(url: URL): string {
  return url.protocol === "https:" ? "__Host-uber-vouchers" : "uber-vouchers";
}

function cookie(url: URL, value: string, seconds: number): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  return `${cookieName(url)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

/** The header that begins a session. */
export async function openSession(url: URL, token: string, now: number): Promise<string> {
  // To the millisecond: the end tells sessions apart.
  const session = new SignJWT().setExpirationTime((now + LIFETIME_MS) / 1000);
  const signed = session.setProtectedHeader({ alg: "HS256" }).setAudience(AUDIENCE);
  return cookie(url, await signed.sign(encoder.encode(token)), LIFETIME_MS / 1000);
}

/** The header that ends it. */
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
  // Two of that name: somebody else has set one.
  if (values.length !== 1) return undefined;
  const until = await endOf(values[0] ?? "", token);
  return until !== undefined && until > now ? until : undefined;
}

/** When a session ends, in epoch milliseconds; undefined where it is none of this admin token. */
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

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export async function isSame(left: string, right: string): Promise<boolean> {
  // Of the same length, whatever the texts are.
  const digest = (text: string) => crypto.subtle.digest("SHA-256", encoder.encode(text));
  const [one, other] = await Promise.all([digest(left), digest(right)]);
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}
