/**
 * `uber-vouchers/worker-client`: the worker's API for pages, and for whoever else
 * operates it. It holds no WebAssembly: the worker decides.
 */
import type { CodeState, JobDecision } from "../job/types.js";
import type { CallSignal, Guest, VoucherProgram } from "../types.js";
import type {
  AuditPage,
  DryRun,
  EventPage,
  EventSummary,
  GuestPage,
  JobDetail,
  JobResultPage,
  JobResultRow,
  JobStatus,
  JobSummary,
  Overview,
  ProgramSummary,
  Reconciled,
} from "../worker/types.js";
import { Connection, type WorkerClientOptions } from "./connection.js";
import { WorkerError } from "./error.js";
import { type Body, NO_LIST, type WorkerCodes, bodyOf } from "./upload.js";
import { Watch, type WatchedJob } from "./watch.js";

export type { JobDecision } from "../job/types.js";
export type { Guest, VoucherProgram } from "../types.js";
export type { LiveSocket, WorkerClientOptions } from "./connection.js";
export { WorkerError } from "./error.js";
export type { WorkerErrorParts } from "./error.js";
export type { WorkerCodes } from "./upload.js";
export type { WatchedJob } from "./watch.js";
export type {
  AuditAction,
  AuditEntry,
  AuditPage,
  DryRun,
  EventPage,
  EventSummary,
  EvidenceSource,
  EvidenceSources,
  ForeignCode,
  JobDetail,
  JobFault,
  JobResultPage,
  JobResultRow,
  JobSample,
  JobStatus,
  JobSummary,
  JobUsage,
  LeftOut,
  Overview,
  ProgramSummary,
  Reconciled,
  Rejection,
  Settling,
  UnknownBatch,
} from "../worker/types.js";

/** What is to be sent. */
export interface UploadOptions {
  /** The name of the column that holds the codes, in a CSV. */
  column?: string;
  /** "I have seen what was rejected": it is left out. */
  valid?: boolean;
  /** Codes that an earlier job has sent, or may have sent, are left out. */
  skip?: boolean;
  /** They are sent all the same: some people may get a second message. */
  resend?: boolean;
  /** Codes that Uber does not list in the program are sent all the same. */
  allowForeign?: boolean;
  /** Where Uber's list of the program's codes can't be read: the codes are sent all the same. */
  unchecked?: boolean;
  /** Ends the upload. */
  signal?: CallSignal;
}

/** What makes a job beside its list. */
export interface NewJobOptions {
  /**
   * Names this request, so that it can be made again without a second job: with the
   * same key and the same list it gives the job that is there. Default: a new UUID.
   * Keep one of your own where the page may be reloaded meanwhile.
   */
  key?: string;
  /** Where the list came from, in your words: a file's name. */
  source?: string;
  /** Codes in one request, 1 to 30,000. Default: the worker's. */
  batchSize?: number;
  /** Whether it starts by itself. Default: true. */
  start?: boolean;
  /** What the job is called. Default: its source. */
  name?: string;
  /** So many seconds it waits before it starts, so that it can be cancelled; at most 3,600. Default: 0. */
  startIn?: number;
  /** After exactly so many codes it pauses by itself; `resume` sends the others. Not for several programs. */
  pauseAfter?: number;
}

/** What a job of a list is created with. */
export interface CreateJobOptions extends UploadOptions, NewJobOptions {}

/** What the jobs of a file that spans programs are created with. */
export interface CreateJobsOptions extends Omit<CreateJobOptions, "pauseAfter"> {
  /** The name of the column that holds the program ids. */
  programColumn?: string;
}

/** What a job of every code of a program is created with. */
export type CreateJobForAllOptions = NewJobOptions &
  Pick<UploadOptions, "skip" | "resend" | "unchecked" | "signal">;

