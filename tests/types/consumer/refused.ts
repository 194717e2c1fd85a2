/** What must not compile. */
import {
  type AnyVoucherError,
  type Client,
  type CodeList,
  type ErrorCode,
  type Job,
  type ProgramLists,
  type WebhookEvent,
  ApiError,
  VoucherError,
  authorizationUrl,
  createClient,
  exchangeCode,
  parseCodes,
  parseCodesByProgram,
  verifyWebhook,
} from "uber-vouchers";
import {
  durableObjectJournal,
  fileJournal,
  indexedDbJournal,
  memoryJournal,
} from "uber-vouchers/journal";
import { type PendingWebhook, type Sandbox, createSandbox } from "uber-vouchers/sandbox";

export async function refused(client: Client): Promise<void> {
  // @ts-expect-error -- Everybody is reached by distributeAll alone.
  await client.distribute("p");
  // @ts-expect-error
  await client.distribute("p", undefined);
  // @ts-expect-error
  await client.distribute("p", null);
  // @ts-expect-error
  await client.distribute("p", [1, 2]);
  // @ts-expect-error
  await client.distribute("p", 7);
  // @ts-expect-error
  await client.distribute(["code"], "p");
  // @ts-expect-error
  await client.distribute("p", ["code"], { retries: 1 });
  // @ts-expect-error
  await client.distributeAll();
  // @ts-expect-error
  await client.distributeAll("p", ["code"]);
  // @ts-expect-error
  await client.distributeAll(undefined);
  // @ts-expect-error
  await client.distribute("p", ["code"], { signal: "now" });
  // @ts-expect-error
  await client.listCodes("p", { usage: true });
  // @ts-expect-error
  await client.searchPrograms({ status: "OPEN" });
  // @ts-expect-error
  await client.searchPrograms("ACTIVE");
}

export async function refusedJobs(client: Client, job: Job): Promise<void> {
  // @ts-expect-error -- Everybody is reached by distributeAll alone.
  await client.createJob("p");
  // @ts-expect-error
  await client.createJob("p", ["code"], { batch: 1 });
  // @ts-expect-error
  await client.createJob("p", ["code"], { batchSize: "1" });
  // @ts-expect-error
  await client.createJob("p", ["code"], { journal: "june.journal" });
  // @ts-expect-error -- Of a copy that is resumed.
  await client.createJob("p", ["code"], { restored: true });
  // @ts-expect-error
  await client.resumeJob();
  // @ts-expect-error
  await client.resumeJob("june.journal");
  // @ts-expect-error -- The journal comes first, and once.
  await client.resumeJob(memoryJournal(), { journal: memoryJournal() });
  // @ts-expect-error
  await job.run(true);
  // @ts-expect-error
  await job.resolve("all", "retry");
  // @ts-expect-error
  await job.resolve("everything", "queued");
  // @ts-expect-error
  await job.resolve("all");
  // @ts-expect-error
  job.results("done");
  // @ts-expect-error
  await job.applyWebhook({ programId: "p" });
}

export async function refusedInput(): Promise<void> {
  // @ts-expect-error
  await parseCodes();
  // @ts-expect-error
  await parseCodes("x", { col: "code" });
  // @ts-expect-error
  await parseCodes("x", { programColumn: "program" });
  // @ts-expect-error
  await parseCodes("x", { column: { name: "code" } });
  // @ts-expect-error
  await parseCodes("x", { headerRow: "1" });
  // @ts-expect-error -- A list has no column of programs.
  await parseCodesByProgram(["code"]);
  // @ts-expect-error -- Without it, anybody could sign an administrator in.
  await authorizationUrl({ clientId: "a", redirectUri: "https://admin.example/" });
  // @ts-expect-error
  await exchangeCode({ clientId: "a", clientSecret: "b", code: "c" });
}

export function refusedWrites(
  list: CodeList,
  lists: ProgramLists,
  error: AnyVoucherError,
  answered: ApiError,
  job: Job,
  event: WebhookEvent,
  sandbox: Sandbox,
  webhook: PendingWebhook,
): void {
  // @ts-expect-error
  list.size = 1;
  // @ts-expect-error
  list.rejected.push();
  // @ts-expect-error
  list.rejected = [];
  // @ts-expect-error
  lists.programs.set("p", list);
  // @ts-expect-error
  error.code = "timeout";
  // @ts-expect-error
  error.queued = "no";
  // @ts-expect-error
  answered.status = 200;
  // @ts-expect-error
  job.id = "";
  // @ts-expect-error
  job.programId = "";
  // @ts-expect-error -- Bound, and so not to be replaced.
  job.progress = () => undefined;
  // @ts-expect-error
  job.batches().push();
  // @ts-expect-error
  event.type = "x";
  // @ts-expect-error
  event.outcomes.push();
  for (const outcome of event.outcomes) {
    // @ts-expect-error
    outcome.status = "failed";
  }
  // @ts-expect-error
  sandbox.fetch = sandbox.fetch;
  // @ts-expect-error
  sandbox.settings.failureRate = 1;
  // @ts-expect-error
  sandbox.waitingWebhooks = 0;
  // @ts-expect-error
  webhook.headers["x"] = "y";
}

