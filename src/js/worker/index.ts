/** `uber-vouchers/worker`: a ready edge worker, for Cloudflare's workerd. */
import "../entry/index.workerd.js";

import { AppObject } from "./account/object.js";
import { ProgramObject } from "./program/object.js";

/** A class of Durable Objects, as the platform makes them. */
export interface DurableObjectClass {
  new (
    ctx: any,
    env: any,
  ): {
    /** The brand of the platform's types. */
    readonly __DURABLE_OBJECT_BRAND: never;
    /** Answers requests that the worker passes on. */
    fetch?(request: any): Promise<any>;
    /** Continues work that is due. */
    alarm?(): Promise<void>;
  };
}

/** The same class, as the platform's types know it. */
function durableObject(type: unknown): DurableObjectClass {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The brand is there in types alone.
  return type as DurableObjectClass;
}

/** One for each program: its ledger, its jobs with their journals, the outcomes. */
export class VoucherProgram extends durableObject(ProgramObject) {}

/** One for all programs: the token, the rate, the index of jobs. A second one keeps the events. */
export class VoucherApp extends durableObject(AppObject) {}

export { createWorker } from "./http/routes.js";
export type {
  AuditAction,
  AuditEntry,
  AuditPage,
  CreationException,
  DryRun,
  EvidenceSource,
  EvidenceSources,
  EventPage,
  EventSummary,
  ForeignCode,
  GuestPage,
  JobDetail,
  JobFault,
  JobMessage,
  JobPage,
  JobResultPage,
  JobResultRow,
  JobSample,
  JobStatus,
  JobSummary,
  JobUsage,
  LeftOut,
  Overview,
  PauseResult,
  ProgramPage,
  ProgramSummary,
  Settling,
  UsageSchedule,
  Reconciled,
  Rejection,
  ResumeResult,
  SessionInfo,
  UnknownBatch,
  Upstream,
  WorkerConfig,
  WorkerEnv,
  WorkerEvent,
  WorkerHandler,
  WorkerOptions,
} from "./types.js";
export type { ObjectNamespace, RequestContext, Service } from "./platform-types.js";
