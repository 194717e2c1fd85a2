/** What is known of one job: its batches, its results and what they rest on. */
import type { JobResult } from "../../job/types.js";
import type { JobFault, JobSummary } from "./jobs.js";

/** A moment of a job: when, and how many codes were in each state, in the order of `JobProgress`. */
export type JobSample = [at: number, ...counts: number[]];

/** A batch that waits for a decision. */
export interface UnknownBatch {
  /** Counts from 0, in input order. */
  id: number;
  /** How many codes it has. */
  codes: number;
  /** How many of them Uber has reported all the same, or are known to be in use. */
  reported: number;
  /** How many of them are known to be in use: these are in their recipients' hands. */
  used: number;
  /** How often it left, or was about to. */
  attempts: number;
  /** When it last left. */
  sentAt: number | null;
  /** The last answer that was no acceptance. */
  error: Pick<JobFault, "code" | "message" | "status"> | null;
}

/** Why Uber rejected some of a job's batches. */
export interface Rejection {
  /** The HTTP status. */
  status: number | null;
  /** Uber's own code, where it gave one. */
  code: string;
  /** What Uber said, shortened and without anybody's data; else what its answer comes to. */
  message: string;
  /** How many codes these batches have. */
  codes: number;
}

/** What the states of some codes of a job rest on. */
export interface EvidenceSource {
  /** How many codes. */
  codes: number;
  /** When it last settled some; `null` if it never did. */
  lastAt: number | null;
}

/** How many states of a job's codes rest on what; nothing yet proves those that are in none of these. */
export interface EvidenceSources {
  /** The answer to the request. */
  answer: EvidenceSource;
  /** What Uber reported later. */
  webhook: EvidenceSource;
  /** Uber says that they are in use. */
  usage: EvidenceSource;
  /** A decision of an operator's. */
  operator: EvidenceSource;
}

/** What Uber was asked about the use of a job's codes. */
export interface JobUsage {
  /** When it was last read, since the job was created; `null` if it was not. */
  readAt: number | null;
  /** When it will be read next; `null` where nothing is open, or only an operator has it read. */
  nextAt: number | null;
  /** Why the last try failed; `null` if it did not. It has changed no state. */
  error: JobFault | null;
  /** How many codes are in use that this job has not sent yet. */
  usedBefore: number;
}

/** What `POST …/jobs/{job}/reconcile` gives. */
export interface Reconciled {
  /** How many codes Uber listed. */
  read: number;
  /** How many codes of this job became `distributed` by that. */
  settled: number;
  /** How many codes of this job are unknown all the same. */
  stillUnknown: number;
  /** When that was read. */
  readAt: number;
}

/** How far Uber's reports of a job's unknown codes are, and from when on they may be sent again. */
export interface Settling {
  /** How many codes of the batches that are unknown were reported all the same. */
  arrived: number;
  /** How many codes those batches have. */
  of: number;
  /** When something of the job was last reported; `null` if nothing was. */
  lastAt: number | null;
  /** From when on `resend` may be decided, if nothing more arrives. */
  resendAt: number;
  /** When usage was last read, since the job was created; `null` if it was not. */
  usageReadAt: number | null;
  /** Whether `resend` may be decided: nothing has arrived for long, and usage was asked for since. */
  isOpen: boolean;
}

/** All that there is to say of a job. */
export interface JobDetail extends JobSummary {
  /** How the figures went: at most 240 moments, the oldest first. */
  samples: JobSample[];
  /** How many codes failed for which reason, the most frequent first; at most 100 reasons. */
  failures: { reason: string | null; count: number }[];
  /** Why batches were rejected, in what Uber said, the most codes first; at most 100. */
  rejections: Rejection[];
  /** How many batches there are. */
  batches: number;
  /** The first 200 of those that wait for a decision. */
  unknownBatches: UnknownBatch[];
  /** How many wait for a decision. */
  unknownBatchCount: number;
  /** Whether an operator has paused every job of every program. */
  pausedByEverything: boolean;
  /** What the states of its codes rest on. */
  sources: EvidenceSources;
  /** What was read of the use of its codes, and when. */
  usage: JobUsage;
  /** Whether reports are still to be expected; `null` where nothing is unknown. */
  settling: Settling | null;
}

/** What `GET …/jobs/{job}/live` sends: the job, then what changes, and the job again when more did. */
export type JobMessage =
  | { type: "job"; job: JobDetail }
  | ({ type: "progress"; sample: JobSample | null } & Pick<
      JobDetail,
      "status" | "progress" | "rate" | "waitingUntil" | "sources"
    >);

/** One code of a job. */
export interface JobResultRow extends JobResult {
  /** The code's place in the list, from 0. */
  place: number;
}

/** Some results of a job. */
export interface JobResultPage {
  /** In input order. */
  rows: JobResultRow[];
  /** From where the next page goes on; `null` where this is the last one. */
  next: number | null;
}
