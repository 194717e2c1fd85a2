/**
 * The methods of the worker's objects that other objects and the routes call. These are RPC
 * calls, so arguments and results are copies. The classes implement these interfaces, and
 * callers know only the interfaces.
 */
import type { GroupDecision, Groups } from "./account/groups.js";
import type { Lease } from "./account/rate.js";
import type { EventFilter, NewEvent } from "./events/event-store.js";
import type { KeyApi } from "./keys.js";
import type { ListInput } from "./lists.js";
import type { Problem } from "./problem.js";
import type { CodeStates } from "./program/jobs/code-states.js";
import type { EventOutcomes } from "./program/evidence/outcome-queue.js";
import type { CheckFlags, Fingerprint, ListFlags } from "./fingerprint.js";
import type { Who } from "./program/jobs/records.js";
import type { StartPlan } from "./program/jobs/start-plan.js";
import type { AuditCursor, AuditFilter } from "./account/audit.js";
import type { HistoryFilter } from "./account/history.js";
import type { CodeState, JobDecision } from "../job/types.js";
import type {
  AuditEntry,
  AuditPage,
  CodePage,
  CodeQuery,
  CodeSearch,
  CodeSelection,
  DryRun,
  EventPage,
  EventSummary,
  JobDetail,
  JobResultPage,
  JobSummary,
  LocatedCode,
  Overview,
  Reconciled,
  UsedCodes,
} from "./types.js";
import type { TokenApi } from "./uber.js";

/**
 * The result of a method that may refuse. A refusal is returned and not thrown: of a thrown error,
 * only the message crosses RPC.
 */
export type RpcResult<T> = { value: T } | { problem: Problem };

/** The one object that all programs share. See `AppObject` for its methods. */
export interface AppApi extends KeyApi, TokenApi {
  lease(program: string, wanted: number): Promise<Lease>;
  close(until: number): Promise<void>;
  open(): Promise<void>;
  isPaused(program?: string): Promise<boolean>;
  pause(isPaused: boolean, who: Who): Promise<number>;
  resumeHalted(who: Who): Promise<number>;
  watch(): Promise<void>;
  report(summaries: readonly JobSummary[], entries: readonly AuditEntry[]): Promise<void>;
  jobs(filter: HistoryFilter): Promise<JobSummary[]>;
  overview(): Promise<Omit<Overview, "unreadEvents">>;
  note(entries: readonly AuditEntry[]): Promise<void>;
  audit(filter: AuditFilter, before: AuditCursor | undefined, limit: number): Promise<AuditPage>;
  noteRevealed(by: string, program: string): Promise<void>;
  lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]>;
  count(what: string): Promise<void>;
  counts(): Promise<Record<string, number>>;
  programsWithJobs(most: number): Promise<string[]>;
  keepEvent(event: NewEvent): Promise<void>;
  noteSettled(settled: readonly (readonly [digest: string, count: number])[]): Promise<void>;
  listEvents(filter: EventFilter, before: number, limit: number): Promise<EventPage>;
  eventBody(id: number): Promise<ArrayBuffer | undefined>;
  dismissEvent(id: number): Promise<EventSummary | undefined>;
  rereadEvents(filter: EventFilter): Promise<number>;
  attempt(from: string): Promise<number>;
  succeeded(from: string): Promise<void>;
  endSession(until: number): Promise<void>;
  isSessionEnded(until: number): Promise<boolean>;
  beginGroup(...values: Parameters<Groups["begin"]>): Promise<ReturnType<Groups["begin"]>>;
  commitGroup(...values: Parameters<Groups["commit"]>): Promise<boolean>;
  continueGroup(...values: Parameters<Groups["continue"]>): Promise<boolean>;
  cancelGroup(...values: Parameters<Groups["cancel"]>): Promise<void>;
  groupDecision(...values: Parameters<Groups["decision"]>): Promise<GroupDecision>;
}

/** A job of a group, to be created. */
export interface HeldOrder {
  programId: string;
  /** The codes, sixteen bytes each. */
  ids: Uint8Array;
  duplicates: number;
  /** Identifies the request. Jobs of an earlier request with the same key don't belong to it. */
  attempt: string;
  by: string;
  source: string | null;
  name: string;
  group: string;
  flags: ListFlags;
  check: CheckFlags;
  batchSize: number;
  pauseAfter: null;
  plan: Pick<StartPlan, "starts" | "startInSeconds">;
  /** How many codes all jobs of the group have together. */
  codesInAll: number;
}

/** A list to compare with its program's list. */
export interface CheckOrder {
  programId: string;
  list: ListInput;
  /** One of many programs: other programs are not searched for its codes. */
  isOneOfMany: boolean;
}

/** Codes to look for in a program's jobs. */
export interface LocateOrder {
  programId: string;
  /** How their ids begin. */
  find: string;
  most: number;
}

