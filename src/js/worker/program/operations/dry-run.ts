/** What a job of a list would send, before it is created. */
import { idsOf } from "../../lists.js";
import { type CodeList } from "../../../codes/code-list.js";
import { type ListChecks, namedBy } from "../lists/list-check.js";
import type { Creation } from "./creation.js";
import type { DryRun } from "../../types.js";

export async function dryRun(
  { checks, creation }: { readonly checks: ListChecks; readonly creation: Creation },
  programId: string,
  read: CodeList,
  /** One of many programs: other programs are not searched for its codes. */
  isOneOfMany: boolean,
): Promise<DryRun> {
  const list = read.valid();
  const claimed = await creation.claimed(list);
  // With `resend`, compare with a fresh list, as the job would.
  const isResent = claimed.states.some((state) => state !== 0);
  const checked = await checks.compare(programId, idsOf(list), { isOneOfMany, isResent });
  const sorted = await creation.classify(programId, list, claimed, checked.marks);
  const { blocked, leftOut, firstCancelled, firstUsed, failedBefore, sends } = sorted;
  return {
    codes: list.size,
    duplicates: read.duplicates,
    rejectedCount: read.rejectedCount,
    rejected: read.rejected,
    blocked: { total: blocked.total, ...blocked.counts },
    blockedUsed: blocked.used,
    firstBlocked: blocked.first,
    failedBefore,
    foreign: checked.foreign,
    firstForeign: isOneOfMany
      ? namedBy(checked.firstForeign, [])
      : await checks.nameForeign(programId, checked),
    cancelled: leftOut.cancelled,
    firstCancelled,
    used: leftOut.used,
    firstUsed,
    sends,
    check: checked.check,
    resendAt: creation.resendAt(sorted),
    digest: sorted.digest,
  };
}
