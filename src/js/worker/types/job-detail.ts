/** The details of one job: its batches, its results and their sources. */
import type { JobResult } from "../../job/types.js";
import type { JobFault, JobSummary } from "./jobs.js";

/**
 * A sample of a job: the time, and how many codes were in each state, in the order of
 * `SAMPLED_STATES`.
 */
export type JobSample = [at: number, ...counts: number[]];

/** A batch that waits for a decision. */
export interface UnknownBatch {
  /** The number of the batch, from 0, in input order. */
  id: number;
  /** How many codes it has. */
  codes: number;
  /** How many of its codes Uber has reported anyway, or are known to be in use. */
  reported: number;
  /** How many of its codes are known to be in use: these were delivered. */
  used: number;
  /** How often it was sent, or was about to be. */
  attempts: number;
  /** When it was last sent. */
  sentAt: number | null;
  /** The last response that was not an acceptance. */
  error: Pick<JobFault, "code" | "message" | "status"> | null;
}

/** Why Uber rejected some of a job's batches. */
export interface Rejection {
  /** The HTTP status. */
  status: number | null;
  /** Uber's own error code, if there is one. */
  code: string;
  /**
   * Uber's message, shortened and without personal data; otherwise a description of the response.
   */
  message: string;
  /** How many codes these batches have. */
  codes: number;
}

/** One source of code states. */
export interface EvidenceSource {
  /** How many codes. */
  codes: number;
  /** When the last code got its state from this source; `null` if none did. */
  lastAt: number | null;
}

/** How many code states come from each source. Codes in none of them have no evidence yet. */
export interface EvidenceSources {
  /** The response to the request. */
  answer: EvidenceSource;
  /** A later report from Uber. */
  webhook: EvidenceSource;
  /** Usage: Uber lists the codes as in use. */
  usage: EvidenceSource;
  /** A decision of an operator. */
  operator: EvidenceSource;
}

/** The last and the next read of usage. */
export interface JobUsage {
  /** When usage was last read, since the job was created; `null` if it was not. */
  readAt: number | null;
  /** When the last try began, since the job was created; `null` if there was none. */
  triedAt: number | null;
  /** When it will be read next; `null` if no read is scheduled. */
  nextAt: number | null;
  /** Why the last read failed; `null` if it did not. A failed read changes no state. */
  error: JobFault | null;
  /** How many codes are in use that this job has not sent yet. */
  usedBefore: number;
}

/** The result of `POST …/jobs/{job}/reconcile`. */
export interface Reconciled {
  /** How many codes Uber listed. */
  read: number;
  /** How many codes of this job became `distributed` by it. */
  settled: number;
  /** How many codes of this job are still unknown. */
  stillUnknown: number;
  /** When the list was read. */
  readAt: number;
}

/** The progress of reports about unknown codes, and when these may be sent again. */
export interface Settling {
  /** How many codes of the unknown batches were reported anyway. */
  arrived: number;
  /** How many codes those batches have. */
  of: number;
  /** When something of the job was last reported; `null` if nothing was. */
  lastAt: number | null;
  /** When `resend` will be allowed, if no further report arrives. */
  resendAt: number;
  /** When usage was last read, since the job was created; `null` if it was not. */
  usageReadAt: number | null;
  /**
   * Whether `resend` is allowed: no report has arrived for long enough, and usage was requested
   * since.
   */
  isOpen: boolean;
}

/** A job with its details. */
export interface JobDetail extends JobSummary {
  /** Progress over time: at most 240 samples, oldest first. */
  samples: JobSample[];
  /** How many codes failed for each reason, the most frequent first; at most 100 reasons. */
  failures: { reason: string | null; count: number }[];
  /**
   * Why batches were rejected, in Uber's words, the reason with the most codes first; at most 100.
   */
  rejections: Rejection[];
  /** How many batches there are. */
  batches: number;
  /** The first 200 of those that wait for a decision. */
  unknownBatches: UnknownBatch[];
  /** How many batches wait for a decision. */
  unknownBatchCount: number;
  /** Whether an operator has paused every job of every program. */
  pausedByEverything: boolean;
  /** The sources of the states of its codes. */
  sources: EvidenceSources;
  /** The reads of its codes' usage. */
  usage: JobUsage;
  /** Whether reports may still arrive; `null` if nothing is unknown. */
  settling: Settling | null;
}

/**
 * The messages of `GET …/jobs/{job}/live`: the whole job, then changes, and the whole job again if
 * more has changed.
 */
export type JobMessage =
  | { type: "job"; job: JobDetail }
  | ({ type: "progress"; sample: JobSample | null } & Pick<
      JobDetail,
      "status" | "progress" | "rate" | "waitingUntil" | "sources"
    >);

/** One code of a job. */
export interface JobResultRow extends JobResult {
  /** Why it failed, or why Uber rejected its batch, in Uber's words; personal data is masked. */
  reason: string | null;
  /** The index of the code in the list, from 0. */
  place: number;
}

/** A page of a job's results. */
export interface JobResultPage {
  /** In input order. */
  rows: JobResultRow[];
  /** Where the next page starts; `null` on the last page. */
  next: number | null;
}
