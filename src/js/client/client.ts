/** The client: `createClient` and what it gives. */
import { withInput } from "../codes/stream.js";
import type { CodesInput } from "../codes/parse.js";
import { VoucherError, refusal } from "../errors.js";
import { CALL_LIST_USED_CODES } from "../generated/protocol.js";
import { DONE } from "../http/deadline.js";
import { type JobContext, openJob } from "../job/open.js";
import { checkJobOptions, checkResumeOptions } from "../job/options.js";
import type { Job, JobOptions, ResumeOptions } from "../job/types.js";
import type { GuestPage } from "../wasm/results.js";
import { memoryJournal } from "../journal/memory.js";
import type { Journal } from "../journal/types.js";
import { BoundClient, unlessAborted } from "./bound-client.js";
import { type Calls, callsOf, guestPage, readCodes, withIssues } from "./calls.js";
import { checkCallOptions, programIdOf } from "./options.js";
import type { ClientOptions } from "../types.js";

const TOKEN_TIMEOUT_MS = 30_000;

/** The voucher programs of one organization. */
export interface Client extends Calls {
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
  const calls = callsOf(lives);
  const context = async (): Promise<JobContext> => ({
    ...(await lives.parts()),
    reader: {
      listUsedCodes: (programId, call) => lives.call(CALL_LIST_USED_CODES, { programId }, call),
      listGuests: (programId, call) => calls.listGuests(programId, call),
    },
  });
  return {
    ...calls,
    createJob: (programId, codes, given) =>
      withInput(codes, async (begun) => {
        const options = checkJobOptions(given, lives.settings, memoryJournal);
        await lives.binding();
        const { signal } = options;
        const parts = await readCodes(begun, signal ? { signal } : {});
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
}

/**
 * Gets a token as a client with these options does, for others to use: the
 * worker has one place that asks for tokens.
 */
export function tokensOf(options: ClientOptions): (rejected?: string) => Promise<string> {
  const lives = new BoundClient(options);
  return async (rejected) => {
    const { host } = await lives.parts();
    const { kind, value } = await host.token(rejected, TOKEN_TIMEOUT_MS);
    if (kind === DONE) return value ?? "";
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
