/** The calls of a client, shared by `uber-vouchers` and `uber-vouchers/distribute`. */
import { type ListParts, listParts } from "../codes/code-list.js";
import { withInput } from "../codes/stream.js";
import { ValidationError, VoucherError, toError } from "../errors.js";
import {
  CALL_DISTRIBUTE,
  CALL_DISTRIBUTE_ALL,
  CALL_GET_PROGRAM,
  CALL_LIST_CODES,
  CALL_LIST_GUESTS,
  CALL_SEARCH_PROGRAMS,
  DEFAULT_PAGE_SIZE,
  DEFAULT_PROGRAMS,
} from "../generated/protocol.js";
import type { BoundClient } from "./bound-client.js";
import { checkCallOptions, pageSize as pageSizeReader, programIdOf } from "./options.js";
import { boolean, count, text } from "../schema.js";
import { type CodesInput, parse } from "../codes/parse.js";
import type { GuestPage } from "../generated/calls.js";
import type { CallOptions, Guest, Receipt, VoucherCode, VoucherProgram } from "../types.js";

/** The options of `listCodes`. */
export interface ListCodesOptions extends CallOptions {
  /** Requests `usageCount` and `usageAmount` too. */
  includeUsage?: boolean;
}

/** The options of `listGuests`. */
export interface ListGuestsOptions extends CallOptions {
  /** How many guests one request returns at most. Default: 500. */
  pageSize?: number;
}

/** The options of `searchPrograms`. */
export interface SearchProgramsOptions extends CallOptions {
  /** Only programs with this status. */
  status?: "UPCOMING" | "ACTIVE" | "COMPLETE" | "CANCELED";
  /** The most programs to return. Default: 50. */
  limit?: number;
  /** How many programs to skip. Default: 0. */
  offset?: number;
}

/** The voucher programs of one organization. */
export interface Calls {
  /** Loads the module now instead of with the first call. Optional. */
  ready(): Promise<void>;

  /**
   * Queues these codes to be sent to their recipients, in one request of at most
   * 30,000. A receipt says *queued*; the outcome of each code arrives later by webhook.
   * Calling it again sends again.
   *
   * Source: Bulk Distribution of Voucher Redemption Codes.
   *
   * @throws {ValidationError} `invalid_codes`, `empty_codes`, `too_many_codes` and
   *   other faults of the input: nothing was sent.
   * @throws {ApiError} Uber responded with an error; see `queued`.
   * @throws {ConnectionError} There was no response; see `queued`.
   */
  distribute(programId: string, codes: CodesInput, options?: CallOptions): Promise<Receipt>;

  /**
   * Queues **every** code of the program. There is no other way to do that.
   *
   * @throws As `distribute`.
   */
  distributeAll(programId: string, options?: CallOptions): Promise<Receipt>;

  /**
   * The codes of a program. Source: Get Voucher Codes; Uber documents no paging, so all
   * arrive in one response.
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
   * One program, with its usage so far. Source: Get Voucher Program.
   *
   * @throws {ApiError} and {ConnectionError}, always with `queued: "no"`.
   */
  getProgram(programId: string, options?: CallOptions): Promise<VoucherProgram>;

  /**
   * The guests of a program, requested page by page. Source: Get Guests; only guests that
   * *Add Guests* added are listed. A page that fails ends the iteration.
   *
   * @throws {ApiError} `unexpected_response` too if Uber repeats the token of an earlier
   *   page; and {ConnectionError}, always with `queued: "no"`.
   */
  listGuests(programId: string, options?: ListGuestsOptions): AsyncIterableIterator<Guest>;
}

/** Creates the calls of a client. */
export function createCalls(core: BoundClient): Calls {
  return {
    async ready() {
      await core.binding();
    },
    distribute: (programId, codes, callOptions) =>
      withInput(codes, async (begun) => {
        const call = checkCallOptions(callOptions);
        await core.binding(call);
        const { ids, duplicates, rejectedCount, rejected } = await readCodes(begun, call);
        const input = { programId: programIdOf(programId), duplicates, rejectedCount };
        try {
          return await core.call(CALL_DISTRIBUTE, input, call, ids);
        } catch (error) {
          throw withIssues(error, rejected);
        }
      }),
    async distributeAll(programId, callOptions) {
      const call = checkCallOptions(callOptions);
      await core.binding(call);
      const input = { programId: programIdOf(programId) };
      return await core.call(CALL_DISTRIBUTE_ALL, input, call);
    },
    async listCodes(programId, callOptions) {
      const call = checkCallOptions(callOptions, { includeUsage: boolean });
      await core.binding(call);
      const { includeUsage } = call;
      const input = { programId: programIdOf(programId), includeUsage };
      return await core.call(CALL_LIST_CODES, input, call);
    },
    async searchPrograms(callOptions) {
      const call = checkCallOptions(callOptions, { status: text, limit: count, offset: count });
      const { status, limit = DEFAULT_PROGRAMS, offset = 0 } = call;
      const input = { status, limit, offset };
      return await core.call(CALL_SEARCH_PROGRAMS, input, call);
    },
    async getProgram(programId, callOptions) {
      const call = checkCallOptions(callOptions);
      const input = { programId: programIdOf(programId) };
      return await core.call(CALL_GET_PROGRAM, input, call);
    },
    async *listGuests(programId, callOptions) {
      const call = checkCallOptions(callOptions, { pageSize: pageSizeReader });
      const { pageSize = DEFAULT_PAGE_SIZE, ...rest } = call;
      const read = new Set<string>();
      for (let pageToken: string | undefined; ;) {
        const page = await guestPage(core, programId, pageSize, rest, pageToken);
        yield* page.guests;
        if (page.next === null) return;
        if (read.has(page.next)) throw repeatedPageError();
        read.add((pageToken = page.next));
      }
    },
  };
}

/** Reads one page of guests. */
export async function guestPage(
  core: BoundClient,
  programId: string,
  pageSize: number,
  call: CallOptions,
  pageToken: string | undefined,
): Promise<GuestPage> {
  const input = { programId: programIdOf(programId), pageSize, pageToken };
  return await core.call(CALL_LIST_GUESTS, input, call);
}

/** Prevents an endless loop if a page token repeats. */
function repeatedPageError(): VoucherError {
  return toError({
    class: "ApiError",
    code: "unexpected_response",
    queued: "no",
    message: "Uber returned the token of a page that was already read",
    hint: "Read the guests again later. Those that came so far are complete pages.",
    status: 200,
  });
}

/** The parts of a list that a call or a job gets. */
export function readCodes(codes: unknown, { signal }: CallOptions): ListParts | Promise<ListParts> {
  return listParts(codes) ?? parse(codes, signal ? { signal } : {});
}

/** An error with the entries that were rejected. */
export function withIssues(error: unknown, rejected: ListParts["rejected"]): unknown {
  if (!(error instanceof ValidationError) || error.code !== "invalid_codes") return error;
  const issues = rejected.map((entry) => ({ index: entry.line - 1, ...entry }));
  const { name, code, queued, hint, message } = error;
  return toError({ class: name, code, queued, hint, message, issues });
}
