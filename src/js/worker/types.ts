/** The public types of the worker. */
import type { RejectedEntry } from "../codes/code-list.js";
import type { CodeState, JobProgress, JobResult } from "../job/types.js";
import type { Guest, VoucherProgram } from "../types.js";
import type { WebhookOptions } from "../webhook/webhook.js";
import type { ObjectNamespace, RequestContext, Service } from "./platform-types.js";

/**
 * When the worker reads by itself which codes are in use: also before an operator is
 * asked about what is unknown.
 */
export interface UsageSchedule {
  /**
   * How many hours after a job was created, and after the read before: the last is repeated for as
   * long as the job has codes that are queued or unknown, `retentionDays` after its last change at
   * most. Default: `[1, 6, 24]`.
   */
  intervalHours?: readonly number[];
  /** How many minutes after an event that could not be read, or that says claimed or redeemed. Default: 5. */
  delayMinutes?: number;
  /** How many minutes pass at least from one read of a program to the next. Default: 10. */
  pauseMinutes?: number;
}

/** What `createWorker` takes. */
export interface WorkerOptions {
  /** Other origins whose pages may call, with a bearer token and never with a cookie. */
  allowedOrigins?: readonly string[];
  /** Whether a job may be made of every code of a program. Default: false. */
  allowDistributeAll?: boolean;
  /** Of all programs together, 0.01 to 100,000. Default: 50. Uber's general limit is 500 requests in 5 seconds. */
  requestsPerSecond?: number;
  /** Codes in one request, 1 to 30,000. Default: 500. */
  batchSize?: number;
  /** How long a finished job is kept, with each of its codes; at most 3,650. Default: 90. */
  retentionDays?: number;
  /**
   * How long an event of Uber's that was read is kept, with its body; at most 3,650. Default: 30.
   * One that could not be read is kept until an operator dismisses it, 400 days at most.
   */
  eventRetentionDays?: number;
  /** Of one upload, in bytes. Default: 100,000,000, which is the platform's own limit on most plans. */
  maxUploadBytes?: number;
  /** Of one upload. Default: 1,000,000. */
  maxCodes?: number;
  /**
   * How many requests the platform allows one invocation, 1 to 10,000,000: to Uber and to the worker's
   * own objects together. Default: 50, as on Cloudflare's free plan; its paid plan allows 10,000, or
   * what `limits.subrequests` says. With more, a job runs for longer at a time.
   */
  subrequests?: number;
  /**
   * Whether and when Uber is asked by itself which codes are in use, which proves that they have
   * reached somebody. `false`: only when an operator says so.
   */
  reconcile?: false | UsageSchedule;
  /**
   * How many minutes pass at least from the last request and Uber's last report of a job until its
   * unknown codes may be sent again, 0 to 1,440. Default: 10. 0: at once.
   */
  settleMinutes?: number;
  /**
   * How long pages are to have a job wait before it starts, so that it can be cancelled, in seconds:
   * 0 to 3,600. Default: 10. They are told by `GET /api/config`; a request without `startIn` starts at once.
   */
  startDelaySeconds?: number;
  /**
   * A job of more codes than `above` waits until another operator approves it. Operators are told
   * apart by Cloudflare Access: with the admin token, all of them have one name.
   */
  approval?: { above: number };
  /**
   * Is told what an operator may want to know, with counts and a path of the console, and nobody's data.
   * Nothing waits for it, and what it throws is logged. It may miss something when the platform ends
   * an object: what the API says is what counts.
   */
  onEvent?: (event: WorkerEvent, env: any) => void | Promise<void>;
  /**
   * Reads the outcomes of a webhook, as `verifyWebhook` takes it. Where the event names no
   * program, they go to the programs of the newest jobs: each takes in what is its own.
   */
  outcomes?: WebhookOptions["outcomes"];
}

/** The variables, secrets and bindings of the worker. */
export interface WorkerEnv {
  /** The objects of the class `VoucherProgram`. */
  VOUCHER_PROGRAM: ObjectNamespace;
  /** The object of the class `VoucherApp`. */
  VOUCHER_APP: ObjectNamespace;
  /** The console's files. Without them, there is the API alone. */
  ASSETS?: Service;
  /** Stands in Uber's place, such as the sandbox. */
  UBER?: Service;
  /** The organization id that Uber gave you. */
  UBER_ORGANIZATION_ID: string;
  /** Of the app in Uber's developer dashboard. */
  UBER_CLIENT_ID: string;
  /** Of the same. A secret. */
  UBER_CLIENT_SECRET: string;
  /** What signs webhooks; several while it changes, separated by blanks. A secret. */
  UBER_SIGNING_KEY?: string;
  /** Default: `https://api.uber.com`. */
  UBER_BASE_URL?: string;
  /** Default: Uber's. */
  UBER_TOKEN_URL?: string;
  /** Default: `organizations.voucher_programs`. */
  UBER_SCOPE?: string;
  /** Lets an operator in, as a bearer token or by the console's sign-in; at least 16 characters. A secret. */
  ADMIN_TOKEN?: string;
  /** Lets in whom Cloudflare Access lets in: the team's domain, `https://….cloudflareaccess.com`. */
  ACCESS_TEAM_DOMAIN?: string;
  /** The audience tag of the Access application. */
  ACCESS_AUDIENCE?: string;
}

