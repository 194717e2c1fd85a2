/** Delays a second send until the evidence has arrived: see `settling.ts`. */
import { logError } from "../log.js";
import { type Refusal, refuse } from "../problem.js";
import type { Usage } from "./usage.js";
import type { JobRecord } from "./records.js";
import { settings } from "../settings.js";
import type { Settling, UnknownBatch } from "../types.js";
import { resendAt, settlingOf, timesOf } from "./settling.js";

/** How long a read of usage is fresh enough. */
const FRESH_MS = 60_000;

/** The progress of reports about a job's unknown codes; `null` if nothing is unknown. */
export function shownSettling(
  { usage }: { readonly usage: Usage },
  record: JobRecord,
  unknown: readonly Pick<UnknownBatch, "codes" | "reported">[],
): Settling | null {
  if (unknown.length === 0) return null;
  const sum = (count: (batch: Pick<UnknownBatch, "codes" | "reported">) => number) =>
    unknown.reduce((all, batch) => all + count(batch), 0);
  const { endedAt, readAt } = usage.last;
  const facts = {
    of: sum(({ codes }) => codes),
    arrived: sum(({ reported }) => reported),
    ...timesOf(record),
    usageTriedAt: endedAt,
    usageReadAt: readAt !== null && readAt >= record.summary.createdAt ? readAt : null,
  };
  return settlingOf(facts, Date.now(), settings().settleMinutes);
}

/** @throws if reports about this job may still arrive. */
export function requireSettled(record: JobRecord): void {
  const { settleMinutes } = settings();
  const at = resendAt(timesOf(record), settleMinutes);
  if (settleMinutes > 0 && Date.now() < at) throw arriving(record, at);
}

/** The same, after reading usage unless that is done. A failed read does not block the decision. */
export async function prepareResend(
  program: { readonly usage: Usage },
  record: JobRecord,
): Promise<void> {
  requireSettled(record);
  if (settings().settleMinutes === 0) return;
  const { endedAt } = program.usage.last;
  if (Date.now() - endedAt < FRESH_MS) return;
  await program.usage.reconcile(record).catch((error: unknown) => logError("usage", error));
  requireSettled(record);
}

function arriving({ summary }: JobRecord, at: number): Refusal {
  const seconds = Math.max(1, Math.ceil((at - Date.now()) / 1000));
  return refuse(
    409,
    "reports_arriving",
    "Uber's reports of these codes may still be arriving: to send them again now could message people twice",
    "Wait until nothing has arrived for some minutes: `resendAt` says until when, if nothing more comes.",
    { headers: { "Retry-After": String(seconds) }, more: { resendAt: at, job: summary.id } },
  );
}
