/** What the parts of a program's object use of it and of one another. */
import type { Budget } from "./budget.js";
import type { Cancellation } from "./cancellation.js";
import type { Creation } from "./creation.js";
import type { Inbox } from "./inbox.js";
import type { Ledger } from "./ledger.js";
import type { ListChecks } from "./list-check.js";
import type { Listing } from "./listing.js";
import type { Live } from "./live.js";
import type { OpenJobs } from "./open-jobs.js";
import type { JobRecord, Records, Who } from "./records.js";
import type { Reports } from "./reports.js";
import type { Runner } from "./runner.js";
import type { SetAside } from "./set-aside.js";
import type { Stubs } from "../stubs.js";
import type { JobDetail, JobUsage, Reconciled } from "../types.js";
import type { UsageState } from "./usage-plan.js";

/** What others use of the reading of usage; described where `Usage` has it. */
export interface UsageReading {
  readonly last: Pick<UsageState, "endedAt" | "readAt" | "error">;
  nextAt(now: number): number | undefined;
  readIfDue(now: number): Promise<void>;
  reconcile(record: JobRecord): Promise<Reconciled>;
  shown(record: JobRecord, usedBefore: number, now: number): JobUsage;
}

/** The methods are described where `ProgramObject` has them. */
export interface Program {
  readonly budget: Budget;
  readonly stubs: Stubs;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly jobs: OpenJobs;
  readonly listing: Listing;
  readonly checks: ListChecks;
  readonly creation: Creation;
  readonly inbox: Inbox;
  readonly cancellation: Cancellation;
  readonly setAside: SetAside;
  readonly live: Live;
  readonly runner: Runner;
  readonly reports: Reports;
  readonly usage: UsageReading;
  readonly id: string;
  readonly isPaused: boolean;
  know(programId: string): void;
  learnPause(): Promise<void>;
  everything(isPaused: boolean): Promise<void>;
  resume(record: JobRecord, who?: Who): Promise<void>;
  arm(at?: number): Promise<void>;
  armNext(): Promise<void>;
  fold(record: JobRecord): Promise<void>;
  read(key: string): string | undefined;
  write(key: string, value: string): void;
  detail(record: JobRecord): Promise<JobDetail>;
}
