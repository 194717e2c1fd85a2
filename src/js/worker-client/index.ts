/**
 * `uber-vouchers/worker-client`: the worker's API for pages and other operators'
 * programs. It contains no WebAssembly: the worker decides.
 */
export type { JobDecision } from "../job/types.js";
export type { Guest, VoucherProgram } from "../types.js";
export type { LiveSocket, WorkerClientOptions } from "./connection.js";
export type { WorkerClient } from "./api.js";
export { csvCell } from "../csv-cell.js";
export { hasPhoneDigits, isEmail, isPhone } from "../personal-data.js";
export { createWorkerClient } from "./client.js";
export { WorkerError } from "./error.js";
export type { WorkerErrorParts } from "./error.js";
export type {
  AuditOptions,
  CreateJobForAllOptions,
  CreateJobOptions,
  CreateJobsOptions,
  EventsOptions,
  GuestsOptions,
  HistoryOptions,
  NewJobOptions,
  ResultsOptions,
  UploadOptions,
  Why,
} from "./options.js";
export type { WorkerCodes } from "./upload.js";
export type { WatchedJob } from "./watch.js";
export { LIMITS } from "../worker/limits.js";
export { SAMPLED_STATES } from "../worker/sampled-states.js";
export type {
  AuditAction,
  AuditEntry,
  AuditPage,
  CreationException,
  CodeFilter,
  CodePage,
  CodeQuery,
  CodeSearch,
  CodeSelection,
  DryRun,
  EventPage,
  EventSummary,
  EvidenceSource,
  EvidenceSources,
  ForeignCode,
  GuestPage,
  JobDetail,
  JobFault,
  JobPage,
  JobResultPage,
  JobResultRow,
  JobSample,
  JobStatus,
  JobSummary,
  JobUsage,
  LeftOut,
  LocatedCode,
  LocatedCodes,
  Overview,
  PauseResult,
  ProgramCode,
  ProgramPage,
  ProgramSummary,
  Reconciled,
  Rejection,
  ResumeResult,
  SessionInfo,
  Settling,
  UnknownBatch,
  Upstream,
  UsedCodes,
  WorkerConfig,
} from "../worker/types.js";
