/** The failed codes of a job as the list of a new distribution. */
import { handOver } from "../lists/hand-over.js";
import type { JobDetail } from "../server/types.js";
import { worker } from "../server/worker.js";

/** Hands over those that failed for one of these reasons; `null` takes all. */
export async function handOverFailed(
  { id, programId }: JobDetail,
  name: string,
  reasons: ReadonlySet<string | null> | null,
): Promise<void> {
  const codes: string[] = [];
  for await (const { code, reason } of worker.results(programId, id, { state: "failed" })) {
    if (reasons === null || reasons.has(reason)) codes.push(code);
  }
  handOver(programId, { input: new Blob([codes.join("\n")]), source: `Failed in ${name}` });
}
