/** What must not compile. */
import {
  type AnyVoucherError,
  type Client,
  type ErrorCode,
  createClient,
  verifyWebhook,
} from "uber-vouchers";
import { durableObjectJournal, fileJournal, memoryJournal } from "uber-vouchers/journal";
import { createSandbox } from "uber-vouchers/sandbox";

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
  await client.searchPrograms({ status: "OPEN" });
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
void createSandbox({ faults: { explode: 1 } });
// @ts-expect-error
fileJournal();
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
    case "missing_signature":
    case "malformed_signature":
    case "signature_mismatch":
    case "no_signing_key":
    case "malformed_body":
    case "body_used":
    case "instance_lost":
      return true;
    default:
      // @ts-expect-error -- `rate_limited` is missing.
      return never(code);
  }
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
