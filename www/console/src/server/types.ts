/** The responses of the worker's API, as far as the console uses them. */
import type { CodeState } from "uber-vouchers";
import type { SandboxEventForm, SandboxFault } from "uber-vouchers/sandbox";

export type { CodeState, JobProgress } from "uber-vouchers";
export type { SandboxEventForm, SandboxFault } from "uber-vouchers/sandbox";
export { LIMITS, SAMPLED_STATES } from "uber-vouchers/worker-client";
export type {
  AuditEntry,
  AuditPage,
  CreationException,
  CodeFilter,
  CodePage,
  CodeQuery,
  CodeSearch,
  CodeSelection,
  DryRun,
  ForeignCode,
  JobDecision,
  EventPage,
  EventSummary,
  EvidenceSources,
  GuestPage,
  JobDetail,
  JobFault,
  JobPage,
  JobResultPage,
  JobResultRow as ResultRow,
  JobSample as Sample,
  JobStatus,
  JobSummary,
  LocatedCodes,
  Overview,
  PauseResult,
  ProgramCode,
  ProgramPage,
  ProgramSummary as Program,
  Reconciled,
  ResumeResult,
  SessionInfo,
  Settling,
  UnknownBatch,
  UsedCodes,
  VoucherProgram,
  WorkerConfig as Config,
} from "uber-vouchers/worker-client";

/** How many codes a program has, and their states here. */
export interface CodeSummary {
  total: number;
  canceled: number;
  /** The codes that are not cancelled; `none`: no job has them. */
  states: Partial<Record<CodeState | "none", number>>;
}

/** The settings of the sandbox. */
export interface SandboxSettings {
  webhooksPerSecond: number;
  failureRate: number;
  faults: Partial<Record<SandboxFault, number>>;
  eventForm: SandboxEventForm;
  /** The share of recipients who use their code within days. */
  useRate: number;
}

/** The state of the sandbox. */
export interface SandboxState extends SandboxSettings {
  paused: boolean;
  waiting?: number;
  delivered: number;
  /** How many codes were used. */
  used: number;
  /** Its time, in epoch milliseconds, which can be ahead. */
  now: number;
}

/** The settings that the panel changes. */
export type SandboxChange = Partial<SandboxSettings> & { advanceMs?: number };
