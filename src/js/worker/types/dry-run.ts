/** What a job would come to. */
import type { RejectedEntry } from "../../codes/code-list.js";
import type { CodeState } from "../../job/types.js";
import type { JobFault } from "./jobs.js";

/** A code that is not in the program that it was to be sent of. */
export interface ForeignCode {
  /** The code's id. */
  code: string;
  /** Another program of the organization that has it, if that is known. */
  program: string | null;
}

/** What a job would come to, before it is created. */
export interface DryRun {
  /** Distinct valid codes in the list. */
  codes: number;
  /** Codes dropped because they stood in the list before. */
  duplicates: number;
  /** Entries that are no code. */
  rejectedCount: number;
  /** The first 1,000 of them. */
  rejected: readonly RejectedEntry[];
  /** How many codes an earlier job has sent, or may have sent, by their state there. */
  blocked: { total: number } & Partial<Record<CodeState, number>>;
  /** How many of them are in use: these are not sent again, whatever the request says. */
  blockedUsed: number;
  /** The first 1,000 of them. */
  firstBlocked: {
    code: string;
    state: CodeState;
    /** `null` where what that job was is not known any more. */
    job: string | null;
    /** It is in use: it is not sent again. */
    used: boolean;
  }[];
  /** How many codes Uber does not list in the program: they are refused, unless `allowForeign` says otherwise. */
  foreign: number;
  /** The first 1,000 of them. */
  firstForeign: ForeignCode[];
  /** How many codes Uber has cancelled: they are left out. */
  cancelled: number;
  /** The first 1,000 of them. */
  firstCancelled: string[];
  /** How many codes are in use that no job here has sent: they are left out. */
  used: number;
  /** The first 1,000 of them. */
  firstUsed: string[];
  /** Uber's list that this was compared with. */
  check: {
    /** When it was read; `null` where it could not be, and nothing is known of foreign and cancelled codes. */
    readAt: number | null;
    /** How many codes the program has. */
    codes: number | null;
    /** Why it could not be read. */
    error: JobFault | null;
  };
}
