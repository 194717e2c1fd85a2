/**
 * What the worker's objects do for one another and for the routes: calls of the platform's
 * (RPC), so that what they take and give is a copy. The classes implement these interfaces, and
 * whoever calls knows the interface alone.
 */
import type { Fate, Groups } from "./account/groups.js";
import type { Lease } from "./account/rate.js";
import type { ListParts } from "../codes/code-list.js";
import type { EventFilter, NewEvent } from "./events/event-store.js";
import type { Problem } from "./http/problem.js";
import type { KeyApi } from "./keys.js";
import type { CodeStates } from "./program/code-states.js";
import type { EventOutcomes } from "./program/outcome-queue.js";
import type { CheckFlags, ListFlags } from "./program/job-request.js";
import type { Who } from "./program/records.js";
import type { StartPlan } from "./program/start-plan.js";
import type { AuditFilter } from "./account/audit.js";
import type { HistoryFilter } from "./account/history.js";
import type { AuditEntry, AuditPage, Overview } from "./types.js";
import type { DryRun, EventPage, EventSummary, JobSummary } from "./types.js";
import type { TokenApi } from "./uber.js";

/** The one object that all programs share. Its methods are described where `AppObject` has them. */
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
  audit(filter: AuditFilter, before: string | undefined, limit: number): Promise<AuditPage>;
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
  cancelGroup(...values: Parameters<Groups["cancel"]>): Promise<void>;
  fateInGroup(...values: Parameters<Groups["fate"]>): Promise<Fate>;
}

/** A job of a group, as the worker hands it over. */
export interface HeldOrder {
  programId: string;
  /** Sixteen bytes a code. */
  ids: Uint8Array;
  duplicates: number;
  /** The request: what an earlier one with the same key has left is none of its jobs. */
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

/** A list, and the program that it is for. */
export interface ListedFor extends ListParts {
  programId: string;
}

/** The methods of a program's object that many programs are called for. */
export interface ProgramTasks {
  hold(
    order: HeldOrder,
  ): Promise<{ summary: JobSummary } | { problem: Problem; programId: string }>;
  summary(jobId: string): Promise<JobSummary | undefined>;
  learnGroups(): Promise<void>;
  dryRun(list: ListedFor): Promise<DryRun>;
}

export type Task = keyof ProgramTasks;

/** A call of one program. */
export interface ProgramCall<T extends Task = Task> {
  programId: string;
  value: Parameters<ProgramTasks[T]>[0];
}

/** Why a program's object is to look at what Uber says of its codes. */
export type Evidence = "unread" | "usage";

/** The object of one program. Its methods are described where `ProgramObject` has them. */
export interface ProgramApi extends ProgramTasks {
  fetch(request: Request): Promise<Response>;
  webhook(events: readonly EventOutcomes[], evidence?: Evidence): Promise<boolean>;
  passOn(task: Task, calls: readonly ProgramCall[]): Promise<unknown[]>;
  everything(isPaused: boolean): Promise<void>;
  wake(jobs: readonly string[]): Promise<void>;
  resumeHalted(): Promise<number>;
  codeStates(ids: Uint8Array): Promise<CodeStates>;
  hasCodes(programId: string, ids: Uint8Array, mayRead: boolean): Promise<Uint8Array>;
  noteEvidence(reason: Evidence): Promise<void>;
}
