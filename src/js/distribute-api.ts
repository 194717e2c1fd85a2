/** Everything that `uber-vouchers/distribute` exports: the client's calls, codes, tokens and errors. */
import { BoundClient } from "./client/bound-client.js";
import { type Calls, callsOf } from "./client/calls.js";
import type { ClientOptions } from "./types.js";

/**
 * Makes a client as `uber-vouchers` does, at once and without a request: the same calls, and
 * no jobs.
 *
 * @throws {ValidationError} `invalid_options`, naming the option; `secret_in_browser`;
 *   `invalid_organization_id`.
 */
export function createClient(options: ClientOptions): Calls {
  return callsOf(new BoundClient(options));
}

export type { Calls as Client };
export { authorizationUrl, exchangeCode } from "./client/authorization.js";
export type { AuthorizationUrlOptions, ExchangeCodeOptions } from "./client/authorization.js";
export type { ListCodesOptions, ListGuestsOptions, SearchProgramsOptions } from "./client/calls.js";
export type { CodeList, RejectedEntry } from "./codes/code-list.js";
export type { BlobInput, StreamInput, TextInput } from "./codes/codes-input.js";
export {
  ApiError,
  ConnectionError,
  JobError,
  ValidationError,
  VoucherError,
  WebhookError,
} from "./errors.js";
export type {
  AnyVoucherError,
  ApiErrorCode,
  ConnectionErrorCode,
  ErrorCode,
  ErrorJson,
  ErrorParts,
  Issue,
  JobErrorCode,
  RejectionReason,
  ValidationErrorCode,
  WebhookErrorCode,
} from "./errors.js";
export { parseCodes } from "./codes/parse.js";
export type { CodesInput, ColumnSelector, ParseOptions, ParseProgress } from "./codes/parse.js";
export { setModule } from "./wasm/set-module.js";
export type {
  Auth,
  CallOptions,
  CallSignal,
  ClientOptions,
  Clock,
  FetchFunction,
  FetchInit,
  Guest,
  HostURL,
  Receipt,
  RequestEvent,
  ResponseEvent,
  TokenCache,
  TokenSet,
  VoucherCode,
  VoucherProgram,
  WasmModule,
} from "./types.js";
