/** Limits how often a token can be guessed. */
const MAX_ATTEMPTS = 10;
const WINDOW_MS = 60_000;
/** The limit for all addresses together, so that many addresses don't help. */
const MAX_IN_ALL = 200;
const MAX_KEPT = 1_000;

export class Attempts {
  readonly #tries = new Map<string, number[]>();
  /** Addresses that signed in before: guesses from elsewhere don't lock them out. */
  readonly #trusted = new Set<string>();
  #all: number[] = [];
  /** Until when unknown addresses may not try, as the shared object has said. */
  #blockedUntil = 0;

  constructor(readonly mostInAll = MAX_IN_ALL) {}

  /** How long this address has to wait before a try, in milliseconds, or 0. */
  wait(from: string, now: number): number {
    const ofAll = this.#trusted.has(from) ? 0 : this.#waitInAll(now);
    return Math.max(ofAll, waitFor(this.#tries.get(from) ?? [], MAX_ATTEMPTS, now));
  }

  #waitInAll(now: number): number {
    const blocked = this.#blockedUntil - now;
    // Longer than any wait: the clock was set back.
    const elsewhere = blocked > WINDOW_MS ? 0 : Math.max(0, blocked);
    return Math.max(elsewhere, waitFor(this.#all, this.mostInAll, now));
  }

  /** Unknown addresses have to wait until then. */
  block(until: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  /** Counts a try. Returns how long to wait before it, in milliseconds, or 0. */
  attempt(from: string, now: number): number {
    const wait = this.wait(from, now);
    if (wait > 0) return wait;
    this.#forgetOld(now);
    this.#tries.set(from, [...(this.#tries.get(from) ?? []), now].slice(-MAX_ATTEMPTS));
    // Known addresses do not use up the shared limit.
    if (!this.#trusted.has(from)) this.#all = [...this.#all, now].slice(-MAX_IN_ALL);
    return 0;
  }

  /** The token was right: resets the count of this address. */
  reset(from: string): void {
    this.#tries.delete(from);
    this.accept(from);
  }

  /** The token was right: the address is known from now on. */
  accept(from: string): void {
    this.#trusted.delete(from);
    this.#trusted.add(from);
    const [oldest = from] = this.#trusted;
    if (this.#trusted.size > MAX_KEPT) this.#trusted.delete(oldest);
  }

  #forgetOld(now: number): void {
    if (this.#tries.size < MAX_KEPT) return;
    for (const [from, tries] of this.#tries) {
      if ((tries.at(-1) ?? 0) <= now - WINDOW_MS) this.#tries.delete(from);
    }
    // The shared limit stops an attacker with this many addresses.
    if (this.#tries.size >= MAX_KEPT * 10) this.#tries.clear();
  }
}

function waitFor(tries: readonly number[], most: number, now: number): number {
  const first = tries.at(-most) ?? -Infinity;
  // In the future: the clock was set back, and nobody should wait until then.
  return first > now ? 0 : Math.max(0, first + WINDOW_MS - now);
}

/**
 * The address of a request, as the platform reports it. For IPv6 it is the network,
 * because a network has 2^64 addresses.
 */
export function addressOf(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP") ?? "unknown";
  if (!address.includes(":") || address.includes(".")) return address;
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [front = [], back = []] = address.split("::").map(groups);
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":").toLowerCase();
}