/** What a worker module exports by default. */
export interface WorkerHandler {
  /** Answers a request. */
  fetch(request: any, env: any, context: any): Promise<any>;
  /** Looks for jobs that should run and are silent. For a cron trigger, each quarter of an hour. */
  scheduled?(event: any, env: any, context: any): Promise<void>;
}

/**
 * What became of a job, in a word.
 *
 * - `creating`: its list is not written down whole yet.
 * - `held`: written down, and waits for what was uploaded with it, or for the
 *   call that it belongs to.
 * - `unapproved`: it waits for an operator other than the one who created it.
 * - `scheduled`: it starts by itself, at `startsAt`.
 * - `running`: it sends, or waits until it may.
 * - `paused`: by an operator, or by the pause of everything.
 * - `halted`: something stopped it; see `error`.
 * - `undecided`: nothing is left to send, and something is unknown.
 * - `finished`: nothing is pending, sending or unknown.
 * - `cancelled`: by an operator, before anything of it had left. Its codes are free.
 * - `expired`: its list was deleted after `retentionDays`. What became of each
 *   code is still known.
 * - `unreadable`: its journal can't be read, see `error`. It was set aside:
 *   nothing of it leaves, and its codes count as unknown.
 * - `dropped`: an operator has deleted the journal of one that was unreadable.
 *   Its codes still count as unknown, unless Uber reports them.
 */
export type JobStatus =
  | "creating"
  | "held"
  | "unapproved"
  | "scheduled"
  | "running"
  | "paused"
  | "halted"
  | "undecided"
  | "finished"
  | "cancelled"
  | "expired"
  | "unreadable"
  | "dropped";

/** A job as the API shows it. */
export interface JobSummary {
  /** A UUID. */
  id: string;
  /** The voucher program. */
  programId: string;
  /** What became of it. */
  status: JobStatus;
  /** How many codes are in each state. */
  progress: JobProgress;
  /** Epoch milliseconds, as all times are. */
  createdAt: number;
  /** When something last changed. */
  updatedAt: number;
  /** When nothing was left to do; `null` until then. */
  finishedAt: number | null;
  /** Who created it. */
  by: string;
  /** What it is called: of its source, unless an operator has said otherwise. */
  name: string;
  /** What an operator has written down of it. */
  note: string | null;
  /** When it starts by itself, while it is `scheduled`. */
  startsAt: number | null;
  /** After so many codes it pauses by itself. */
  pauseAfter: number | null;
  /** Who has approved it, where that was needed. */
  approval: { by: string; at: number } | null;
  /** Where the list came from, in the words of whoever sent it. */
  source: string | null;
  /** Codes dropped from the list because they stood there before. */
  duplicates: number;
  /** Codes left out because they had been sent before. */
  skipped: number;
  /** Codes sent although they had been before. */
  resent: number;
  /** Codes of the list that are not sent, since Uber had cancelled them or said that they are in use. */
  leftOut: LeftOut;
  /** What was uploaded together. */
  group: string | null;
  /** What stopped it. */
  error: JobFault | null;
  /** Until when it waits: as Uber asked, or for another try to get a token. */
  waitingUntil: number | null;
  /** Requests a second, of late. */
  rate: number | null;
}

/** Codes that are never sent, whatever the request says. */
export interface LeftOut {
  /** Uber has cancelled them. */
  cancelled: number;
  /** They are in use, and no job here has sent them, or they were to be sent again. */
  used: number;
}

/** A code that is not in the program that it was to be sent of. */
export interface ForeignCode {
  /** The code's id. */
  code: string;
  /** Another program of the organization that has it, if that is known. */
  program: string | null;
}

/** An error, without anything that came from outside. */
export interface JobFault {
  /** Stable. */
  code: string;
  /** What happened, in a sentence. */
  message: string;
  /** What to do. */
  hint: string;
  /** May Uber have queued something because of this call? */
  queued: "no" | "unknown";
  /** The HTTP status, where an answer came. */
  status?: number;
}

