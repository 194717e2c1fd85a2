/**
 * What both `uber-vouchers` and `uber-vouchers/distribute` export: codes, tokens, errors, types.
 */
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
