/** Everything that `uber-vouchers` exports, on every host. */
export * from "./common-api.js";
export { createClient } from "./client/client.js";
export type { Client } from "./client/client.js";
export type { ProgramLists } from "./codes/code-list.js";
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
export { parseCodesByProgram } from "./codes/parse.js";
export type { ParseByProgramOptions } from "./codes/parse.js";
export { matchRecipients } from "./codes/recipients.js";
export type {
  MatchOptions,
  RecipientGuest,
  RecipientMatches,
  RecipientRow,
  RecipientsInput,
} from "./codes/recipients.js";
export type { RecipientReason } from "./generated/protocol.js";
export { verifyWebhook } from "./webhook/webhook.js";
export type {
  SignedMessage,
  WebhookEvent,
  WebhookOptions,
  WebhookOutcome,
  WebhookRequest,
} from "./webhook/webhook.js";
