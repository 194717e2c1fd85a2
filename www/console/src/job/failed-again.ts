/** Makes a new list from codes of a job that failed or were rejected. */
import { linesOf } from "../lists/lines.js";
import { stashList } from "../lists/list-transfer.js";
import type { JobDetail, ResultRow } from "../server/types.js";
import { worker } from "../server/worker.js";

/** Passes on the codes that failed for one of these reasons; `null` means all. */
export async function handOverFailed(
  job: JobDetail,
  name: string,
  reasons: ReadonlySet<string | null> | null,
): Promise<void> {
  await handOverState(
    job,
    "failed",
    `Failed in ${name}`,
    (row) => reasons?.has(row.reason) ?? true,
  );
}

/** Hands over those that Uber rejected. */
export const handOverRejected = (job: JobDetail, name: string): Promise<void> =>
  handOverState(job, "rejected", `Rejected in ${name}`, () => true);

async function handOverState(
  { id, programId }: JobDetail,
  state: "failed" | "rejected",
  source: string,
  isWanted: (row: ResultRow) => boolean,
): Promise<void> {
  const codes = new Set<string>();
  for await (const row of worker.results(programId, id, { state })) {
    if (isWanted(row)) codes.add(row.code);
  }
  stashList(programId, { input: await linesOf(codes), source });
}
