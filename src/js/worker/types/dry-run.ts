/** The result of a dry run. */
import type { RejectedEntry } from "../../codes/code-list.js";
import type { CodeState } from "../../job/types.js";
import type { JobFault } from "./jobs.js";

/** A code that is not in the job's program. */
export interface ForeignCode {
  /** The code's id. */
  code: string;
  /** Another program of the organization that has it, if known. */
  program: string | null;
}

/** What a job of a list would send, before it is created. */
export interface DryRun {
  /** Distinct valid codes in the list. */
  codes: number;
  /** Codes dropped because they occurred earlier in the list. */
  duplicates: number;
  /** Entries that are not codes. */
  rejectedCount: number;
  /** The first 1,000 of these entries. */
  rejected: readonly RejectedEntry[];
  /** How many codes an earlier job has sent, or may have sent, by their state in that job. */
  blocked: { total: number } & Partial<Record<CodeState, number>>;
  /** How many of them are in use: these are never sent again, whatever the request says. */
  blockedUsed: number;
  /** The first 1,000 of these codes. */
  firstBlocked: {
    code: string;
    state: CodeState;
    /** `null` if the job is no longer known. */
    job: string | null;
    /** Whether it is in use: then it is not sent again. */
    used: boolean;
  }[];
  /** How many codes failed, and no job has sent them since, so that nobody has them: they are sent like any other. */
  failedBefore: number;
  /**
   * How many codes Uber does not list in the program: they are refused, unless `allowForeign` is
   * set.
   */
  foreign: number;
  /** The first 1,000 of these codes. */
  firstForeign: ForeignCode[];
  /** How many codes Uber has cancelled: they are left out. */
  cancelled: number;
  /** The first 1,000 of these codes. */
  firstCancelled: string[];
  /** How many codes are in use that no job here has sent: they are left out. */
  used: number;
  /** The first 1,000 of these codes. */
  firstUsed: string[];
  /**
   * How many codes a job would send: with `skip`, which leaves out those that were sent before, and
   * with `resend`, which sends them again. Foreign codes are not counted.
   */
  sends: { skip: number; resend: number };
  /** The list of Uber's with which this one was compared. */
  check: {
    /**
     * When it was read; `null` if it could not be read: foreign and cancelled codes are then
     * unknown.
     */
    readAt: number | null;
    /** How many codes the program has. */
    codes: number | null;
    /** How many of these are cancelled. */
    cancelled: number | null;
    /** Why it could not be read. */
    error: JobFault | null;
  };
  /**
   * While reports about unknown codes of the list may still arrive: when `resend` will be allowed,
   * if there are no more. `null`: it is allowed now.
   */
  resendAt: number | null;
  /**
   * A digest of what is known about these codes. A job with it as `reviewed` is refused once that
   * has changed.
   */
  digest: string;
}
