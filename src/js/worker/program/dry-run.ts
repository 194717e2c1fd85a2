/** What a job of a list would come to, before it is created. */
import { type CodeList, listIds } from "../../codes/code-list.js";
import { type ListChecks, namedBy } from "./list-check.js";
import type { Creation } from "./creation.js";
import type { DryRun } from "../types.js";

export async function dryRun(
  { checks, creation }: { readonly checks: ListChecks; readonly creation: Creation },
  programId: string,
  read: CodeList,
  /** Of many programs: who else has the codes is not looked for. */
  isOneOfMany: boolean,
): Promise<DryRun> {
  const list = read.valid();
  const checked = await checks.compare(
    programId,
    listIds(list) as Uint8Array,
    isOneOfMany,
  );
  const { blocked, leftOut, firstCancelled, firstUsed } = await creation.sort(list, checked.marks);
  return {
    codes: list.size,
    duplicates: read.duplicates,
    rejectedCount: read.rejectedCount,
    rejected: read.rejected,
    blocked: { total: blocked.total, ...blocked.counts },
    firstBlocked: blocked.first,
    foreign: checked.foreign,
    firstForeign: isOneOfMany
      ? namedBy(checked.firstForeign, [])
      : await checks.nameForeign(programId, checked),
    cancelled: leftOut.cancelled,
    firstCancelled,
    used: leftOut.used,
    firstUsed,
    check: checked.check,
  };
}