/** What `results` takes. */
export interface ResultsOptions {
  /** Only codes in this state. */
  state?: CodeState;
  /** Only codes that begin so. */
  find?: string;
  /** Only codes with this reason; empty for those without one. */
  reason?: string;
  /** The place in the list to begin at. Default: 0. */
  from?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** Why an operator does something. */
export interface Why {
  /** In a sentence, for the audit trail; at most 500 characters. */
  reason?: string;
}

/** What `history` takes. */
export interface HistoryOptions {
  /** Contained in its name, note, source or ids, in any case. */
  find?: string;
  /** Only jobs that are so. */
  status?: JobStatus;
  /** Only those of a program. */
  program?: string;
  /** Only those created before, in epoch milliseconds. */
  before?: number;
  /** Of those that were created at that very moment, the ones after this one. */
  beforeId?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `audit` takes. */
export interface AuditOptions {
  /** Contained in one of the texts of an entry, in any case. */
  find?: string;
  /** Only entries of a program. */
  program?: string;
  /** Only entries of a job. */
  job?: string;
  /** What `next` of the page before was. */
  before?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `events` takes. */
export interface EventsOptions {
  /** Only those that are unread and not dismissed; or, with `false`, only the others. */
  unread?: boolean;
  /** Only those of a program. */
  program?: string;
  /** Only those of a type, such as `voucher_program_code_distributed`. */
  type?: string;
  /** Only those before: what `next` of the page before was. */
  before?: string;
  /** At most so many, 1 to 200. Default: 50. */
  limit?: number;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** What `guests` takes. */
export interface GuestsOptions {
  /** How many guests one request asks for, at most 1,000. Default: 500. */
  pageSize?: number;
  /** Shows them unmasked, which is written into the audit trail. Default: false. */
  reveal?: boolean;
  /** Ends the reading. */
  signal?: CallSignal;
}

/** The worker's API. Every method rejects with a `WorkerError`. */
export interface WorkerClient {
  /** Programs of the organization, each with its newest job. */
  programs(options?: {
    limit?: number;
    offset?: number;
    signal?: CallSignal;
  }): Promise<ProgramSummary[]>;
  /** One program, with what was used of it. */
  getProgram(programId: string, options?: { signal?: CallSignal }): Promise<VoucherProgram>;
  /** The newest job of each of these programs, at most 100; Uber is not asked. */
  lastJobs(
    programIds: readonly string[],
    options?: { signal?: CallSignal },
  ): Promise<Pick<ProgramSummary, "id" | "lastJob">[]>;
  /**
   * Everybody who is to get a code of the program; masked, unless `reveal` is said. They hold
   * people's data: don't log them.
   */
  guests(programId: string, options?: GuestsOptions): AsyncIterableIterator<Guest>;
  /** What a job of this list would come to. Nothing is created. */
  check(programId: string, codes: WorkerCodes, options?: UploadOptions): Promise<DryRun>;
  /**
   * Creates a job, which the worker runs whether this page stays open or not. Where no
   * answer comes, it asks again with the same key, unless the list is a stream.
   *
   * @throws {WorkerError} `invalid_codes`, `empty_codes`; `already_queued`: an earlier
   *   job has sent some of these codes, or may have; say `skip` or `resend`; `foreign_codes`:
   *   Uber does not list some of them in the program; `codes_not_read`: nobody could say;
   *   `nothing_to_send`: all are cancelled or in use.
   */
  createJob(programId: string, codes: WorkerCodes, options?: CreateJobOptions): Promise<JobSummary>;
  /**
   * Creates a job in each program of a CSV with a column of program ids: all of them, or
   * none. `group` names them together.
   */
  createJobs(
    codes: WorkerCodes,
    options?: CreateJobsOptions,
  ): Promise<{ group: string; jobs: JobSummary[] }>;
  /** What a job of **every** code of the program would come to. Nothing is created. */
  checkAll(programId: string, options?: { signal?: CallSignal }): Promise<DryRun>;
  /**
   * Creates a job of **every** code of the program, whoever its recipient is. The worker has
   * to allow it (`allowDistributeAll`).
   */
  createJobForAll(programId: string, options?: CreateJobForAllOptions): Promise<JobSummary>;
  /** The jobs of all programs, the newest first. */
  history(options?: HistoryOptions): Promise<JobSummary[]>;
  /** What is under way, and what needs an operator. */
  overview(options?: { signal?: CallSignal }): Promise<Overview>;
  /** Who did what, when and why; the newest first. */
  audit(options?: AuditOptions): Promise<AuditPage>;
  /** The jobs of a program, the newest first. */
  jobs(programId: string, options?: { signal?: CallSignal }): Promise<JobSummary[]>;
  /** All that there is to say of a job. */
  job(programId: string, jobId: string, options?: { signal?: CallSignal }): Promise<JobDetail>;
  /**
   * Tells of a job as it happens, until the function returned is called. A connection
   * that breaks comes back by itself; `isConnected` and `at` say how fresh the figures are.
   */
  watch(programId: string, jobId: string, listener: (watched: WatchedJob) => void): () => void;
  /** Each code of a job, in the order of its list. */
  results(
    programId: string,
    jobId: string,
    options?: ResultsOptions,
  ): AsyncIterableIterator<JobResultRow>;
  /** The same, one page at a time; at most 5,000 rows. Default: 500. */
  resultPage(
    programId: string,
    jobId: string,
    options?: ResultsOptions & { limit?: number },
  ): Promise<JobResultPage>;
  /** Nothing more leaves; what is under way is awaited. */
  pause(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Goes on; one that is `scheduled` starts now. */
  resume(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Nothing of the job ever leaves, and its codes are free.
   *
   * @throws {WorkerError} `already_sending`: something has left.
   */
  cancel(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Agrees to a job that another operator has created.
   *
   * @throws {WorkerError} `same_operator`: the same one has created it.
   */
  approve(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /** Says what a job is called, and what is to be known of it; `null` or an empty note takes it away. */
  rename(
    programId: string,
    jobId: string,
    naming: { name?: string; note?: string | null },
  ): Promise<JobSummary>;
  /** Lets go of a job that is `unreadable`, with its journal: its codes stay blocked, as unknown. */
  drop(programId: string, jobId: string, why?: Why): Promise<JobSummary>;
  /**
   * Decides about a batch that is unknown, or all that are. `resend` waits for `resume`.
   *
   * @throws {WorkerError} `reports_arriving`: `resend` would be too early; `job` says when it is not.
   */
  resolve(
    programId: string,
    jobId: string,
    batch: number | "all",
    decision: JobDecision,
    why?: Why,
  ): Promise<JobSummary>;
  /** The events of Uber's that the worker keeps, the newest first, without their bodies. */
  events(options?: EventsOptions): Promise<EventPage>;
  /** The body of an event as it came. It may hold a recipient's data. */
  event(eventId: string, options?: { signal?: CallSignal }): Promise<string>;
  /**
   * Has events read again, with the worker's reader and its `outcomes` of today: all, those of
   * a program, or those that are unread. Gives how many; `events` says how far that has come.
   */
  reread(options?: { programId?: string; unread?: boolean }): Promise<{ events: number }>;
  /** An event that could not be read is dealt with: it is deleted as those that were read. */
  dismiss(eventId: string): Promise<EventSummary>;
  /**
   * Asks Uber which codes of the program are in use, now. What is in use has reached
   * somebody, so it becomes `distributed`; that the rest is not proves nothing.
   */
  reconcile(
    programId: string,
    jobId: string,
    options?: { signal?: CallSignal },
  ): Promise<Reconciled>;
  /**
   * Any other route of the worker: the answer, if it is a success. `path` begins with a
   * slash; `init` is what `fetch` takes.
   */
  request(path: string, init?: any): Promise<any>;
}

const ATTEMPTS = 3;
const RETRY_MS = 1_000;
const LONGEST_PAGE = 5_000;

/** Makes a client of your own worker, at once and without a request. */
export function createWorkerClient(options: WorkerClientOptions): WorkerClient {
  const connection = new Connection(options);

  async function check(
    programId: string,
    { body, headers, duplex }: Body,
    { signal, ...flags }: UploadOptions,
  ): Promise<DryRun> {
    const init = { method: "POST", body, headers, ...duplex, ...signalIn(signal) };
    const path = `${jobsOf(programId)}${query({ ...flags, dryRun: true })}`;
    const answer = await connection.request(path, init, "no");
    return (await answer.json()) as DryRun;
  }

  async function create(
    path: string,
    { body, headers: ofBody, duplex, isRepeatable }: Body,
    { key = crypto.randomUUID(), signal, ...flags }: CreateJobsOptions,
  ): Promise<unknown> {
    const headers = { ...ofBody, "Idempotency-Key": key };
    const init = { method: "POST", body, headers, ...duplex, ...signalIn(signal) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const asked = `${path}${query(flags)}`;
        return await (await connection.request(asked, init, "unknown")).json();
      } catch (error) {
        if (attempt === ATTEMPTS || !isRepeatable || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
      }
    }
  }

  const act = (programId: string, jobId: string, action: string, why: Why = {}) =>
    connection.send<JobSummary>("POST", `${pathOf(programId, jobId)}/${action}`, why);

  const client: WorkerClient = {
    async programs({ limit, offset, signal } = {}) {
      const path = `/api/programs${query({ limit, offset })}`;
      return (await connection.get<{ programs: ProgramSummary[] }>(path, asSignal(signal)))
        .programs;
    },
    getProgram: (programId, { signal } = {}) =>
      connection.get<VoucherProgram>(programPath(programId), asSignal(signal)),
    async lastJobs(programIds, { signal } = {}) {
      type Found = { programs: Pick<ProgramSummary, "id" | "lastJob">[] };
      const path = `/api/programs${query({ ids: programIds.join() })}`;
      return (await connection.get<Found>(path, asSignal(signal))).programs;
    },
    async *guests(programId, { pageSize, reveal, signal } = {}) {
      // A token that comes again would never end.
      const read = new Set<string>();
      for (let pageToken: string | undefined; ;) {
        const asked = query({ pageSize, pageToken, reveal });
        const path = `${programPath(programId)}/guests${asked}`;
        const page = await connection.get<GuestPage>(path, asSignal(signal));
        yield* page.guests;
        if (page.next === null) return;
        if (read.has(page.next)) throw pageAgain();
        read.add((pageToken = page.next));
      }
    },
    check: (programId, codes, options = {}) => check(programId, bodyOf(codes), options),
    checkAll: (programId, options = {}) =>
      check(programId, NO_LIST, { ...everybody(programId), ...options }),
    createJob: (programId, codes, options = {}) =>
      create(jobsOf(programId), bodyOf(codes), options) as Promise<JobSummary>,
    createJobs: (codes, options = {}) =>
      create("/api/jobs", bodyOf(codes), options) as ReturnType<WorkerClient["createJobs"]>,
    createJobForAll: (programId, options = {}) =>
      create(jobsOf(programId), NO_LIST, {
        ...everybody(programId),
        ...options,
      }) as Promise<JobSummary>,
    async history({ signal, ...filter } = {}) {
      const path = `/api/jobs${query({ ...filter })}`;
      return (await connection.get<{ jobs: JobSummary[] }>(path, asSignal(signal))).jobs;
    },
    overview: ({ signal } = {}) => connection.get<Overview>("/api/overview", asSignal(signal)),
    audit: ({ signal, ...filter } = {}) =>
      connection.get<AuditPage>(`/api/audit${query({ ...filter })}`, asSignal(signal)),
    async jobs(programId, { signal } = {}) {
      const found = await connection.get<{ jobs: JobSummary[] }>(
        jobsOf(programId),
        asSignal(signal),
      );
      return found.jobs;
    },
    job: (programId, jobId, { signal } = {}) =>
      connection.get<JobDetail>(pathOf(programId, jobId), asSignal(signal)),
    watch(programId, jobId, listener) {
      const watch = new Watch(connection, pathOf(programId, jobId), listener);
      return () => watch.end();
    },
    async *results(programId, jobId, given = {}) {
      for (let from: number | null = given.from ?? 0; from !== null;) {
        const page: JobResultPage = await client.resultPage(programId, jobId, {
          ...given,
          from,
          limit: LONGEST_PAGE,
        });
        yield* page.rows;
        from = page.next;
      }
    },
    resultPage: (programId, jobId, { signal, ...filter } = {}) =>
      connection.get<JobResultPage>(
        `${pathOf(programId, jobId)}/results${query(filter)}`,
        asSignal(signal),
      ),
    pause: (programId, jobId, why) => act(programId, jobId, "pause", why),
    resume: (programId, jobId, why) => act(programId, jobId, "resume", why),
    cancel: (programId, jobId, why) => act(programId, jobId, "cancel", why),
    approve: (programId, jobId, why) => act(programId, jobId, "approve", why),
    rename: (programId, jobId, naming) =>
      connection.send("PATCH", pathOf(programId, jobId), naming),
    drop: (programId, jobId, why) => act(programId, jobId, "drop", why),
    resolve: (programId, jobId, batch, decision, why) =>
      connection.send("POST", `${pathOf(programId, jobId)}/resolve`, { batch, decision, ...why }),
    events: ({ signal, ...filter } = {}) =>
      connection.get<EventPage>(`/api/events${query({ ...filter })}`, asSignal(signal)),
    async event(eventId, { signal } = {}) {
      return (await connection.request(eventPath(eventId), signalIn(signal), "no")).text();
    },
    reread: (options = {}) => connection.send("POST", "/api/events/reread", options),
    dismiss: (eventId) => connection.send("POST", `${eventPath(eventId)}/dismiss`, {}),
    async reconcile(programId, jobId, { signal } = {}) {
      const init = { method: "POST", ...signalIn(signal) };
      const answer = await connection.request(`${pathOf(programId, jobId)}/reconcile`, init, "no");
      return (await answer.json()) as Reconciled;
    },
    request: (path, init: RequestInit = {}) => {
      const reads = ["GET", "HEAD"].includes(init.method ?? "GET");
      return connection.request(path, init, reads ? "no" : "unknown");
    },
  };
  return client;
}

function pageAgain(): WorkerError {
  return new WorkerError({
    code: "unexpected_response",
    message: "Uber gave the token of a page that was read already",
    hint: "Read the guests again later. Those that came so far are complete pages.",
    queued: "no",
    status: 200,
  });
}

/** Whether the same request may fare better soon: the key keeps it from making a second job. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof WorkerError)) return false;
  const { code, status } = error;
  return code === "creation_in_progress" || status === null || status === 502 || status === 504;
}

/** Everybody has to be confirmed with the program's id. */
const everybody = (programId: string) => ({ all: true, confirm: programId });
const programPath = (programId: string) => `/api/programs/${encodeURIComponent(programId)}`;
const jobsOf = (programId: string) => `${programPath(programId)}/jobs`;
const pathOf = (programId: string, jobId: string) =>
  `${jobsOf(programId)}/${encodeURIComponent(jobId)}`;
const eventPath = (eventId: string) => `/api/events/${encodeURIComponent(eventId)}`;
const asSignal = (signal: CallSignal | undefined) => signal as AbortSignal | undefined;
const signalIn = (signal: CallSignal | undefined) =>
  signal === undefined ? {} : { signal: signal as AbortSignal };

function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
