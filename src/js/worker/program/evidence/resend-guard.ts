/** Refuses `resend` while reports may still arrive; the rule is in `settling.ts`. */
import { logError } from "../../log.js";
import { type Refusal, refuse } from "../../problem.js";
import type { Usage } from "./usage.js";
import type { JobRecord } from "../jobs/records.js";
import { settings } from "../../settings.js";
import type { Settling, UnknownBatch } from "../../types.js";
import { resendAt, settlingOf, activityOf } from "./settling.js";

/** A read of usage this recent need not be repeated. */
const USAGE_MAX_AGE_MS = 60_000;

/** The progress of reports about a job's unknown codes; `null` if nothing is unknown. */
export function shownSettling(
  { usage }: { readonly usage: Usage },
  record: JobRecord,
  unknown: readonly Pick<UnknownBatch, "codes" | "reported">[],
): Settling | null {
  if (unknown.length === 0) return null;
  const sum = (count: (batch: Pick<UnknownBatch, "codes" | "reported">) => number) =>
    unknown.reduce((all, batch) => all + count(batch), 0);
  const { endedAt, readAt } = usage.lastRead;
  const facts = {
    of: sum(({ codes }) => codes),
    arrived: sum(({ reported }) => reported),
    ...activityOf(record),
    usageTriedAt: endedAt,
    usageReadAt: readAt !== null && readAt >= record.summary.createdAt ? readAt : null,
  };
  return settlingOf(facts, Date.now(), settings().settleMinutes);
}

/** Until when reports about this job may still arrive; `null` if they don't any more. */
export function waitsUntil(record: JobRecord): number | null {
  const { settleMinutes } = settings();
  const at = resendAt(activityOf(record), settleMinutes);
  return settleMinutes > 0 && Date.now() < at ? at : null;
}

/** @throws if reports about this job may still arrive. */
export function requireSettled(record: JobRecord): void {
  const at = waitsUntil(record);
  if (at !== null) throw arriving(record, at);
}

/** The same, after reading usage unless that is done. A failed read does not block the decision. */
export async function prepareResend(
  program: { readonly usage: Usage },
  record: JobRecord,
): Promise<void> {
  requireSettled(record);
  if (settings().settleMinutes === 0) return;
  const { endedAt } = program.usage.lastRead;
  if (Date.now() - endedAt < USAGE_MAX_AGE_MS) return;
  await program.usage.reconcile(record).catch((error: unknown) => logError("usage", error));
  requireSettled(record);
}

function arriving({ summary }: JobRecord, at: number): Refusal {
  const seconds = Math.max(1, Math.ceil((at - Date.now()) / 1000));
  return refuse(
    409,
    "reports_arriving",
    "Uber's reports of these codes may still be arriving: sending again now could send people two messages",
    "Wait until no report has arrived for some minutes: until `resendAt`, if nothing more comes.",
    { headers: { "Retry-After": String(seconds) }, more: { resendAt: at, job: summary.id } },
  );
}
