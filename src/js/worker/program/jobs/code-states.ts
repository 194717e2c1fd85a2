/**
 * What is known here of codes: the state of each in the newest job that has it. A job that was ended
 * before it sent a code does not have it any more.
 */
import { STATES } from "../../../generated/protocol.js";
import { idsAt } from "../../code-ids.js";
import type { CodeState } from "../../../job/types.js";
import { CANCELLED, readStates } from "./job-reading.js";
import type { Ledger } from "./ledger.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Records } from "./records.js";

/** For each code, in plain arrays, which cross RPC. */
export interface CodeStates {
  /** 0 if no job has the code, otherwise 1 plus the number of its state. */
  states: Uint8Array;
  /** The index of its job in `jobs`; -1 if there is none. */
  owners: Int32Array;
  jobs: string[];
}

export async function findCodeStates(
  ids: Uint8Array,
  { ledger, jobs, records }: { ledger: Ledger; jobs: OpenJobs; records: Records },
): Promise<CodeStates> {
  // Numbers, since a program may have a million codes.
  const count = ids.length / 16;
  const found: CodeStates = {
    states: new Uint8Array(count),
    owners: new Int32Array(count).fill(-1),
    jobs: [],
  };
  const newest = new Int32Array(count).fill(-1);
  const listIndices = new Uint32Array(count);
  const owners = new Map<number, number>();
  // First all of them; then those whose newest job was ended, in jobs before it; and so on.
  let places = Uint32Array.from({ length: count }, (_, place) => place);
  const ended = new Int32Array(count).fill(-1);
  while (places.length > 0) {
    const asked = new Set<number>();
    const known = places.length === count ? ids : idsAt(ids, places);
    ledger.find(known, (index, { job, index: listIndex, state }) => {
      const place = places[index] ?? 0;
      // A claim without a job counts only if no job has the code.
      if ((newest[place] ?? -1) >= job) return;
      if (ended[place] !== -1 && job >= (ended[place] ?? 0)) return;
      newest[place] = job;
      listIndices[place] = listIndex;
      found.states[place] = state === undefined ? 0 : 1 + STATES.indexOf(state);
      if (state === undefined) asked.add(job);
    });
    const { stateOf } = await readStates(asked, jobs, records);
    places = places.filter((place) => {
      const job = newest[place] ?? -1;
      if (job === -1) return false;
      if (found.states[place] === 0) {
        const state = stateOf(job, listIndices[place] ?? 0);
        if (state === CANCELLED) {
          ended[place] = job;
          newest[place] = -1;
          return true;
        }
        found.states[place] = 1 + state;
      }
      found.owners[place] = ownerOf(job);
      return false;
    });
  }
  return found;

  function ownerOf(job: number): number {
    const id = owners.has(job) ? undefined : records.byNumber(job)?.summary.id;
    if (!owners.has(job)) owners.set(job, id === undefined ? -1 : found.jobs.push(id) - 1);
    return owners.get(job) ?? -1;
  }
}

/** The state of one of these codes; null if no job has it. */
export function stateAt({ states }: CodeStates, index: number): CodeState | null {
  return STATES[(states[index] ?? 0) - 1] ?? null;
}

/** The id of the job that has it. */
export function jobAt({ owners, jobs }: CodeStates, index: number): string | null {
  return jobs[owners[index] ?? -1] ?? null;
}
