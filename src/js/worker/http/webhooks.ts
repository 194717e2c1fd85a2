/** `POST /webhooks/uber`: verified, stored, acknowledged; processed afterwards. */
import { WebhookError } from "../../errors.js";
import { verifyWebhook } from "../../webhook/webhook.js";
import { MAX_EVENT_BYTES, type NewEvent } from "../events/event-store.js";
import { handOver } from "../events/hand-over.js";
import { type ReadEvent, readEvent } from "../events/read-event.js";
import { log, logError } from "../log.js";
import { problemResponse, refuse } from "../problem.js";
import { settings } from "../settings.js";
import { stubs } from "../stubs.js";
import type { Call } from "../types.js";
import { readBody } from "./request-body.js";

const MAX_BYTES = 4 * 1024 * 1024;
const LONGEST_ENVIRONMENT = 100;
const DIGEST_BYTES = 16;
/** If a program's object takes longer, it gets the outcomes later, from the kept event. */
const HAND_OVER_MS = 10_000;

export async function receiveWebhook({ request, env, context }: Call): Promise<Response> {
  if (request.method !== "POST") {
    throw refuse(405, "method_not_allowed", "Only POST is served here", "Use POST.", {
      headers: { Allow: "POST" },
    });
  }
  const body = await readBody(request, MAX_BYTES);
  const signature = request.headers.get("X-Uber-Signature");
  const environment = request.headers.get("X-Environment");
  const signingKey = (env.UBER_SIGNING_KEY ?? "").split(/\s+/).filter((key) => key !== "");
  let event: ReadEvent;
  try {
    event = await readEvent(
      (outcomes) =>
        verifyWebhook(
          { body, signature, environment },
          { signingKey, ...(outcomes && { outcomes }) },
        ),
      env.UBER_ORGANIZATION_ID,
    );
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    const { code, message, hint } = error;
    log("webhook", { state: "refused", code });
    if (code === "no_signing_key") throw refuse(503, code, message, hint);
    return problemResponse({ status: 401, code, title: message, hint });
  }
  const objects = stubs(env);
  const digest = await digestOf(body);
  const handing = within(HAND_OVER_MS, handOver([{ digest, event }], objects, maxProgramsToAsk()));
  const isKnown = await handing.catch((error: unknown) => {
    logError("webhook", error);
    return undefined;
  });
  const kept = { digest, ...toKeep(event, body, environment, isKnown) };
  // If it can't be stored, it is not acknowledged, and Uber sends it again.
  await objects.events().keepEvent(kept);
  // The same if it could not be passed on, and too little of it is kept to do so later.
  if (isKnown === undefined && kept.isCut) await handing;
  if (event.status !== "read") log("webhook", { state: event.status });
  if (isKnown === false) {
    const what = event.error !== null && event.type === "" ? "malformed" : "of_nothing_here";
    context.waitUntil(objects.app().count(`webhooks_${what}`));
  }
  return new Response(null, { status: 200 });
}

/** How many programs one invocation may call, besides the other objects. */
const maxProgramsToAsk = () => Math.max(1, Math.min(settings().subrequests, 1_000) - 8);

/** Half of the hash is enough, and it is stored in three places. */
async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body), 0, DIGEST_BYTES);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function toKeep(
  event: ReadEvent,
  body: Uint8Array<ArrayBuffer>,
  environment: string | null,
  isKnown: boolean | undefined,
): Omit<NewEvent, "digest"> {
  const { type, programId, status, outcomes, error } = event;
  return {
    ...{ type, programId, status, error },
    // Also if it is not JSON.
    environment: environment?.slice(0, LONGEST_ENVIRONMENT).toLowerCase() || null,
    outcomes: outcomes.length,
    bytes: body.length,
    isCut: body.length > MAX_EVENT_BYTES,
    body: cut(body),
    // An event without a program may belong to any.
    isKnown: isKnown !== false || (event.programId === null && event.isOurs),
    isDue: isKnown === undefined,
  };
}

/** The part that is kept, without half a character at its end. */
function cut(body: Uint8Array<ArrayBuffer>): ArrayBuffer {
  let end = Math.min(body.length, MAX_EVENT_BYTES);
  while (end > 0 && ((body[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return body.slice(0, end).buffer;
}

/** Fails if the work takes longer. It may still succeed afterwards. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        refuse(
          503,
          "program_busy",
          "The program's object takes too long",
          "It is delivered later.",
        ),
      );
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
