/**
 * The cookie that the console gets for the admin token: when it ends, and an
 * HMAC of that under the token. So it is forgotten when the token changes.
 */
const LIFETIME_MS = 12 * 60 * 60 * 1000;
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
  const until = String(now + LIFETIME_MS);
  return cookie(url, `${until}.${await sign(until, token)}`, LIFETIME_MS / 1000);
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
  const [, until, signature] = /^(\d{13})\.([0-9a-f]{64})$/.exec(values[0] as string) ?? [];
  if (until === undefined || signature === undefined || Number(until) <= now) return undefined;
  return (await isSame(signature, await sign(until, token))) ? Number(until) : undefined;
}

async function sign(text: string, token: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(token), algorithm, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign(
    "HMAC",
    key,
    encoder.encode(`uber-vouchers session ${text}`),
  );
  return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export async function isSame(left: string, right: string): Promise<boolean> {
  // Of the same length, whatever the texts are.
  const [one, other] = await Promise.all(
    [left, right].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))),
  );
  const [a, b] = [new Uint8Array(one as ArrayBuffer), new Uint8Array(other as ArrayBuffer)];
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] as number)), 0) === 0;
}
