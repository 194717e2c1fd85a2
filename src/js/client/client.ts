/** The client: `createClient` and what it gives. */
import { type Binding, instance } from "../wasm/binding.js";
import { type ListParts, listParts } from "../codes/code-list.js";
import { withInput } from "../codes/codes-input.js";
import { ValidationError, VoucherError, refusal, toError } from "../errors.js";
import {
  CALL_DISTRIBUTE,
  CALL_DISTRIBUTE_ALL,
  CALL_GET_PROGRAM,
  CALL_LIST_CODES,
  CALL_LIST_GUESTS,
  CALL_LIST_USED_CODES,
  CALL_REQUEST_TOKEN,
  CALL_SEARCH_PROGRAMS,
} from "../generated/protocol.js";
import { DONE, Deadline, FAILED, hostClock } from "../http/deadline.js";
import { type Host, createHost, timeOf } from "../wasm/host.js";
import { type JobContext, openJob } from "../job/job.js";
import type { Job, JobOptions, ResumeOptions } from "../job/types.js";
import type { Usage, UsageReader } from "../job/usage.js";
import { memoryJournal } from "../journal/memory.js";
import type { Journal } from "../journal/types.js";
import {
  type CheckedOptions,
  type ClientSettings,
  checkCallOptions,
  checkClientOptions,
  checkJobOptions,
  checkResumeOptions,
  pageSize as pageSizeReader,
  programIdOf,
} from "./options.js";
import { boolean, count, text } from "../schema.js";
import { type CodesInput, parse } from "../codes/parse.js";
import { type TokenRules, TokenSource } from "./token-source.js";
import type {
  CallOptions,
  CallSignal,
  ClientOptions,
  Guest,
  Receipt,
  TokenSet,
  VoucherCode,
  VoucherProgram,
} from "../types.js";

const NO_IDS = new Uint8Array();
const TOKEN_TIMEOUT_MS = 30_000;

/** What `listCodes` takes. */
export interface ListCodesOptions extends CallOptions {
  /** Asks for `usageCount` and `usageAmount` too. */
  includeUsage?: boolean;
}

/** What `listGuests` takes. */
export interface ListGuestsOptions extends CallOptions {
  /** How many guests one request asks for. Default: 500. */
  pageSize?: number;
}

/** What `searchPrograms` takes. */
export interface SearchProgramsOptions extends CallOptions {
  /** Only programs of this status. */
  status?: "UPCOMING" | "ACTIVE" | "COMPLETE" | "CANCELED";
  /** How many at most. Default: 50. */
  limit?: number;
  /** How many to pass over. Default: 0. */
  offset?: number;
}

/** The voucher programs of one organization. */
export interface Client {
  /** Loads the module now, instead of with the first call. Never needed. */
  ready(): Promise<void>;

  /**
   * Queues these codes to be sent to their recipients, in one request of at
   * most 30,000. A receipt says *queued*; what became of each code comes later
   * by webhook. Calling it again sends again.
   *
   * Source: Bulk Distribution of Voucher Redemption Codes.
   *
   * @throws {ValidationError} `invalid_codes`, `empty_codes`, `too_many_codes`
   *   and other faults of the input: nothing has left.
   * @throws {ApiError} Uber answered otherwise; see `queued`.
   * @throws {ConnectionError} No answer came; see `queued`.
   */
  distribute(programId: string, codes: CodesInput, options?: CallOptions): Promise<Receipt>;

  /**
   * Queues **every** code of the program, whoever its recipient is. The one
   * way to do that.
   *
   * @throws As `distribute`.
   */
  distributeAll(programId: string, options?: CallOptions): Promise<Receipt>;

  /**
   * The codes of a program. Source: Get Voucher Codes; Uber documents no
   * paging, so all come in one answer.
   *
   * @throws {ApiError} and {ConnectionError}, always with `queued: "no"`.
   */
  listCodes(programId: string, options?: ListCodesOptions): Promise<VoucherCode[]>;

  /**
   * The programs of the organization. Source: Search Voucher Programs.
   *
   * @throws {ApiError} and {ConnectionError}, always with `queued: "no"`.
   */
  searchPrograms(options?: SearchProgramsOptions): Promise<VoucherProgram[]>;

