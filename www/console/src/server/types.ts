/** What the worker's API answers, as far as the console uses it. */
import type { CodeState } from "uber-vouchers";
import type { SandboxEventForm } from "uber-vouchers/sandbox";

export type { CodeState, JobProgress } from "uber-vouchers";
export type { SandboxEventForm } from "uber-vouchers/sandbox";
export type {
  AuditEntry,
  AuditPage,
  DryRun,
  ForeignCode,
  JobDecision,
  EventPage,
  EventSummary,
  EvidenceSources,
  JobDetail,
  JobFault,
  JobResultRow as ResultRow,
  JobSample as Sample,
  JobStatus,
  JobSummary,
  ProgramSummary as Program,
  Reconciled,
  Settling,
  UnknownBatch,
} from "uber-vouchers/worker-client";

export interface Config {
  organizationId: string;
  environment: "sandbox" | "uber";
  /** Uber's host; none with the sandbox behind. */
  host: string | null;
  /** Where its tokens come from. */
  tokenHost: string | null;
  operator: string;
  by: "access" | "token";
  maxCodes: number;
  maxUploadBytes: number;
  allowDistributeAll: boolean;
  paused: boolean;
  hasSigningKey: boolean;
  /** So long a job waits before it starts, where somebody can still cancel it; 0 if it doesn't. */
  startDelaySeconds: number;
  /** A job of more codes waits for another operator. */
  approval: { above: number } | null;
}

/** How many codes a program has, and what is known of them here. */
export interface CodeSummary {
  total: number;
  canceled: number;
  /** Those that are not cancelled; of which no job knows anything: `none`. */
  states: Partial<Record<CodeState | "none", number>>;
}

export interface ProgramCode {
  code: string;
  codeText: string | null;
  usageCount: number | null;
  usageAmount: number | null;
  canceledAt: number | null;
  /** `null`: no job here has it. */
  state: CodeState | null;
  job: string | null;
}

/** The order of the states in a sample. */
export const SAMPLED = [
  "pending",
  "sending",
  "queued",
  "distributed",
  "failed",
  "rejected",
  "unknown",
  "abandoned",
] as const satisfies CodeState[];

/** What the sandbox is told to do. */
export interface SandboxSettings {
  webhooksPerSecond: number;
  failureRate: number;
  faults: Record<string, number>;
  eventForm: SandboxEventForm;
  /** The share of recipients who use their code, within days. */
  useRate: number;
}

/** What it does. */
export interface SandboxState extends SandboxSettings {
  paused: boolean;
  waiting?: number;
  delivered: number;
  /** How many codes were used. */
  used: number;
  /** Its time, in epoch milliseconds: it can be ahead. */
  now: number;
}

/** What the panel sets. */
export type SandboxChange = Partial<SandboxSettings> & { advanceMs?: number };
