/** Everything that `uber-vouchers` exports, whatever the host. */
export { authorizationUrl, exchangeCode } from "./authorization.js";
export type { AuthorizationUrlOptions, ExchangeCodeOptions } from "./authorization.js";
export { createClient } from "./client.js";
export type {
  Client,
  ListCodesOptions,
  ListGuestsOptions,
  SearchProgramsOptions,
} from "./client.js";
export type { CodeList, ProgramLists, RejectedEntry } from "./code-list.js";
export type { BlobInput, StreamInput, TextInput } from "./codes-input.js";
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
export type {
  BareJob,
  BatchState,
  CodeState,
  HostAsyncDisposable,
  HostReadableStream,
  Job,
  JobBatch,
  JobDecision,
  JobEvent,
  JobOptions,
  JobProgress,
  JobReport,
  JobResult,
  ResumeOptions,
  RunOptions,
  StateFilter,
} from "./job-types.js";
export type { Journal } from "./journal-types.js";
export { parseCodes, parseCodesByProgram } from "./parse.js";
export type {
  CodesInput,
  ColumnSelector,
  ParseByProgramOptions,
  ParseOptions,
  ParseProgress,
} from "./parse.js";
export { setModule } from "./set-module.js";
export type {
  Auth,
  CallOptions,
  CallSignal,
  ClientOptions,
  Clock,
  FetchFunction,
  FetchInit,
  HostURL,
  Receipt,
  RequestEvent,
  ResponseEvent,
  TokenCache,
  TokenSet,
  Guest,
  VoucherCode,
  VoucherProgram,
  WasmModule,
} from "./types.js";
export { verifyWebhook } from "./webhook.js";
export type {
  SignedMessage,
  WebhookEvent,
  WebhookOptions,
  WebhookOutcome,
  WebhookRequest,
} from "./webhook.js";