  /**
   * One program, with what was used of it so far. Source: Get Voucher Program.
   *
   * @throws {ApiError} and {ConnectionError}, always with `queued: "no"`.
   */
  getProgram(programId: string, options?: CallOptions): Promise<VoucherProgram>;

  /**
   * The guests of a program, page by page as they are asked for. Source: Get Guests; only
   * those that *Add Guests* added are listed. A page that fails ends the iteration.
   *
   * @throws {ApiError} `unexpected_response` too if Uber gives the token of a page that was
   *   read already; and {ConnectionError}, always with `queued: "no"`.
   */
  listGuests(programId: string, options?: ListGuestsOptions): AsyncIterableIterator<Guest>;

  /**
   * Makes a job that sends these codes in batches and can say at any moment, and
   * after any crash, what is known of each. Nothing leaves before `run`.
   *
   * A journal that holds this very job already goes on with it, so that a program
   * which is simply run again resumes.
   *
   * @throws {ValidationError} As `distribute`, save for the number of codes.
   * @throws {JobError} `journal_mismatch`: the journal holds something else;
   *   `journal_lost`: it lacks what it had; `journal_corrupt`, `journal_failed`;
   *   `job_busy`: somebody else has it.
   */
  createJob(programId: string, codes: CodesInput, options?: JobOptions): Promise<Job>;

  /**
   * Goes on with the job of a journal. A batch that was under way when it broke
   * off is `unknown`. Where there is no journal, none is made.
   *
   * @throws {JobError} As `createJob`.
   */
  resumeJob(journal: Journal, options?: ResumeOptions): Promise<Job>;
}

/**
 * Makes a client, at once and without a request.
 *
 * @throws {ValidationError} `invalid_options`, naming the option; `secret_in_browser`;
 *   `invalid_organization_id`.
 */
export function createClient(options: ClientOptions): Client {
  const lives = new BoundClient(options);
  const client: Client = {
    async ready() {
      await lives.binding();
    },
    distribute: (programId, codes, callOptions) =>
      withInput(codes, async (begun) => {
        const call = checkCallOptions(callOptions);
        await lives.binding(call);
        const { ids, duplicates, rejectedCount, rejected } = await read(begun, call);
        const input = { programId: programIdOf(programId), duplicates, rejectedCount };
        try {
          return (await lives.call(CALL_DISTRIBUTE, input, call, ids)) as Receipt;
        } catch (error) {
          throw withIssues(error, rejected);
        }
      }),
    async distributeAll(programId, callOptions) {
      const call = checkCallOptions(callOptions);
      await lives.binding(call);
      const input = { programId: programIdOf(programId) };
      return (await lives.call(CALL_DISTRIBUTE_ALL, input, call)) as Receipt;
    },
    async listCodes(programId, callOptions) {
      const call = checkCallOptions(callOptions, { includeUsage: boolean });
      await lives.binding(call);
      const { includeUsage } = call;
      const input = { programId: programIdOf(programId), includeUsage };
      return (await lives.call(CALL_LIST_CODES, input, call)) as VoucherCode[];
    },
    async searchPrograms(callOptions) {
      const call = checkCallOptions(callOptions, { status: text, limit: count, offset: count });
      const { status, limit = 50, offset = 0 } = call;
      const input = { status, limit, offset };
      return (await lives.call(CALL_SEARCH_PROGRAMS, input, call)) as VoucherProgram[];
    },
    async getProgram(programId, callOptions) {
      const call = checkCallOptions(callOptions);
      const input = { programId: programIdOf(programId) };
      return (await lives.call(CALL_GET_PROGRAM, input, call)) as VoucherProgram;
    },
    async *listGuests(programId, callOptions) {
      const call = checkCallOptions(callOptions, { pageSize: pageSizeReader });
      const { pageSize = 500, ...rest } = call;
      const read = new Set<string>();
      for (let pageToken: string | undefined; ;) {
        const page = await guestPage(lives, programId, pageSize, rest, pageToken);
        yield* page.guests;
        if (page.next === null) return;
        if (read.has(page.next)) throw pageAgain();
        read.add((pageToken = page.next));
      }
    },
    createJob: (programId, codes, given) =>
      withInput(codes, async (begun) => {
        const options = checkJobOptions(given, lives.settings, memoryJournal);
        await lives.binding();
        const { signal } = options;
        const parts = await read(begun, signal ? { signal } : {});
        const created = { programId: programIdOf(programId), parts };
        try {
          return await openUnlessAborted(await context(), options, created);
        } catch (error) {
          throw withIssues(error, parts.rejected);
        }
      }),
    async resumeJob(journal, given) {
      const options = checkResumeOptions(given, lives.settings, journal);
      return openUnlessAborted(await context(), options);
    },
  };
  const reader: UsageReader = {
    async listUsedCodes(programId, call) {
      return (await lives.call(CALL_LIST_USED_CODES, { programId }, call)) as Usage;
    },
    listGuests: (programId, call) => client.listGuests(programId, call),
  };
  const context = async () => ({ ...(await lives.context()), reader });
  return client;
}

