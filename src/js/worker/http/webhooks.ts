/** `POST /webhooks/uber`: checked, written down, acknowledged; taken in afterwards. */
import { ValidationError, WebhookError } from "../../errors.js";
import { type WebhookEvent, verifyWebhook } from "../../webhook/webhook.js";
import { log, logError } from "../log.js";
import { answer, refuse } from "./problem.js";
import { canonicalId } from "./routing.js";
import { settings } from "../settings.js";
import { stubs } from "../stubs.js";
import type { Call, WorkerEnv } from "../types.js";
import { whole } from "./upload.js";

const MOST_BYTES = 4 * 1024 * 1024;

export async function receiveWebhook({ request, env, context }: Call): Promise<Response> {
  if (request.method !== "POST") {
    throw refuse(405, "method_not_allowed", "Only POST is served here", "Use POST.", {
      headers: { Allow: "POST" },
    });
  }
  let event: WebhookEvent;
  try {
    event = await verified(request, env);
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    const { code, message, hint } = error;
    log("webhook", { state: "refused", code });
    if (code === "no_signing_key") throw refuse(503, code, message, hint);
    // It was well signed: sending it again changes nothing.
    if (code === "malformed_body") return counted(env, "malformed");
    return answer({ status: 401, code, title: message, hint });
  }
  const { programId, organizationId, outcomes, type } = event;
  const isOurs =
    organizationId === null ||
    canonicalId(organizationId) === canonicalId(env.UBER_ORGANIZATION_ID);
  const isKnown =
    isOurs &&
    programId !== null &&
    (await stubs(env).program(canonicalId(programId)).webhook(outcomes));
  if (isKnown) return new Response(null, { status: 200 });
  log("webhook", { state: "concerns nothing here", type: type.slice(0, 100) });
  context.waitUntil(stubs(env).app().count("webhooks_of_nothing_here"));
  return new Response(null, { status: 200 });
}

async function counted(env: WorkerEnv, what: string): Promise<Response> {
  await stubs(env).app().count(`webhooks_${what}`);
  return new Response(null, { status: 200 });
}

async function verified(request: Request, env: WorkerEnv): Promise<WebhookEvent> {
  const message = {
    body: await whole(request, MOST_BYTES),
    signature: request.headers.get("X-Uber-Signature"),
    environment: request.headers.get("X-Environment"),
  };
  const { outcomes } = settings();
  try {
    return await verifyWebhook(message, {
      signingKey: (env.UBER_SIGNING_KEY ?? "").split(/\s+/).filter((key) => key !== ""),
      ...(outcomes && { outcomes }),
    });
  } catch (error) {
    // Of all options, `outcomes` alone is not the worker's own.
    if (!(error instanceof ValidationError)) throw error;
    // Not acknowledged: Uber sends it again, and by then it may be mended.
    logError("outcomes", error.cause ?? error);
    throw refuse(500, "outcomes_failed", "The webhook could not be read", "See the worker's log.");
  }
}
