/**
 * What the worker's objects do for one another and for the routes: calls of the platform's
 * (RPC), so that what they take and give is a copy. The classes implement these interfaces, and
 * whoever calls knows the interface alone.
 */
import type { Fate, Groups } from "./account/groups.js";
import type { Lease } from "./account/rate.js";
import type { ListParts } from "../codes/code-list.js";
import type { Problem } from "./http/problem.js";
import type { KeyApi } from "./keys.js";
import type { CodeStates } from "./program/code-states.js";
import type { ListFlags } from "./program/job-request.js";
import type { DryRun, JobSummary } from "./types.js";
import type { TokenApi } from "./uber.js";
import type { WebhookOutcome } from "../webhook/webhook.js";

/** The one object that all programs share. Its methods are described where `AppObject` has them. */
export interface AppApi extends KeyApi, TokenApi {
  lease(program: string, wanted: number): Promise<Lease>;
  close(until: number): Promise<void>;
  open(): Promise<void>;
  isPaused(program?: string): Promise<boolean>;
  pause(isPaused: boolean): Promise<number>;
  resumeHalted(): Promise<number>;
  watch(): Promise<void>;
  report(summaries: readonly JobSummary[]): Promise<void>;
  jobs(before: number, limit: number, beforeId?: string): Promise<JobSummary[]>;
  lastJobs(programs: readonly string[]): Promise<(JobSummary | null)[]>;
  count(what: string): Promise<void>;
  counts(): Promise<Record<string, number>>;
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
  group: string;
  flags: ListFlags;
  batchSize: number;
}

/** The methods of a program's object that many programs are called for. */
export interface ProgramTasks {
  hold(
    order: HeldOrder,
  ): Promise<{ summary: JobSummary } | { problem: Problem; programId: string }>;
  summary(jobId: string): Promise<JobSummary | undefined>;
  learnGroups(): Promise<void>;
  dryRun(parts: ListParts): Promise<DryRun>;
}

export type Task = keyof ProgramTasks;

/** A call of one program. */
export interface ProgramCall<T extends Task = Task> {
  programId: string;
  value: Parameters<ProgramTasks[T]>[0];
}

/** The object of one program. Its methods are described where `ProgramObject` has them. */
export interface ProgramApi extends ProgramTasks {
  fetch(request: Request): Promise<Response>;
  webhook(outcomes: readonly WebhookOutcome[]): Promise<boolean>;
  passOn(task: Task, calls: readonly ProgramCall[]): Promise<unknown[]>;
  everything(isPaused: boolean): Promise<void>;
  wake(jobs: readonly string[]): Promise<void>;
  resumeHalted(): Promise<number>;
  codeStates(ids: Uint8Array): Promise<CodeStates>;
  noteEvidence(reason: "unread" | "usage"): Promise<void>;
}
