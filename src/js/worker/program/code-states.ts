/** What is known here of codes: the state of each in the newest job that has it. */
import { STATES } from "../../generated/protocol.js";
import type { CodeState } from "../../job/types.js";
import { readStates } from "./job-reading.js";
import type { Claim, Ledger } from "./ledger.js";
import type { OpenJobs } from "./open-jobs.js";
import type { Records } from "./records.js";

/** For each code, in plain arrays, which cross RPC. */
export interface CodeStates {
  /** 0 if no job has the code, else 1 plus the number of its state. */
  states: Uint8Array;
  /** The index of its job in `jobs`; -1 if there is none. */
  owners: Int32Array;
  jobs: string[];
}

export async function findCodeStates(
  ids: Uint8Array,
  { ledger, jobs, records }: { ledger: Ledger; jobs: OpenJobs; records: Records },
): Promise<CodeStates> {
  const newest = new Map<number, Claim>();
  ledger.find(ids, (index, claim) => {
    // A claim without a job counts only if no job has the code.
    if ((newest.get(index)?.job ?? -1) < claim.job) newest.set(index, claim);
  });
  const asked = [...newest.values()].filter(({ state }) => state === undefined);
  const { stateOf } = await readStates(new Set(asked.map(({ job }) => job)), jobs, records);
  const found: CodeStates = {
    states: new Uint8Array(ids.length / 16),
    owners: new Int32Array(ids.length / 16).fill(-1),
    jobs: [],
  };
  const owners = new Map<number, number>();
  for (const [index, { job, place, state }] of newest) {
    // One number besides the states: abandoned before it was sent.
    const known = state ?? STATES[stateOf(job, place)] ?? "abandoned";
    found.states[index] = 1 + STATES.indexOf(known);
    found.owners[index] = ownerOf(job);
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