/** What `onEvent` is told. */
export interface WorkerEvent {
  /**
   * - `job_started`: it begins to send.
   * - `job_halted`: something stopped it, or its journal can't be read; see `job.error`.
   * - `decision_needed`: nothing is left to send, and something is unknown.
   * - `approval_needed`: it waits for another operator.
   * - `job_finished`: nothing is pending, sending or unknown.
   * - `event_unread`: an event of Uber's could not be read. Told every ten minutes at most.
   */
  type:
    | "job_started"
    | "job_halted"
    | "decision_needed"
    | "approval_needed"
    | "job_finished"
    | "event_unread";
  /** When, in epoch milliseconds. */
  at: number;
  /** The job; `null` where it is about none. */
  job: JobSummary | null;
  /** Where the console shows it, below the worker's own origin. */
  path: string;
}

/** What an operator, or the worker's own schedule, has done. */
export type AuditAction =
  | "created"
  | "started"
  | "approved"
  | "cancelled"
  | "paused"
  | "resumed"
  | "decided"
  | "renamed"
  | "dropped"
  | "revealed"
  | "all_paused"
  | "all_resumed"
  | "event_dismissed"
  | "events_reread";

/** Who did what, when and why. */
export interface AuditEntry {
  /** Opaque. */
  id: string;
  /** When. */
  at: number;
  /** The operator. */
  by: string;
  /** What was done. */
  action: AuditAction;
  /** The voucher program; `null` where it concerns all of them. */
  programId: string | null;
  /** The job's id; `null` where it concerns none. */
  job: string | null;
  /** Why, in the operator's words. */
  reason: string | null;
  /** How many codes it concerns. */
  codes: number | null;
  /** What else is to be said, such as what was decided. */
  detail: string | null;
}

/** Some entries of the audit trail. */
export interface AuditPage {
  /** The newest first. */
  entries: AuditEntry[];
  /** What the next page is asked for with, as `before`; `null` where this is the last one. */
  next: string | null;
}

/** What needs an operator, and what is under way: of each at most the newest hundred. */
export interface Overview {
  /** They send, or start by themselves. */
  running: JobSummary[];
  /** Something stopped them, or something of them is unknown. */
  deciding: JobSummary[];
  /** They wait for another operator. */
  unapproved: JobSummary[];
  /** Events that could not be read, and that nobody has dealt with. */
  unreadEvents: number;
}

/** A program, as `GET /api/programs` lists it. */
export interface ProgramSummary extends VoucherProgram {
  /** The same as `programId`. */
  id: string;
  /** The newest job of this program; `null` where there is none. */
  lastJob: JobSummary | null;
}

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

/** Some guests of a program. They hold people's data: don't log them. */
export interface GuestPage {
  /** In Uber's order. */
  guests: Guest[];
  /** What `pageToken` of the next page is; `null` where this is the last one. */
  next: string | null;
  /** Whether names, addresses and numbers are shortened to what tells them apart. */
  masked: boolean;
}

/** Some results of a job. */
export interface JobResultPage {
  /** In input order. */
  rows: JobResultRow[];
  /** From where the next page goes on; `null` where this is the last one. */
  next: number | null;
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

/**
 * A well-signed event of Uber's as the worker keeps it.
 *
 * - `read`: outcomes were read of it.
 * - `unread`: its type says that it reports a distribution, or it is no JSON, and
 *   no outcome could be read.
 * - `other`: its type does not say so, and nothing was read of it.
 */
export interface EventSummary {
  /** Opaque. */
  id: string;
  /** `event_type`; empty where there is none. */
  type: string;
  /** The voucher program; `null` where the event names none. */
  programId: string | null;
  /** When it first came. */
  receivedAt: number;
  /** When the same message came last. */
  lastAt: number;
  /** How often the same message came. */
  count: number;
  /** `X-Environment`, in lower case. */
  environment: string | null;
  /** The length of its body. */
  bytes: number;
  /** Only the beginning of the body was kept. What could be read of the whole was. */
  isCut: boolean;
  /** What could be read of it. */
  status: "read" | "unread" | "other";
  /** How many outcomes were read of it. */
  outcomes: number;
  /** How many codes changed their state because of it; `null` where that is not known. */
  settled: number | null;
  /** Why it could not be read, or what was read of it not be handed on. */
  error: { message: string } | null;
  /** An operator has dealt with it: it is deleted as those that were read. */
  isDismissed: boolean;
}

/** Some of the events that are kept. */
export interface EventPage {
  /** The newest first. */
  events: EventSummary[];
  /** What the next page is asked for with, as `before`; `null` where this is the last one. */
  next: string | null;
  /** How many are unread and not dismissed, of all programs. */
  unreadCount: number;
  /** What was deleted before its time, since there was no space left. */
  dropped: { events: number; bytes: number };
  /** How far reading again has come; `null` where nothing is being read again. */
  rereading: { done: number; total: number } | null;
}

/** @internal */
export interface Call {
  request: Request;
  url: URL;
  env: WorkerEnv;
  context: RequestContext;
}
