/**
 * The key that makes it safe to ask twice for a job. It is drawn once for a list
 * and kept until the answer came: so a second click, a retry after a lost answer
 * or the same file after a reload can't make a second job.
 */
const PREFIX = "list:";

/** Of what is to be sent to whom. */
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
    // Without storage it holds for as long as the page is open.
  }
  return key;
}

/** The answer came: the same list is another job from now on. */
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
