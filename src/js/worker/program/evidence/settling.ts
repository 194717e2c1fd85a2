/**
 * When unknown codes may be sent again: not while Uber's reports may still arrive, because people
 * would then get two messages.
 *
 * | Since the last request and the last report | and then usage was    | "send again"             |
 * | ------------------------------------------ | --------------------- | ------------------------ |
 * | less than `settleMinutes`                  | any                   | is refused               |
 * | as long, or longer                         | read, or could not be | may be decided           |
 * | as long, or longer                         | not asked for         | is decided, after a read |
 *
 * With `settleMinutes: 0`, it may be decided at once.
 */
import type { Settling } from "../../types.js";
import type { JobRecord } from "../jobs/records.js";

const MINUTE_MS = 60_000;

/** A job with unknown codes. */
export interface SettlingFacts {
  /** Codes of the batches that are unknown, and how many of them were reported. */
  of: number;
  arrived: number;
  /** When the job last sent a request; 0 if never. */
  sentAt: number;
  /** When a report last settled something of the job. */
  lastAt: number | null;
  /** When usage was last requested, with any result; and when it was last read. */
  usageTriedAt: number;
  usageReadAt: number | null;
}

/** When a job last sent a request, and when a report of it last arrived. */
export function activityOf({ sent, sources, summary }: JobRecord) {
  return { sentAt: sent?.at ?? summary.updatedAt, lastAt: sources.webhook.lastAt };
}

/** Since when nothing was sent or reported. */
export const lastActivityAt = ({
  sentAt,
  lastAt,
}: Pick<SettlingFacts, "sentAt" | "lastAt">): number => Math.max(sentAt, lastAt ?? 0);

/** When the rest may be sent again. */
export const resendAt = (
  facts: Pick<SettlingFacts, "sentAt" | "lastAt">,
  settleMinutes: number,
): number => lastActivityAt(facts) + settleMinutes * MINUTE_MS;

/** Whether usage was not requested since then. */
export const isUsageStale = (
  facts: Pick<SettlingFacts, "sentAt" | "lastAt" | "usageTriedAt">,
  settleMinutes: number,
): boolean => facts.usageTriedAt < resendAt(facts, settleMinutes);

export function settlingOf(facts: SettlingFacts, now: number, settleMinutes: number): Settling {
  const { arrived, of, lastAt, usageReadAt } = facts;
  const at = resendAt(facts, settleMinutes);
  const isOpen = settleMinutes === 0 || (now >= at && !isUsageStale(facts, settleMinutes));
  return { arrived, of, lastAt, resendAt: at, usageReadAt, isOpen };
}
