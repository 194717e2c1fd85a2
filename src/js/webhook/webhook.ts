/** Verifies that Uber signed a webhook, and reads it. */
import { instance } from "../wasm/binding.js";
import { bytesOf } from "../bytes.js";
import {
  VoucherError,
  invalidOption,
  toVoucherError,
  tryOrUndefined,
  clientError,
  toError,
} from "../errors.js";
import { BODY_USED_HINT, CHECKED_BEFORE, MALFORMED_BODY_HINT } from "../generated/protocol.js";
import { unawaited } from "../listeners.js";
import { headerFields } from "../http/headers.js";
import { fault, isFunction, membersOf, method, readOptions } from "../schema.js";
import type { WebhookEvent, WebhookOutcome } from "../generated/webhooks.js";
import type { Binding, WrittenEvent } from "../wasm/results.js";

export type { WebhookEvent, WebhookOutcome };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Any `Request`, from an edge worker, Deno, Bun or a framework. */
export interface WebhookRequest {
  /** Its header fields, in any form. */
  readonly headers:
    | { get(name: string): string | null }
    | Iterable<readonly string[]>
    | { readonly [name: string]: string | readonly string[] | undefined };
  /** Whether the body was read already. */
  readonly bodyUsed: boolean;
  /** The body, which other code may be reading. */
  readonly body?: { readonly locked: boolean } | null;
  /** Reads the body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A webhook without a `Request`. */
export interface SignedMessage {
  /** The body as it arrived: the raw bytes, or their text. Never a parsed body. */
  readonly body: Uint8Array | ArrayBuffer | string;
  /** The header `X-Uber-Signature`. */
  readonly signature: string | null | undefined;
  /** The header `X-Environment`. */
  readonly environment?: string | null | undefined;
}

/** The options of `verifyWebhook`. */
export interface WebhookOptions {
  /**
   * The signing key from the app's settings in Uber's developer dashboard. Several
   * during a rotation; also the client secret, for apps that were set up before there
   * were signing keys (inferred).
   */
  signingKey: string | readonly string[];
  /**
   * Reads the outcomes, if you know the body better: it gets the parsed body of every type
   * of event, and returns a list, not a promise. Its reasons are masked too. For an event
   * that reports a distribution, an empty list counts as `unread`.
   */
  outcomes?: (raw: any) => Iterable<Omit<WebhookOutcome, "reason"> & { reason?: string | null }>;
}

/**
 * Verifies that Uber signed a webhook, and reads it.
 *
 * `X-Uber-Signature` is the hexadecimal HMAC-SHA256 of the raw body (stated for sibling
 * products, inferred for vouchers). It is compared in constant time for every key, and
 * the body is parsed only after that.
 *
 * @throws {WebhookError} `missing_signature`, `malformed_signature` and
 *   `signature_mismatch`: respond with 401. `malformed_body`: the signature was correct.
 *   `no_signing_key` and `body_used`: mistakes of the caller.
 * @throws {ValidationError} `invalid_options`, naming the option; also if `outcomes`
 *   throws, returns a promise or something that is not an outcome (see `cause`). The
 *   event itself is correct: store it, or don't acknowledge it, so that Uber sends it
 *   again.
 * @throws {ConnectionError} `connection_failed`: the request was interrupted.
 */
export async function verifyWebhook(
  message: WebhookRequest | SignedMessage,
  options: WebhookOptions,
): Promise<WebhookEvent> {
  const { signingKey, outcomes } = readOptions(options, OPTIONS);
  if (signingKey === undefined) throw invalidOption("`signingKey` is missing");
  const found = readMessage(message);
  // Awaiting costs a turn even if nothing has to be waited for.
  const { body, signature, environment } = found instanceof Promise ? await found : found;
  const kept = keep(body, outcomes);
  const glue = instance.ready ?? (await instance.load());
  return readEvent(glue, kept, signature, JSON.stringify(signingKey), environment, outcomes);
}

const OPTIONS = {
  signingKey: signingKeys,
  outcomes: method<NonNullable<WebhookOptions["outcomes"]>>(),
};

/**
 * Reads a body whose signature was correct when it arrived.
 * @internal
 */
export async function rereadWebhook(
  body: Uint8Array,
  environment: string | null,
  outcomes: WebhookOptions["outcomes"],
): Promise<WebhookEvent> {
  const kept = keep(body, outcomes);
  const glue = instance.ready ?? (await instance.load());
  return readEvent(glue, kept, undefined, CHECKED_BEFORE, environment ?? undefined, outcomes);
}

/**
 * Copies the body unless the wasm copies it at once and reads only its own copy: the caller's
 * memory may change after the check, and at any time if it is shared with other threads.
 */
function keep(body: Uint8Array, outcomes: WebhookOptions["outcomes"]): Uint8Array {
  return instance.ready && !outcomes ? body : body.slice();
}

function readEvent(
  glue: Binding,
  body: Uint8Array,
  signature: string | undefined,
  keys: string,
  environment: string | undefined,
  outcomes: WebhookOptions["outcomes"],
): WebhookEvent {
  const read = (keys: string, given?: string) =>
    eventOf(instance.callSync(() => glue.readWebhook(body, signature, keys, environment, given)));
  let event: WebhookEvent;
  try {
    event = read(keys);
  } catch (error) {
    // Throws the clearer error if the body is not JSON at all.
    if (error instanceof VoucherError && error.code === "malformed_body") checkJson(body.slice());
    throw error;
  }
  if (!outcomes) return event;
  const { raw } = event;
  // Read from the bytes again, because `outcomes` may have changed `raw`.
  return { ...read(CHECKED_BEFORE, callOutcomes(outcomes, raw)), raw };
}

/** Parses the text of an event, which has the outcomes in columns. */
function eventOf(text: string): WebhookEvent {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The core wrote it.
  const event = JSON.parse(text) as WrittenEvent;
  const { codes, distributed, reasons } = event.outcomes;
  const outcomes = codes.map((code, at): WebhookOutcome => {
    const status = distributed[at] === "1" ? "distributed" : "failed";
    return { code, status, reason: reasons[at] ?? null };
  });
  return { ...event, outcomes };
}

function signingKeys(value: unknown): string[] {
  const keys: unknown[] = typeof value === "string" ? [value] : [value].flat();
  const isFine = (list: unknown[]): list is string[] =>
    list.every((key) => typeof key === "string");
  return isFine(keys) ? keys : fault("must be a string or a list of strings");
}

/** The result of the caller's own reader. Its errors say nothing about the event. */
function callOutcomes(outcomes: (raw: unknown) => unknown, raw: unknown): string {
  let given: unknown;
  try {
    given = unawaited(outcomes(raw));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What is no list throws, and that is told.
    return JSON.stringify(outcomesOf(given as Iterable<object>));
  } catch (cause) {
    const isPromise = tryOrUndefined(() => isFunction(membersOf(given)["then"]));
    throw invalidOption(
      `\`outcomes\` ${isPromise ? "returned a promise instead of a list" : "failed"}`,
      cause,
    );
  }
}

function checkJson(body: Uint8Array): void {
  try {
    JSON.parse(decoder.decode(body));
  } catch {
    // A parser's message quotes the body, which may contain personal data.
    const cause = new SyntaxError("The body was signed, but it is not JSON");
    throw webhookError("malformed_body", "The body is not JSON", MALFORMED_BODY_HINT, cause);
  }
}

/** Outcomes in the form for the core: it must meet no getters and nothing endless. */
export function outcomesOf(given: Iterable<{ [K in keyof WebhookOutcome]?: unknown }>): unknown[] {
  const text = (value: unknown) => (typeof value === "string" ? value : value == null ? null : "");
  return [...given].map(({ code, status, reason }) => {
    return { code: text(code), status: text(status), reason: text(reason) };
  });
}

/** A webhook to verify and read, from any input. */
interface Message {
  body: Uint8Array;
  signature: string | undefined;
  environment: string | undefined;
}

/** The webhook to verify; returned synchronously unless its body has to be read. */
function readMessage(message: WebhookRequest | SignedMessage): Message | Promise<Message> {
  if (typeof message !== "object" || message === null) {
    throw invalidOption("The message must be a Request, or an object with `body` and `signature`");
  }
  const unreadable = (error: unknown) =>
    toVoucherError(error, (cause) => invalidOption("The message can't be read", cause));
  try {
    const advice = adviceOn(message);
    if (advice !== undefined) throw invalidOption(advice);
    if (!("arrayBuffer" in message)) return checkMessage(message);
  } catch (error) {
    throw unreadable(error);
  }
  return readRequest(message).catch((error: unknown) => {
    throw unreadable(error);
  });
}

/** The hint for a request object of a framework. */
function adviceOn(message: object): string | undefined {
  if ("isBase64Encoded" in message) {
    return 'This is a Lambda event: pass { body, signature }, with Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8") as `body`, and the header X-Uber-Signature as `signature`';
  }
  const headers = "headers" in message ? Object(message.headers) === message.headers : undefined;
  if ("arrayBuffer" in message ? headers : "signature" in message) return undefined;
  if (headers && !("arrayBuffer" in message)) {
    return "This is a request of Node.js or of a framework, not a Request: pass { body, signature }, with the raw body (in Express that of express.raw()), and the header X-Uber-Signature as `signature`";
  }
  if ("arrayBuffer" in message || "req" in message || "request" in message) {
    return "This is not a Request: pass the Request itself, which in Hono is c.req.raw";
  }
  return undefined;
}

/** Reads header fields from any form of headers. */
function finderOf(headers: WebhookRequest["headers"]): (name: string) => string | undefined {
  const { get, [Symbol.iterator]: iterate } = membersOf(headers);
  const isOpaque = !isFunction(iterate) && isFunction(get);
  // Copied once, because an iterator can be read only once.
  const fields = isOpaque ? undefined : headerFields(headers);
  return (name) => {
    const values: unknown[] = fields
      ? fields.filter(([key]) => String(key).toLowerCase() === name).flatMap(([, value]) => value)
      : [isFunction(get) && get.call(headers, name)];
    const texts = values.filter((value) => typeof value === "string");
    // Several values are joined as `Headers` does.
    return texts.length > 0 ? texts.join(", ") : undefined;
  };
}

async function readRequest(message: WebhookRequest): Promise<Message> {
  if (message.bodyUsed || message.body?.locked) {
    const message = "The body of the request was already read";
    throw webhookError("body_used", message, BODY_USED_HINT);
  }
  const field = finderOf(message.headers);
  const [signature, environment] = [field("x-uber-signature"), field("x-environment")];
  try {
    const body = bytesOf(await message.arrayBuffer()) ?? new Uint8Array();
    return { body, signature, environment };
  } catch (cause) {
    const hint = "See `cause`. Uber resends events that were not acknowledged.";
    throw clientError("connection_failed", "The request could not be read", hint, { cause });
  }
}

function checkMessage(message: SignedMessage): Message {
  const { body } = message;
  const signature = textOf("signature", message.signature);
  const environment = textOf("environment", message.environment);
  const bytes = typeof body === "string" ? encoder.encode(body) : bytesOf(body);
  if (bytes === undefined)
    throw invalidOption("`body` must be the raw body, as bytes or as a string");
  return { body: bytes, signature, environment };
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidOption(`\`${name}\` must be a string`);
  return value;
}

function webhookError(
  code: "malformed_body" | "body_used",
  message: string,
  hint: string,
  cause?: unknown,
): VoucherError {
  return toError({ class: "WebhookError", code, queued: "no", message, hint, cause });
}
