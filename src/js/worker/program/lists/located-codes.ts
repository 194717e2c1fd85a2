/** In which jobs of a program a code is, from the ledger: it knows jobs that history no longer lists, too. */
import { beginningOf } from "../../code-ids.js";
import type { LocatedCode } from "../../types.js";
import { resultsFrom } from "../jobs/job-reading.js";
import { type Claim, type Ledger, NO_JOB } from "../jobs/ledger.js";
import type { OpenJobs } from "../jobs/open-jobs.js";
import type { Records } from "../jobs/records.js";

/** The parts of the program's object used here. */
interface Dependencies {
  readonly jobs: OpenJobs;
  readonly ledger: Ledger;
  readonly records: Records;
}

/** Finds codes by the beginning of their id: at most `most`, those of the newest jobs first. */
export async function locateCodes(
  program: Dependencies,
  programId: string,
  find: string,
  most: number,
): Promise<LocatedCode[]> {
  const beginning = beginningOf(find);
  if (beginning === undefined) return [];
  const { wanted, digits } = beginning;
  const claims: [code: string, claim: Claim][] = [];
  for (const claim of program.ledger.beginning(wanted, digits)) {
    claims.push(claim);
    if (claims.length < 2 * most) continue;
    newestFirst(claims);
    claims.length = most;
  }
  const found: LocatedCode[] = [];
  for (const [code, claim] of newestFirst(claims).slice(0, most)) {
    const known = program.records.byNumber(claim.job);
    const job = known?.summary.id ?? null;
    found.push({ code, programId, job, state: await stateOf(program, claim) });
  }
  return found;
}

const newestFirst = (claims: [code: string, claim: Claim][]) =>
  claims.sort(([, one], [, other]) => other.job - one.job);

async function stateOf(
  { jobs, records }: Dependencies,
  claim: Claim,
): Promise<LocatedCode["state"]> {
  if (claim.state !== undefined || claim.job === NO_JOB) return claim.state ?? null;
  const record = records.byNumber(claim.job);
  const job = record && (await jobs.getReadable(record));
  if (!job) return "unknown";
  for (const { state } of resultsFrom(job, { place: claim.index })) return state;
  return null;
}
