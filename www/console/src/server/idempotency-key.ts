/**
 * The key that makes it safe to repeat the request for a job. It is generated once per
 * list and kept until the response arrives: so a second click, a retry after a lost
 * response or the same file after a reload can't create a second job.
 */
const PREFIX = "list:";

/** The digest of what is to be sent, and to whom. */
export async function nameOfList(scope: string, body: Blob | null): Promise<string> {
  const bytes = body === null ? new ArrayBuffer(0) : await body.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${PREFIX}${scope}:${hex}`;
}

const drawn = new Map<string, string>();

export function keyOf(name: string): string {
  const kept = drawn.get(name) ?? read(name);
  const key = kept ?? crypto.randomUUID();
  drawn.set(name, key);
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // Without storage, the key lasts as long as the page is open.
  }
  return key;
}

/** The response has arrived: from now on, the same list is another job. */
export function forgetKey(name: string): void {
  drawn.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // As above.
  }
}

function read(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}
