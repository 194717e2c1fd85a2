/** `createClient`, and the client that it returns. */
import { withInput } from "../codes/stream.js";
import type { CodesInput } from "../codes/parse.js";
import { VoucherError, clientError } from "../errors.js";
import type { GuestPage } from "../generated/calls.js";
import { CALL_LIST_USED_CODES } from "../generated/protocol.js";
import { DONE } from "../http/deadline.js";
import { type JobContext, openJob } from "../job/open.js";
import { checkJobOptions, checkResumeOptions } from "../job/options.js";
import type { Job, JobOptions, ResumeOptions } from "../job/types.js";
import { memoryJournal } from "../journal/memory.js";
import type { Journal } from "../journal/types.js";
import { BoundClient, unlessAborted } from "./bound-client.js";
import { type Calls, createCalls, guestPage, readCodes, withIssues } from "./calls.js";
import { TIMEOUT_MS, checkCallOptions, programIdOf } from "./options.js";
import type { ClientOptions } from "../types.js";

/** The voucher programs of one organization. */
export interface Client extends Calls {
  /**
   * Creates a job that sends these codes in batches. At any moment, and after any
   * crash, it can report what is known of each code. Nothing is sent before `run`.
   *
   * If the journal already holds this job, it is resumed: running the same program
   * again continues.
   *
   * @throws {ValidationError} As `distribute`, except for the number of codes.
   * @throws {JobError} `journal_mismatch`: the journal holds something else;
   *   `journal_lost`: it is shorter than it was; `journal_corrupt`, `journal_failed`;
   *   `job_busy`: another job is using it.
   */
  createJob(programId: string, codes: CodesInput, options?: JobOptions): Promise<Job>;

  /**
   * Resumes the job of a journal. A batch that was under way when the job was
   * interrupted is `unknown`. Never creates a journal.
   *
   * @throws {JobError} As `createJob`.
   */
  resumeJob(journal: Journal, options?: ResumeOptions): Promise<Job>;
}

/**
 * Creates a client, at once and without a request.
 *
 * @throws {ValidationError} `invalid_options`, naming the option; `secret_in_browser`;
 *   `invalid_organization_id`.
 */
export function createClient(options: ClientOptions): Client {
  const core = new BoundClient(options);
  const calls = createCalls(core);
  const context = async (): Promise<JobContext> => ({
    ...(await core.context()),
    reader: {
      listUsedCodes: (programId, call) => core.call(CALL_LIST_USED_CODES, { programId }, call),
      listGuests: (programId, call) => calls.listGuests(programId, call),
    },
  });
  return {
    ...calls,
    createJob: (programId, codes, given) =>
      withInput(codes, async (begun) => {
        const options = checkJobOptions(given, core.settings, memoryJournal);
        await core.binding();
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
      const options = checkResumeOptions(given, core.settings, journal);
      return openUnlessAborted(await context(), options);
    },
  };
}

/**
 * Gets a token as a client with these options does. The worker uses it to request
 * tokens in one place.
 */
export function tokensOf(options: ClientOptions): (rejected?: string) => Promise<string> {
  const core = new BoundClient(options);
  return async (rejected) => {
    const { host } = await core.context();
    const { kind, value } = await host.token(rejected, TIMEOUT_MS);
    if (kind === DONE) return value ?? "";
    if (value instanceof VoucherError) throw value;
    const hint = "See `cause`. Nothing was sent.";
    throw clientError("timeout", "Getting a token took too long", hint, { cause: value });
  };
}

/** Reads one page of guests at a time. The worker uses it to pass pages on. */
export function guestPagesOf(
  options: ClientOptions,
): (programId: string, pageSize: number | undefined, pageToken?: string) => Promise<GuestPage> {
  const core = new BoundClient(options);
  // The browser's client does the retries.
  const once = checkCallOptions({ maxRetries: 0 });
  return (programId, pageSize = 500, pageToken) =>
    guestPage(core, programId, pageSize, once, pageToken);
}

/** Closes a job that was opened after the caller aborted. */
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
