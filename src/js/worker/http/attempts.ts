/** How often somebody may guess the admin token. */
const MOST = 10;
const WINDOW_MS = 60_000;
/** From everywhere together, so that many addresses don't help. */
const MOST_IN_ALL = 200;
const MOST_KEPT = 1_000;

export class Attempts {
  readonly #tries = new Map<string, number[]>();
  /** Where somebody has signed in before: what comes from elsewhere doesn't lock them out. */
  readonly #known = new Set<string>();
  #all: number[] = [];
  /** Until when nobody who is not known may try, as was said elsewhere. */
  #blockedUntil = 0;

  constructor(readonly mostInAll = MOST_IN_ALL) {}

  /** How long to wait before a try, in milliseconds, or 0. */
  wait(from: string, now: number): number {
    const ofAll = this.#known.has(from) ? 0 : this.#waitInAll(now);
    return Math.max(ofAll, waitFor(this.#tries.get(from) ?? [], MOST, now));
  }

  #waitInAll(now: number): number {
    const blocked = this.#blockedUntil - now;
    // Longer than any wait: the clock was set back.
    const elsewhere = blocked > WINDOW_MS ? 0 : Math.max(0, blocked);
    return Math.max(elsewhere, waitFor(this.#all, this.mostInAll, now));
  }

  /** Those who are not known have to wait until then. */
  block(until: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  /** Takes note of a try; gives how long to wait first, in milliseconds, or 0. */
  attempt(from: string, now: number): number {
    const wait = this.wait(from, now);
    if (wait > 0) return wait;
    this.#forgetOld(now);
    this.#tries.set(from, [...(this.#tries.get(from) ?? []), now].slice(-MOST));
    // Somebody known takes nothing away from others.
    if (!this.#known.has(from)) this.#all = [...this.#all, now].slice(-MOST_IN_ALL);
    return 0;
  }

  /** It was somebody who may, and who begins anew. */
  forget(from: string): void {
    this.#tries.delete(from);
    this.accept(from);
  }

  /** It was somebody who may. */
  accept(from: string): void {
    this.#known.delete(from);
    this.#known.add(from);
    const [oldest = from] = this.#known;
    if (this.#known.size > MOST_KEPT) this.#known.delete(oldest);
  }

  #forgetOld(now: number): void {
    if (this.#tries.size < MOST_KEPT) return;
    for (const [from, tries] of this.#tries) {
      if ((tries.at(-1) ?? 0) <= now - WINDOW_MS) this.#tries.delete(from);
    }
    // Whoever has so many addresses is stopped by other means.
    if (this.#tries.size >= MOST_KEPT * 10) this.#tries.clear();
  }
}

function waitFor(tries: readonly number[], most: number, now: number): number {
  const first = tries.at(-most) ?? -Infinity;
  // Later than now: the clock was set back, and nobody is to wait until it is there again.
  return first > now ? 0 : Math.max(0, first + WINDOW_MS - now);
}

/**
 * Where a request comes from, as the platform says. Of IPv6 it is the network,
 * since whoever has one address there has 2^64.
 */
export function addressOf(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP") ?? "unknown";
  if (!address.includes(":") || address.includes(".")) return address;
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [front = [], back = []] = address.split("::").map(groups);
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":").toLowerCase();
}