/** A job of one program to create. */
export interface JobOrder {
  programId: string;
  flags: ListFlags;
  /** The parameters that decide what is sent, besides the list and the flags. */
  fingerprint: Fingerprint;
  key: string;
  by: string;
  source: string | null;
  name: string;
  batchSize: number;
  pauseAfter: number | null;
  check: CheckFlags;
  plan: Pick<StartPlan, "starts" | "startInSeconds">;
  /** The digest of the reviewed dry run. */
  reviewed: string | undefined;
}

/** A call of Uber's own distribute route. */
export interface CallOrder extends Pick<JobOrder, "programId" | "flags" | "by"> {
  key: string | null;
  /** The list is that of every code of the program. */
  isEverybody: boolean;
}

/** An operator's decision about unknown batches. */
export interface BatchDecision {
  batch: number | "all";
  decision: JobDecision;
}

/** Which results of a job are wanted. Default: the first `DEFAULT_RESULTS` of all. */
export interface ResultFilter {
  state?: CodeState | undefined;
  /** The beginning of the code. */
  find?: string | undefined;
  /** The reason, as it was reported; empty for those that have none. */
  reason?: string | undefined;
  /** The index of the first one. */
  from?: number | undefined;
  limit?: number | undefined;
}

/** Changes of a job's name and note; `undefined` changes nothing. */
export interface Naming {
  name: string | undefined;
  note: string | null | undefined;
}

/** The ids of codes between two places of Uber's list. */
export interface CodeRange extends CodeQuery {
  from: number;
  until: number;
  limit: number;
}

/** Operations on a program and its jobs. `who` is the operator and the reason. */
export interface ProgramOperations {
  createJob(
    order: JobOrder,
    list: ListInput,
  ): Promise<RpcResult<{ summary: JobSummary; isNew: boolean }>>;
  distribute(order: CallOrder, list: ListInput): Promise<RpcResult<{ codes: number }>>;
  jobs(): Promise<RpcResult<JobSummary[]>>;
  job(jobId: string): Promise<RpcResult<JobDetail>>;
  results(jobId: string, filter: ResultFilter): Promise<RpcResult<JobResultPage>>;
  resultsCsv(jobId: string, filter: ResultFilter): Promise<RpcResult<ReadableStream<Uint8Array>>>;
  journal(jobId: string): Promise<RpcResult<ReadableStream<Uint8Array>>>;
  pause(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  resume(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  start(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  abandon(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  cancel(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  approve(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  resolve(jobId: string, decision: BatchDecision, who: Who): Promise<RpcResult<JobSummary>>;
  drop(jobId: string, who: Who): Promise<RpcResult<JobSummary>>;
  reconcile(jobId: string, who: Who): Promise<RpcResult<Reconciled>>;
  rename(jobId: string, naming: Naming, by: string): Promise<RpcResult<JobSummary>>;
  searchCodes(programId: string, search: CodeSearch): Promise<RpcResult<CodePage>>;
  selectCodes(programId: string, range: CodeRange): Promise<RpcResult<CodeSelection>>;
  usedCodes(programId: string, jobId: string): Promise<RpcResult<UsedCodes>>;
}

/** A job of a group; or that its program has nothing to send; or why the job was refused. */
export type Held =
  | { summary: JobSummary; digest: string }
  | { nothing: Problem; programId: string; digest: string }
  | { problem: Problem; programId: string };

/** The methods of a program's object that can be called on many programs at once. */
export interface ProgramTasks {
  createHeld(order: HeldOrder): Promise<Held>;
  summary(jobId: string): Promise<JobSummary | undefined>;
  syncGroups(): Promise<void>;
  dryRun(order: CheckOrder): Promise<RpcResult<DryRun>>;
  locate(order: LocateOrder): Promise<LocatedCode[] | null>;
}

export type Task = keyof ProgramTasks;

/** What each of these methods takes. */
export type TaskValues = { [T in Task]: Parameters<ProgramTasks[T]>[0] };

/** What each of these methods gives. */
export type TaskResults = { [T in Task]: Awaited<ReturnType<ProgramTasks[T]>> };

/** A call of one program. */
export interface ProgramCall<T extends Task> {
  programId: string;
  value: TaskValues[T];
}

/** Why a program's object should read usage from Uber. */
export type Evidence = "unread" | "usage";

/** The object of one program. See `ProgramObject` for its methods. */
export interface ProgramApi extends ProgramTasks, ProgramOperations {
  /** Watches a job: RPC can't carry a WebSocket. */
  fetch(request: Request): Promise<Response>;
  webhook(events: readonly EventOutcomes[], evidence?: Evidence): Promise<boolean>;
  fanOut<T extends Task>(task: T, calls: readonly ProgramCall<T>[]): Promise<TaskResults[T][]>;
  setPaused(isPaused: boolean): Promise<void>;
  restartSilent(jobs: readonly string[]): Promise<void>;
  resumeHalted(): Promise<number>;
  codeStates(ids: Uint8Array): Promise<CodeStates>;
  hasCodes(programId: string, ids: Uint8Array, mayRead: boolean): Promise<Uint8Array>;
  noteEvidence(reason: Evidence): Promise<void>;
}
