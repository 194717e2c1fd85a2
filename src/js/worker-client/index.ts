/**
 * `uber-vouchers/worker-client`: the worker's API for pages, and for whoever else
 * operates it. It holds no WebAssembly: the worker decides.
 */
export type { JobDecision } from "../job/types.js";
export type { Guest, VoucherProgram } from "../types.js";
export type { LiveSocket, WorkerClientOptions } from "./connection.js";
export type { WorkerClient } from "./api.js";
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
export type {
  AuditAction,
  AuditEntry,
  AuditPage,
  DryRun,
  EventPage,
  EventSummary,
  EvidenceSource,
  EvidenceSources,
  ForeignCode,
  JobDetail,
  JobFault,
  JobResultPage,
  JobResultRow,
  JobSample,
  JobStatus,
  JobSummary,
  JobUsage,
  LeftOut,
  Overview,
  ProgramSummary,
  Reconciled,
  Rejection,
  Settling,
  UnknownBatch,
} from "../worker/types.js";
