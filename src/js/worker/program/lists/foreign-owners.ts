/**
 * Finds other programs of the organization that have codes which are not in the requested program. It
 * searches the programs of the newest jobs and the first ones that Uber lists, for a few seconds.
 */
import { createUber } from "../../uber.js";
import { type Budget, countedFetch } from "../../budget.js";
import { logError } from "../../log.js";
import { canonicalId } from "../../http/routing.js";
import { KEPT_MS, type Listing } from "./listing.js";
import { inParallel } from "../../parallel.js";
import type { Ledger } from "../jobs/ledger.js";
import type { Stubs } from "../../stubs.js";
import type { WorkerEnv } from "../../types.js";

const ID = 16;
/** How many programs are asked: one call for each, of the fifty that the free plan allows. */
const MAX_ASKED = 18;
/** How many of those may read their list from Uber for it. */
const MAX_READING = 8;
const MAX_WITH_JOBS = 8;
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
    const others = (await this.#others(programId)).slice(0, MAX_ASKED);
    await this.#ask(others, ids, owners, false);
    await this.#ask(others.slice(0, MAX_READING), ids, owners, true);
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
        has.forEach((is, index) => {
          if (is !== 0) owners[index] ??= other;
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
    const withJobs = await stubs.app().programsWithJobs(MAX_WITH_JOBS);
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
  ledger.find(ids, (index) => {
    has[index] = 1;
  });
  const listed = mayRead ? await listing.atMost(KEPT_MS, programId) : listing.kept(KEPT_MS);
  let position = 0;
  for (const mark of listed?.marksOf(ids) ?? []) {
    if (mark !== -1) has[position] = 1;
    position += 1;
  }
  return has;
}