/**
 * Gets a token as a client with these options does, for others to use: the
 * worker has one place that asks for tokens.
 */
export function tokensOf(options: ClientOptions): (rejected?: string) => Promise<string> {
  const lives = new BoundClient(options);
  return async (rejected) => {
    const { host } = await lives.context();
    const { kind, value } = await host.token(rejected, TOKEN_TIMEOUT_MS);
    if (kind === DONE) return value as string;
    if (value instanceof VoucherError) throw value;
    const hint = "See `cause`. Nothing has left.";
    throw refusal("timeout", "Getting a token took too long", hint, { cause: value });
  };
}

/** Reads one page of guests at a time, for others to hand on: the worker does so. */
export function guestPagesOf(
  options: ClientOptions,
): (programId: string, pageSize: number | undefined, pageToken?: string) => Promise<GuestPage> {
  const lives = new BoundClient(options);
  // Whoever asks repeats what may be repeated.
  const once = checkCallOptions({ maxRetries: 0 });
  return (programId, pageSize = 500, pageToken) =>
    guestPage(lives, programId, pageSize, once, pageToken);
}

async function guestPage(
  lives: BoundClient,
  programId: string,
  pageSize: number,
  call: CallOptions,
  pageToken: string | undefined,
): Promise<GuestPage> {
  const input = { programId: programIdOf(programId), pageSize, pageToken };
  return (await lives.call(CALL_LIST_GUESTS, input, call)) as GuestPage;
}

type BoundBinding = InstanceType<Binding["Client"]>;

/** The client's other half, in the instance, made anew when that was replaced. */
class BoundClient {
  readonly #checked: CheckedOptions;
  #host: Host | undefined;
  #made: { generation: number; binding: BoundBinding } | undefined;

  constructor(options: ClientOptions) {
    this.#checked = checkClientOptions(options);
  }

  get settings(): ClientSettings {
    return this.#checked.settings;
  }

