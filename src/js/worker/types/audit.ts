/** The audit trail. */

/** An action of an operator, or of the worker's own schedule. */
export type AuditAction =
  | "created"
  | "started"
  | "approved"
  | "cancelled"
  | "ended"
  | "paused"
  | "resumed"
  | "decided"
  | "renamed"
  | "dropped"
  | "revealed"
  | "all_paused"
  | "all_resumed"
  | "event_dismissed"
  | "events_reread";

/** An exception that the request for a job made. */
export type CreationException = "skip" | "resend" | "allowForeign" | "unchecked" | "paused";

/** An entry of the audit trail: who did what, when and why. */
export interface AuditEntry {
  /** The id of the entry, which is opaque. */
  id: string;
  /** The time, in epoch milliseconds. */
  at: number;
  /** The operator. */
  by: string;
  /** The kind of action. */
  action: AuditAction;
  /** The voucher program; `null` if the entry concerns all of them. */
  programId: string | null;
  /** The job's id; `null` if the entry concerns no job. */
  job: string | null;
  /** The reason, in the operator's words. */
  reason: string | null;
  /** How many codes the action affects. */
  codes: number | null;
  /**
   * Further details, separated by `, `. Of `created`: each `CreationException`, `resend` with a number of codes; of `decided`: the
   * `JobDecision`, and the batch. Of other actions: a name, an id or a sentence.
   */
  detail: string | null;
}

/** A page of the audit trail. */
export interface AuditPage {
  /** Newest first. */
  entries: AuditEntry[];
  /** Pass it as `before` for the next page; `null` on the last page. */
  next: string | null;
}
