/** The audit trail. */

/** What an operator, or the worker's own schedule, has done. */
export type AuditAction =
  | "created"
  | "started"
  | "approved"
  | "cancelled"
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

/** Who did what, when and why. */
export interface AuditEntry {
  /** Opaque. */
  id: string;
  /** When. */
  at: number;
  /** The operator. */
  by: string;
  /** What was done. */
  action: AuditAction;
  /** The voucher program; `null` where it concerns all of them. */
  programId: string | null;
  /** The job's id; `null` where it concerns none. */
  job: string | null;
  /** Why, in the operator's words. */
  reason: string | null;
  /** How many codes it concerns. */
  codes: number | null;
  /** What else is to be said, such as what was decided. */
  detail: string | null;
}

/** Some entries of the audit trail. */
export interface AuditPage {
  /** The newest first. */
  entries: AuditEntry[];
  /** What the next page is asked for with, as `before`; `null` where this is the last one. */
  next: string | null;
}
