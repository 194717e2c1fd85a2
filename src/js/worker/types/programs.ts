/** Programs and their guests. */
import type { Guest, VoucherProgram } from "../../types.js";
import type { CodeState } from "../../job/types.js";
import type { JobSummary } from "./jobs.js";

/** A program, as `GET /api/programs` returns it. */
export interface ProgramSummary extends VoucherProgram {
  /** The same as `programId`. */
  id: string;
  /** The newest job of this program; `null` if there is none. */
  lastJob: JobSummary | null;
}

/** A page of programs, as `GET /api/programs` returns them. */
export interface ProgramPage {
  /** In Uber's order. */
  programs: ProgramSummary[];
  /** The `offset` of the next page; `null` on the last page. */
  next: number | null;
}

/** A page of a program's guests. They contain personal data: don't log them. */
export interface GuestPage {
  /** In Uber's order. */
  guests: Guest[];
  /** The `pageToken` of the next page; `null` on the last page. */
  next: string | null;
  /** Whether personal data is masked. */
  masked: boolean;
}

/** Which codes are wanted: those of a state; or those that no job here has sent. */
export type CodeFilter = "all" | "not-yet" | "canceled" | "not-canceled" | CodeState;

/** Which of a program's codes are wanted. */
export interface CodeQuery {
  /** Which codes are wanted. */
  filter: CodeFilter;
  /** How the id begins, or a part of the code_text; empty: every code. */
  find: string;
  /** Codes to find as well: those of the recipients that match, for example. */
  codes: string[];
}

/** A page of the codes that a query finds. */
export interface CodeSearch extends CodeQuery {
  /** How many of the found codes come before the page. */
  from: number;
  /** How many codes the page has at most. */
  limit: number;
  /** Reads Uber's list again. */
  again: boolean;
}

/** A code of a program, and what is known of it here. */
export interface ProgramCode {
  /** Its index in Uber's list. */
  place: number;
  /** Its id. */
  code: string;
  /** The text that the recipient enters; `null` if Uber does not list it. */
  codeText: string | null;
  /** How often it was used; `null` if Uber does not list it. */
  usageCount: number | null;
  /** The amount that was paid with it; `null` if Uber does not list it. */
  usageAmount: number | null;
  /** When it was cancelled, in epoch milliseconds; `null` if it was not. */
  canceledAt: number | null;
  /** Its state in the newest job that has it; `null` if no job here has it. */
  state: CodeState | null;
  /** The id of that job. */
  job: string | null;
}

/** Some of a program's codes. */
export interface CodePage {
  /** When Uber's list was read, in epoch milliseconds. */
  readAt: number;
  /** When the states were true. */
  knownAt: number;
  /** How many codes of the whole list pass each filter. */
  counts: Record<CodeFilter, number>;
  /** How many codes the query finds. */
  found: number;
  /** The codes of this page. */
  rows: ProgramCode[];
}

/** The ids of codes that a query finds, in the order of Uber's list. */
export interface CodeSelection {
  /** When Uber's list was read, in epoch milliseconds. */
  readAt: number;
  /** Their ids. */
  codes: string[];
  /** The index at which the next ones begin; `null` if these are the last. */
  next: number | null;
}

/** What the codes of a job were used for, by Uber's list. */
export interface UsedCodes {
  /** When Uber's list was read, in epoch milliseconds. */
  readAt: number;
  /** How many of them are in use. */
  codes: number;
  /** The amount that was paid with them; `null` if Uber does not list it for each. */
  amount: number | null;
}

/** A code that a job has, or had. */
export interface LocatedCode {
  /** Its id. */
  code: string;
  /** The program that it belongs to. */
  programId: string;
  /** `null` if its job was deleted, or if the code is in use and no job here has sent it. */
  job: string | null;
  /** Its state in that job. */
  state: CodeState | null;
}

/** The codes whose ids begin with a text, and where they are. */
export interface LocatedCodes {
  /** The codes; those of the program with the newest job come first. */
  codes: LocatedCode[];
  /** How many programs were searched. */
  programs: number;
  /** How many programs with jobs could not be asked. */
  missed: number;
}
