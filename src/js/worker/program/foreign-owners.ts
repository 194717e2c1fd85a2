/**
 * Finds other programs of the organization that have codes which are not in the requested program. It
 * searches the programs of the newest jobs and the first ones that Uber lists, for a few seconds.
 */
import { createUber } from "../uber.js";
import { type Budget, countedFetch } from "./budget.js";
import { logError } from "../log.js";
import { canonicalId } from "../http/routing.js";
import { KEPT_MS, type Listing } from "./listing.js";
import { inParallel } from "../parallel.js";
import type { Ledger } from "./ledger.js";
import type { Stubs } from "../stubs.js";
import type { WorkerEnv } from "../types.js";

const ID = 16;
/** How many programs are asked: one call for each, of the fifty that the free plan allows. */
const MOST_ASKED = 18;
/** How many of those may read their list from Uber for it. */
const MOST_READING = 8;
const MOST_WITH_JOBS = 8;
const PATIENCE_MS = 8_000;

export class ForeignOwners {
  constructor(
    readonly program: { readonly budget: Budget; readonly stubs: Stubs },
    readonly env: WorkerEnv,
  ) {}

  /** For each of these codes, a program that has it; null if none is found in time. Never throws. */
  async find(programId: string, ids: Uint8Array): Promise<(string | null)[]> {
    const owners = Array<string | null>(ids.length / ID).fill(null);
    const searching = this.#search(programId, ids, owners).catch((error: unknown) =>
      logError("foreign", error),
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
    await Promise.race([searching, patience]);
    clearTimeout(timer);
    // Later results are ignored.
    return [...owners];
  }

  async #search(programId: string, ids: Uint8Array, owners: (string | null)[]): Promise<void> {
    const others = (await this.#others(programId)).slice(0, MOST_ASKED);
    await this.#ask(others, ids, owners, false);
    await this.#ask(others.slice(0, MOST_READING), ids, owners, true);
  }

  async #ask(
    programs: readonly string[],
    ids: Uint8Array,
    owners: (string | null)[],
    mayRead: boolean,
  ): Promise<void> {
    const { stubs, budget } = this.program;
    await inParallel(programs, async (other) => {
      if (!owners.includes(null) || budget.isSpent) return;
      try {
        const has = await stubs.program(other).hasCodes(other, ids, mayRead);
        has.forEach((is, place) => {
          if (is !== 0) owners[place] ??= other;
        });
      } catch (error) {
        // Another program may have it.
        logError("foreign", error);
      }
    });
  }

  /** Those with jobs first: their codes are known here without a request to Uber. */
  async #others(programId: string): Promise<string[]> {
    const { stubs, budget } = this.program;
    const withJobs = await stubs.app().programsWithJobs(MOST_WITH_JOBS);
    const client = createUber(this.env, () => stubs.app(), countedFetch(this.env, budget));
    const found = await client
      .searchPrograms({ limit: 100, maxRetries: 0 })
      .catch((error: unknown) => (logError("foreign", error), []));
    const named = found.map((program) => canonicalId(program.programId));
    return [...new Set([...withJobs, ...named])].filter((other) => other !== programId);
  }
}

/** Which of these codes this program has, from its ledger and from Uber's list. */
export async function hasCodes(
  { ledger, listing }: { readonly ledger: Ledger; readonly listing: Listing },
  programId: string,
  ids: Uint8Array,
  mayRead: boolean,
): Promise<Uint8Array> {
  const has = new Uint8Array(ids.length / ID);
  ledger.find(ids, (place) => {
    has[place] = 1;
  });
  const listed = mayRead ? await listing.atMost(KEPT_MS, programId) : listing.kept(KEPT_MS);
  let place = 0;
  for (const mark of listed?.marksOf(ids) ?? []) {
    if (mark !== -1) has[place] = 1;
    place += 1;
  }
  return has;
}