  /** What a job needs. */
  async context(): Promise<Omit<JobContext, "reader">> {
    const client = await this.binding();
    return { glue: await instance.load(), client, host: this.#host as Host };
  }

  /** Makes a call of the core's. */
  async call(
    operation: number,
    input: object,
    call: CallOptions,
    ids: Uint8Array = NO_IDS,
  ): Promise<unknown> {
    // Again, as the instance may have been replaced while codes were read.
    const binding = await this.binding(call);
    const queues = operation === CALL_DISTRIBUTE || operation === CALL_DISTRIBUTE_ALL;
    const { settings } = this.#checked;
    return instance.call(queues ? "unknown" : "no", () =>
      drive(binding.call(operation, withDefaults(input, call, settings), ids, call.signal)),
    );
  }

  /** The other half: as it is where it is there, since each promise costs. */
  binding({ signal }: CallOptions = {}): BoundBinding | Promise<BoundBinding> {
    const made = this.#made;
    const isThere = made !== undefined && signal === undefined && instance.isLive(made.generation);
    return isThere ? made.binding : this.#bind(signal);
  }

  async #bind(signal: CallSignal | undefined): Promise<BoundBinding> {
    const checked = this.#checked;
    const glue = await unlessAborted(signal, () => instance.load(checked.module));
    if (this.#made?.generation !== instance.generation) {
      const host = (this.#host ??= hostOf(checked, glue));
      const binding = instance.callSync(() => new glue.Client(checked.settings, host as never));
      this.#made = { generation: instance.generation, binding };
    }
    return this.#made.binding;
  }
}

interface CallDefaults {
  timeoutMs: number;
  maxRetries: number;
}

/** What a call leaves open is as the client has it. */
function withDefaults(input: object, call: CallOptions, defaults: CallDefaults): object {
  const { timeoutMs, maxRetries } = defaults;
  const { timeoutMs: ownTimeoutMs = timeoutMs, maxRetries: ownMaxRetries = maxRetries } = call;
  return Object.assign(input, { timeoutMs: ownTimeoutMs, maxRetries: ownMaxRetries });
}

function hostOf({ host: options, auth, settings }: CheckedOptions, glue: Binding): Host {
  const clock = options.clock ?? hostClock;
  const rules: TokenRules = {
    request: (refreshToken) => requestToken(settings, host, { refreshToken }),
    isStale: ({ expiresAt, renewAt = glue.renewAt(expiresAt) }) =>
      // What is no time is over.
      !(Math.min(expiresAt, renewAt) > timeOf(clock)),
  };
  const tokens = new TokenSource(auth, rules, clock, settings.timeoutMs);
  const host = createHost(options, () => tokens);
  return host;
}

/**
 * Asks for tokens, by an other half of its own: the instance holds the host, and
 * if the host held the client's, no client would ever be given back.
 */
export async function requestToken(
  settings: CallDefaults,
  host: Host,
  input: object,
  call: CallOptions = {},
): Promise<TokenSet> {
  await instance.load();
  const tokens = await instance.call("no", (glue) => {
    const client = new glue.Client(settings, host);
    const asked = client.call(
      CALL_REQUEST_TOKEN,
      withDefaults(input, call, settings),
      NO_IDS,
      call.signal,
    );
    client.free();
    return drive(asked);
  });
  return tokens as TokenSet;
}

/** Does what a call asks for, until it is over. */
async function drive(call: ReturnType<BoundBinding["call"]>): Promise<unknown> {
  const { generation } = instance;
  try {
    for (let came: unknown; ;) {
      const [coming, result] = call.step(came) as [coming: unknown, result?: unknown];
      if (coming === undefined) return result;
      came = coming instanceof Promise ? await coming : coming;
    }
  } finally {
    // What lived in an instance that was lost is gone with it.
    if (instance.isLive(generation)) call.free();
  }
}

interface GuestPage {
  guests: Guest[];
  next: string | null;
}

/** Without this, a token that leads back would be followed for ever. */
function pageAgain(): VoucherError {
  return toError({
    class: "ApiError",
    code: "unexpected_response",
    queued: "no",
    message: "Uber gave the token of a page that was read already",
    hint: "Read the guests again later. Those that came so far are complete pages.",
    status: 200,
  });
}

/** A job that comes to be after the caller gave up is closed: nobody has it. */
async function openUnlessAborted(...[context, options, created]: Parameters<typeof openJob>) {
  let opening: Promise<Job> | undefined;
  try {
    return await unlessAborted(options.signal, () => {
      return (opening = openJob(context, options, created));
    });
  } catch (error) {
    void opening?.then((job) => job.close()).catch(() => {});
    throw error;
  }
}

/** Work may take its time; the caller need not wait for it. */
async function unlessAborted<T>(
  signal: CallSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  const deadline = new Deadline(hostClock, Infinity, signal);
  const { kind, value } = await deadline.race(work);
  deadline.end();
  if (kind === DONE) return value;
  // What `work` has thrown, as the type does not tell.
  if (kind === FAILED) throw value as unknown;
  const hint = "The signal you passed was aborted before anything left.";
  throw refusal("aborted", "The call was aborted", hint, { cause: value });
}

function read(codes: unknown, { signal }: CallOptions): ListParts | Promise<ListParts> {
  return listParts(codes) ?? parse(codes, signal ? { signal } : {});
}

function withIssues(error: unknown, rejected: ListParts["rejected"]): unknown {
  if (!(error instanceof ValidationError) || error.code !== "invalid_codes") return error;
  const issues = rejected.map((entry) => ({ index: entry.line - 1, ...entry }));
  const { name, code, queued, hint, message } = error;
  return toError({ class: name, code, queued, hint, message, issues });
}