// @ts-expect-error
createClient({ auth: "none" });
// @ts-expect-error
createClient({ organizationId: "o" });
// @ts-expect-error
createClient({ organizationId: "o", auth: "nobody" });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", timeout: 1 });
// @ts-expect-error
createClient({ organizationId: "o", auth: { clientId: "a" } });
// @ts-expect-error
createClient({ organizationId: "o", auth: { accessToken: "t", clientId: "a", clientSecret: "b" } });
// @ts-expect-error
createClient({ organizationId: "o", auth: { clientId: "a", clientSecret: "b", onTokens() {} } });
// @ts-expect-error
createClient({ organizationId: "o", auth: { clientSecret: "b" } });
// @ts-expect-error
createClient({ organizationId: "o", auth: { clientId: "a", clientSecret: "b", scope: "all" } });
const tokens = { accessToken: "t", expiresAt: 1, scope: "" };
// @ts-expect-error
createClient({ organizationId: "o", auth: { accessToken: "t", tokens } });
// @ts-expect-error
createClient({ organizationId: "o", auth: { tokens } });
const app = { clientId: "a", clientSecret: "b" };
const cache = { get: async () => undefined, set: async () => {} };
// @ts-expect-error -- An administrator's tokens are kept by `onTokens`.
createClient({ organizationId: "o", auth: { ...app, tokens, cache } });
createClient({
  organizationId: "o",
  // @ts-expect-error -- They have the scope that was consented to.
  auth: { ...app, tokens, scope: "organizations.voucher_programs" },
});
// @ts-expect-error
createClient({ organizationId: "o", auth: {} });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", baseUrl: 1 });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", headers: { "x-trace": 1 } });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", headers: ["x-trace", "1"] });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", fetch: "fetch" });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", clock: { now: () => 0 } });
// @ts-expect-error
createClient({ organizationId: "o", auth: "none", onRequest: ({ token }) => token });
// @ts-expect-error
void createSandbox({ faults: { explode: 1 } });
// @ts-expect-error
void createSandbox({ rate: 1 });
// @ts-expect-error
void createSandbox({ latencyMs: [1, 2, 3] });
// @ts-expect-error
void createSandbox().then(({ createProgram }) => createProgram({ codes: "3" }));
// @ts-expect-error
fileJournal();
// @ts-expect-error
fileJournal("june.journal", { creates: false });
// @ts-expect-error
indexedDbJournal();
// @ts-expect-error
memoryJournal("text");
// @ts-expect-error
durableObjectJournal({ put: async () => {} }, "j");
// @ts-expect-error
void memoryJournal().append("text");
// @ts-expect-error
void verifyWebhook({ body: "{}", signature: null }, {});
// @ts-expect-error -- Not what a parser made of it.
void verifyWebhook({ body: { event_type: "x" }, signature: null }, { signingKey: "k" });
// @ts-expect-error
void verifyWebhook({ body: "{}" }, { signingKey: "k" });

function never(value: never): never {
  throw new Error(String(value));
}

/** Every code but one: the compiler names the one that is missing. */
export function forgets(code: ErrorCode): boolean {
  switch (code) {
    case "invalid_options":
    case "invalid_organization_id":
    case "invalid_program_id":
    case "invalid_codes":
    case "empty_codes":
    case "too_many_codes":
    case "secret_in_browser":
    case "invalid_request":
    case "unauthorized":
    case "user_not_allowed":
    case "resource_not_found":
    case "conflict":
    case "rejected":
    case "internal_server_error":
    case "server_error":
    case "unexpected_response":
    case "token_rejected":
    case "token_unavailable":
    case "connection_failed":
    case "timeout":
    case "aborted":
    case "journal_failed":
    case "journal_corrupt":
    case "journal_lost":
    case "journal_mismatch":
    case "job_busy":
    case "job_closed":
    case "not_unknown":
    case "halted":
    case "missing_signature":
    case "malformed_signature":
    case "signature_mismatch":
    case "no_signing_key":
    case "malformed_body":
    case "body_used":
    case "instance_lost":
      return true;
    default: {
      const missing: "rate_limited" = code;
      void missing;
      // @ts-expect-error -- `rate_limited` is missing.
      return never(code);
    }
  }
}

/** A code that there is not is told, too. */
export function misspells(code: ErrorCode): boolean {
  // @ts-expect-error
  return code === "rate_limit";
}

/** `instanceof` alone is enough for a switch to narrow. */
export function caught(error: unknown): number {
  // @ts-expect-error
  if (error.code === "timeout") return 0;
  // @ts-expect-error
  if (error instanceof ApiError && error.code === "timeout") return 0;
  if (!(error instanceof VoucherError)) return 0;
  // @ts-expect-error -- Only some have it.
  if (error.status === 429) return 0;
  if (error.code === "rate_limited") return error.retryAfterMs ?? 0;
  if (error.code === "invalid_codes") return error.issues.length;
  return 0;
}

export function complete(error: AnyVoucherError): string {
  switch (error.code) {
    case "invalid_options":
    case "invalid_organization_id":
    case "invalid_program_id":
    case "invalid_codes":
    case "empty_codes":
    case "too_many_codes":
    case "secret_in_browser":
      return `${error.issues.length}`;
    case "invalid_request":
    case "unauthorized":
    case "user_not_allowed":
    case "resource_not_found":
    case "conflict":
    case "rate_limited":
    case "rejected":
    case "internal_server_error":
    case "server_error":
    case "unexpected_response":
    case "token_rejected":
    case "token_unavailable":
      return error.body;
    case "connection_failed":
    case "timeout":
    case "aborted":
      // @ts-expect-error -- There was no answer.
      return error.body;
    case "journal_failed":
    case "journal_corrupt":
    case "journal_lost":
    case "journal_mismatch":
    case "job_busy":
    case "job_closed":
    case "not_unknown":
    case "halted":
    case "missing_signature":
    case "malformed_signature":
    case "signature_mismatch":
    case "no_signing_key":
    case "malformed_body":
    case "body_used":
    case "instance_lost":
      return error.hint;
    default:
      return never(error);
  }
}
