/** Creates a client, and sends the requests of its methods. */
import type { VoucherProgram } from "../types.js";
import { LIMITS } from "../worker/limits.js";
import type {
  AuditPage,
  DryRun,
  EventPage,
  GuestPage,
  JobDetail,
  JobPage,
  JobResultPage,
  JobSummary,
  Overview,
  ProgramPage,
  ProgramSummary,
} from "../worker/types.js";
import type { WorkerClient } from "./api.js";
import { Connection, type WorkerClientOptions, withSignal } from "./connection.js";
import { WorkerError } from "./error.js";
import type { CreateJobsOptions, UploadOptions, Why } from "./options.js";
import { type Body, NO_LIST, bodyOf } from "./upload.js";
import { Watch } from "./watch.js";

const ATTEMPTS = 3;
const RETRY_MS = 1_000;

/** Creates a client of your own worker, at once and without a request. */
export function createWorkerClient(options: WorkerClientOptions): WorkerClient {
  const connection = new Connection(options);

  async function check(
    programId: string,
    { body, headers, duplex }: Body,
    { signal, ...flags }: UploadOptions,
  ): Promise<DryRun> {
    const init = { method: "POST", body, headers, ...duplex, ...withSignal(signal) };
    const path = `${jobsOf(programId)}${query({ ...flags, dryRun: true })}`;
    return connection.requestJson(path, init, "no");
  }

  async function create<T>(
    path: string,
    { body, headers: ofBody, duplex, isRepeatable }: Body,
    { key = crypto.randomUUID(), signal, ...flags }: CreateJobsOptions,
  ): Promise<T> {
    const headers = { ...ofBody, "Idempotency-Key": key };
    const init = { method: "POST", body, headers, ...duplex, ...withSignal(signal) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connection.requestJson(`${path}${query(flags)}`, init, "unknown");
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
      return (await connection.get<ProgramPage>(path, signal)).programs;
    },
    getProgram: (programId, { signal } = {}) =>
      connection.get<VoucherProgram>(programPath(programId), signal),
    async lastJobs(programIds, { signal } = {}) {
      type Found = { programs: Pick<ProgramSummary, "id" | "lastJob">[] };
      const path = `/api/programs${query({ ids: programIds.join() })}`;
      return (await connection.get<Found>(path, signal)).programs;
    },
    async *guests(programId, { pageSize, reveal, signal } = {}) {
      // A repeated token would cause an endless loop.
      const read = new Set<string>();
      for (let pageToken: string | undefined; ;) {
        const asked = query({ pageSize, pageToken, reveal });
        const path = `${programPath(programId)}/guests${asked}`;
        const page = await connection.get<GuestPage>(path, signal);
        yield* page.guests;
        if (page.next === null) return;
        if (read.has(page.next)) throw pageAgain();
        read.add((pageToken = page.next));
      }
    },
    check: (programId, codes, options = {}) => check(programId, bodyOf(codes), options),
    checkAll: (programId, options = {}) =>
      check(programId, NO_LIST, { ...allCodes(programId), ...options }),
    createJob: (programId, codes, options = {}) =>
      create(jobsOf(programId), bodyOf(codes), options),
    createJobs: (codes, options = {}) => create("/api/jobs", bodyOf(codes), options),
    createJobForAll: (programId, options = {}) =>
      create(jobsOf(programId), NO_LIST, { ...allCodes(programId), ...options }),
    async history({ signal, programs, ...filter } = {}) {
      const path = `/api/jobs${query({ ...filter, programs: programs?.join() })}`;
      return (await connection.get<JobPage>(path, signal)).jobs;
    },
    overview: ({ signal } = {}) => connection.get<Overview>("/api/overview", signal),
    audit: ({ signal, programs, ...filter } = {}) =>
      connection.get<AuditPage>(
        `/api/audit${query({ ...filter, programs: programs?.join() })}`,
        signal,
      ),
    async jobs(programId, { signal } = {}) {
      const found = await connection.get<JobPage>(jobsOf(programId), signal);
      return found.jobs;
    },
    job: (programId, jobId, { signal } = {}) =>
      connection.get<JobDetail>(pathOf(programId, jobId), signal),
    watch(programId, jobId, listener) {
      const watch = new Watch(connection, pathOf(programId, jobId), listener);
      return () => watch.end();
    },
    async *results(programId, jobId, given = {}) {
      for (let from: number | null = given.from ?? 0; from !== null;) {
        const page: JobResultPage = await client.resultPage(programId, jobId, {
          ...given,
          from,
          limit: LIMITS.resultsPerPage,
        });
        yield* page.rows;
        from = page.next;
      }
    },
    resultPage: (programId, jobId, { signal, ...filter } = {}) =>
      connection.get<JobResultPage>(`${pathOf(programId, jobId)}/results${query(filter)}`, signal),
    pause: (programId, jobId, why) => act(programId, jobId, "pause", why),
    resume: (programId, jobId, why) => act(programId, jobId, "resume", why),
    start: (programId, jobId, why) => act(programId, jobId, "start", why),
    abandon: (programId, jobId, why) => act(programId, jobId, "abandon", why),
    cancel: (programId, jobId, why) => act(programId, jobId, "cancel", why),
    approve: (programId, jobId, why) => act(programId, jobId, "approve", why),
    rename: (programId, jobId, naming) =>
      connection.send("PATCH", pathOf(programId, jobId), naming),
    drop: (programId, jobId, why) => act(programId, jobId, "drop", why),
    resolve: (programId, jobId, batch, decision, why) =>
      connection.send("POST", `${pathOf(programId, jobId)}/resolve`, { batch, decision, ...why }),
    events: ({ signal, ...filter } = {}) =>
      connection.get<EventPage>(`/api/events${query({ ...filter })}`, signal),
    async event(eventId, { signal } = {}) {
      return (await connection.request(eventPath(eventId), withSignal(signal), "no")).text();
    },
    reread: (options = {}) => connection.send("POST", "/api/events/reread", options),
    dismiss: (eventId) => connection.send("POST", `${eventPath(eventId)}/dismiss`, {}),
    async reconcile(programId, jobId, { signal } = {}) {
      const init = { method: "POST", ...withSignal(signal) };
      return connection.requestJson(`${pathOf(programId, jobId)}/reconcile`, init, "no");
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
    message: "Uber returned the token of a page that was already read",
    hint: "Read the guests again later. Those that came so far are complete pages.",
    queued: "no",
    status: 200,
  });
}

/** Whether the same request may succeed soon: its key keeps it from creating a second job. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof WorkerError)) return false;
  const { code, status } = error;
  return code === "creation_in_progress" || status === null || status === 502 || status === 504;
}

/** A job of every code has to be confirmed with the program's id. */
const allCodes = (programId: string) => ({ all: true, confirm: programId });
const programPath = (programId: string) => `/api/programs/${encodeURIComponent(programId)}`;
const jobsOf = (programId: string) => `${programPath(programId)}/jobs`;
const pathOf = (programId: string, jobId: string) =>
  `${jobsOf(programId)}/${encodeURIComponent(jobId)}`;
const eventPath = (eventId: string) => `/api/events/${encodeURIComponent(eventId)}`;

function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
