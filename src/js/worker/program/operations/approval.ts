/** Approval of large jobs by a second operator, after which they start as planned. */
import { requireState } from "../jobs/job-states.js";
import { refuse } from "../../problem.js";
import type { Pausing } from "./pausing.js";
import type { ProgressReports } from "../updates/progress-reports.js";
import type { Runner } from "../sending/runner.js";
import { type JobRecord, type Who, note } from "../jobs/records.js";
import { settings } from "../../settings.js";
import { begin } from "../jobs/start-plan.js";

/** Whether a job of this many codes needs approval. */
export function needsApproval(codes: number): boolean {
  const { approval } = settings();
  return approval !== undefined && codes > approval.above;
}

/** The parts of the program's object used here. */
interface Dependencies {
  readonly pausing: Pausing;
  readonly reports: ProgressReports;
  readonly runner: Runner;
  arm(): Promise<void>;
}

/** @throws if the operator is the one who created the job. */
export async function approve(program: Dependencies, record: JobRecord, who: Who): Promise<void> {
  const { by } = who;
  requireState("approve", record.summary);
  if (record.summary.by === by) throw sameOperator();
  await program.pausing.sync();
  // Another request may have come first.
  requireState("approve", record.summary);
  record.summary.approval = { by, at: Date.now() };
  begin(record, Date.now());
  note(record, { ...who, action: "approved", codes: record.summary.progress.total });
  program.runner.settle(record, record.summary.progress);
  await program.reports.report(record);
  await program.arm();
}

function sameOperator() {
  return refuse(
    403,
    "same_operator",
    "The operator who created a job can't approve it",
    "Ask another operator. With the admin token alone, all operators have one name: use Cloudflare Access.",
  );
}

/** Refuses a single call that would need approval as a job. */
export function refuseUnapproved(codes: number): void {
  if (!needsApproval(codes)) return;
  throw refuse(
    403,
    "approval_required",
    `A list of ${codes} codes needs a second operator's approval in this worker`,
    "Nothing was queued. Create a job: POST /api/programs/{program}/jobs.",
  );
}
