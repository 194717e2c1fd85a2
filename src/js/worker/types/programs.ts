/** Programs and their guests. */
import type { Guest, VoucherProgram } from "../../types.js";
import type { JobSummary } from "./jobs.js";

/** A program, as `GET /api/programs` lists it. */
export interface ProgramSummary extends VoucherProgram {
  /** The same as `programId`. */
  id: string;
  /** The newest job of this program; `null` where there is none. */
  lastJob: JobSummary | null;
}

/** Some guests of a program. They hold people's data: don't log them. */
export interface GuestPage {
  /** In Uber's order. */
  guests: Guest[];
  /** What `pageToken` of the next page is; `null` where this is the last one. */
  next: string | null;
  /** Whether names, addresses and numbers are shortened to what tells them apart. */
  masked: boolean;
}
