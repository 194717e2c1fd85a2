/** What a job of a list would send, before it is created. */
import { idsOf } from "../lists.js";
import { type CodeList } from "../../codes/code-list.js";
import { type ListChecks, namedBy } from "./list-check.js";
import type { Creation } from "./creation.js";
import type { DryRun } from "../types.js";

export async function dryRun(
  { checks, creation }: { readonly checks: ListChecks; readonly creation: Creation },
  programId: string,
  read: CodeList,
  /** One of many programs: other programs are not searched for its codes. */
  isOneOfMany: boolean,
): Promise<DryRun> {
  const list = read.valid();
  const claimed = await creation.claimed(list);
  // What may be sent again is told as it would be: by a list that is read now.
  const isResent = claimed.states.some((state) => state !== 0);
  const checked = await checks.compare(programId, idsOf(list), { isOneOfMany, isResent });
  const sorted = creation.sort(list, claimed, checked.marks);
  const { blocked, leftOut, firstCancelled, firstUsed } = sorted;
  return {
    codes: list.size,
    duplicates: read.duplicates,
    rejectedCount: read.rejectedCount,
    rejected: read.rejected,
    blocked: { total: blocked.total, ...blocked.counts },
    blockedUsed: blocked.used,
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
