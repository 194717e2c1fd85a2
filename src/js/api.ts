/** Everything that `uber-vouchers` exports, whatever the host. */
export { authorizationUrl, exchangeCode } from "./client/authorization.js";
export type { AuthorizationUrlOptions, ExchangeCodeOptions } from "./client/authorization.js";
export { createClient } from "./client/client.js";
export type { Client } from "./client/client.js";
export type { ListCodesOptions, ListGuestsOptions, SearchProgramsOptions } from "./client/calls.js";
export type { CodeList, ProgramLists, RejectedEntry } from "./codes/code-list.js";
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
export type {
  BareJob,
  BatchState,
  CodeState,
  CodeUsage,
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
  ReconcileOptions,
  Reconciliation,
  ResumeOptions,
  RunOptions,
  StateFilter,
  UsedCodes,
} from "./job/types.js";
export type { Journal } from "./journal/types.js";
export { parseCodes, parseCodesByProgram } from "./codes/parse.js";
export type {
  CodesInput,
  ColumnSelector,
  ParseByProgramOptions,
  ParseOptions,
  ParseProgress,
} from "./codes/parse.js";
export { matchRecipients } from "./codes/recipients.js";
export type {
  MatchOptions,
  RecipientGuest,
  RecipientMatches,
  RecipientRow,
  RecipientsInput,
} from "./codes/recipients.js";
export type { RecipientReason } from "./generated/protocol.js";
export { setModule } from "./wasm/set-module.js";
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
export { verifyWebhook } from "./webhook/webhook.js";
export type {
  SignedMessage,
  WebhookEvent,
  WebhookOptions,
  WebhookOutcome,
  WebhookRequest,
} from "./webhook/webhook.js";
