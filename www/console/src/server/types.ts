/** What the worker's API answers, as far as the console uses it. */
import type { CodeState, JobProgress, VoucherProgram } from "uber-vouchers";
import type { JobSummary } from "uber-vouchers/worker";

export type { CodeState, JobDecision, JobProgress } from "uber-vouchers";
export type { JobFault, JobStatus, JobSummary } from "uber-vouchers/worker";

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
}

export interface Program extends VoucherProgram {
  id: string;
  lastJob: JobSummary | null;
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

/** When, and how many codes were in each state, in the order of `SAMPLED`. */
export type Sample = [at: number, ...counts: number[]];

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

export interface UnknownBatch {
  id: number;
  codes: number;
  /** How many of them Uber has reported all the same. */
  reported: number;
  attempts: number;
  sentAt: number | null;
  error: { code: string; message: string; status?: number } | null;
}

/** All that there is to say of one job. */
export interface JobDetail extends JobSummary {
  samples: Sample[];
  failures: { reason: string | null; count: number }[];
  batches: number;
  /** The first 200. */
  unknownBatches: UnknownBatch[];
  unknownBatchCount: number;
  pausedByEverything: boolean;
}

export type LiveMessage =
  | { type: "job"; job: JobDetail }
  | ({ type: "progress"; progress: JobProgress; sample: Sample | null } & Pick<
      JobSummary,
      "status" | "rate" | "waitingUntil"
    >);

export interface ResultRow {
  place: number;
  code: string;
  state: CodeState;
  batch: number;
  reason: string | null;
  by: "answer" | "webhook" | "operator" | null;
}

/** What a job would come to, before it is created. */
export interface DryRun {
  codes: number;
  duplicates: number;
  rejectedCount: number;
  /** Codes that were sent before, or may have been: how many, and in which states. */
  blocked: { total: number } & Partial<Record<CodeState, number>>;
  firstBlocked: { code: string; state: CodeState; job: string | null }[];
}

/** What the sandbox is told to do. */
export interface SandboxSettings {
  webhooksPerSecond: number;
  failureRate: number;
  faults: Record<string, number>;
  paused: boolean;
  waiting?: number;
  delivered: number;
}
