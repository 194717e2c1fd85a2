/** Webhooks: whether Uber signed one, and what it says. */
import { instance } from "../wasm/binding.js";
import { bytesOf } from "../bytes.js";
import { VoucherError, invalidOption, ours, quietly, refusal, toError } from "../errors.js";
import { CHECKED_BEFORE, MALFORMED_BODY_HINT } from "../generated/protocol.js";
import { unawaited } from "../listeners.js";
import { headerFields } from "../http/headers.js";
import { fault, isFunction, membersOf, method, readOptions } from "../schema.js";
import type { WebhookEvent, WebhookOutcome } from "./event.js";

export type { WebhookEvent, WebhookOutcome } from "./event.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Any `Request`, as an edge worker, Deno, Bun or a framework gives it. */
export interface WebhookRequest {
  /** Its header fields, in any form. */
  readonly headers:
    | { get(name: string): string | null }
    | Iterable<readonly string[]>
    | { readonly [name: string]: string | readonly string[] | undefined };
  /** Whether something has read the body. */
  readonly bodyUsed: boolean;
  /** The body, which something may be reading. */
  readonly body?: { readonly locked: boolean } | null;
  /** Reads the body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A webhook, where there is no `Request`. */
export interface SignedMessage {
  /** The body as it came: the raw bytes, or their text. Never what a parser made of it. */
  readonly body: Uint8Array | ArrayBuffer | string;
  /** The header `X-Uber-Signature`. */
  readonly signature: string | null | undefined;
  /** The header `X-Environment`. */
  readonly environment?: string | null | undefined;
}

/** What `verifyWebhook` takes. */
export interface WebhookOptions {
  /**
   * The signing key of the app's settings in Uber's developer dashboard, or
   * several: while it changes, or the client secret too, for apps that were set
   * up before there was one (inferred).
   */
  signingKey: string | readonly string[];
  /**
   * Reads the outcomes, if you know the body better: it gets what was parsed, of
   * every type of event. It gives a list, and no promise. Its reasons are masked too. Of an
   * event that reports a distribution an empty list counts as `unread`.
   */
  outcomes?: (raw: any) => Iterable<Omit<WebhookOutcome, "reason"> & { reason?: string | null }>;
}

/**
 * Checks that Uber signed a webhook, and reads it.
 *
 * `X-Uber-Signature` is the hexadecimal HMAC-SHA256 of the raw body (stated for
 * sibling products, inferred for vouchers). It is compared in constant time with
 * that of every key, and the body is parsed only then.
 *
 * @throws {WebhookError} `missing_signature`, `malformed_signature` and
 *   `signature_mismatch`: answer 401. `malformed_body`: it was well signed.
 *   `no_signing_key` and `body_used`: the caller's own faults.
 * @throws {ValidationError} `invalid_options`, naming the option; of `outcomes` too,
 *   if it throws, gives a promise or what are no outcomes (see `cause`). The event is in
 *   order: keep it, or don't acknowledge it, so that Uber sends it again.
 * @throws {ConnectionError} `connection_failed`: the request broke off.
 */
export async function verifyWebhook(
  message: WebhookRequest | SignedMessage,
  options: WebhookOptions,
): Promise<WebhookEvent> {
  const { signingKey, outcomes } = readOptions(options, {
    signingKey: signingKeys,
    outcomes: method<NonNullable<WebhookOptions["outcomes"]>>(),
  });
  if (signingKey === undefined) throw invalidOption("`signingKey` is missing");
  const { body, signature, environment } = await readMessage(message);
  return readEvent(body, signature, JSON.stringify(signingKey), environment, outcomes);
}

/**
 * Reads a body whose signature was right when it came.
 * @internal
 */
export function rereadWebhook(
  body: Uint8Array,
  environment: string | null,
  outcomes: WebhookOptions["outcomes"],
): Promise<WebhookEvent> {
  return readEvent(body, undefined, CHECKED_BEFORE, environment ?? undefined, outcomes);
}

async function readEvent(
  body: Uint8Array,
  signature: string | undefined,
  keys: string,
  environment: string | undefined,
  outcomes: WebhookOptions["outcomes"],
): Promise<WebhookEvent> {
  const glue = await instance.load();
  const readBody = (given?: string) =>
    instance.callSync(() => glue.readWebhook(body, signature, keys, environment, given));
  let event: Omit<WebhookEvent, "raw">;
  try {
    event = readBody();
  } catch (error) {
    // If it is no JSON at all, that says it better.
    if (error instanceof VoucherError && error.code === "malformed_body") parseBody(body);
    throw error;
  }
  const raw = parseBody(body);
  // Of the bytes, and not of `raw`, which `outcomes` may have changed.
  if (outcomes) event = readBody(callOutcomes(outcomes, raw));
  return { ...event, raw };
}

function signingKeys(value: unknown): string[] {
  const keys: unknown[] = [value].flat();
  const isFine = (list: unknown[]): list is string[] =>
    list.every((key) => typeof key === "string");
  return isFine(keys) ? keys : fault("must be a string or a list of strings");
}

/** What the caller's own reader makes of a body. Its faults say nothing of the event. */
function callOutcomes(outcomes: (raw: unknown) => unknown, raw: unknown): string {
  let given: unknown;
  try {
    given = unawaited(outcomes(raw));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- What is no list throws, and that is told.
    return JSON.stringify(outcomesOf(given as Iterable<object>));
  } catch (cause) {
    const isPromise = quietly(() => isFunction(membersOf(given)["then"]));
    throw invalidOption(
      `\`outcomes\` ${isPromise ? "gave a promise, and no list" : "failed"}`,
      cause,
    );
  }
}

function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    // A parser's words quote the body, which may hold a recipient's data.
    const cause = new SyntaxError("The body was signed, and is no JSON");
    throw webhookError("malformed_body", "The body is no JSON", MALFORMED_BODY_HINT, cause);
  }
}

/** Outcomes as the core takes them: it must meet no getter, and nothing endless. */
export function outcomesOf(given: Iterable<{ [K in keyof WebhookOutcome]?: unknown }>): unknown[] {
  const text = (value: unknown) => (typeof value === "string" ? value : value == null ? null : "");
  return [...given].map(({ code, status, reason }) => {
    return { code: text(code), status: text(status), reason: text(reason) };
  });
}

/** What is checked and read, whatever it comes from. */
interface Message {
  body: Uint8Array;
  signature: string | undefined;
  environment: string | undefined;
}

/** What is checked; at once, unless there is something to wait for. */
function readMessage(message: WebhookRequest | SignedMessage): Message | Promise<Message> {
  if (typeof message !== "object" || message === null) {
    throw invalidOption("The message must be a Request, or an object with `body` and `signature`");
  }
  const unreadable = (error: unknown) =>
    ours(error, (cause) => invalidOption("The message can't be read", cause));
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

/** What to pass in place of what a framework gives, where it is that. */
function adviceOn(message: object): string | undefined {
  if ("isBase64Encoded" in message) {
    return 'It is a Lambda event: pass { body, signature }, with Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8") as `body`, and the header X-Uber-Signature as `signature`';
  }
  const headers = "headers" in message ? Object(message.headers) === message.headers : undefined;
  if ("arrayBuffer" in message ? headers : "signature" in message) return undefined;
  if (headers && !("arrayBuffer" in message)) {
    return "It is no Request, but one of Node.js or a framework: pass { body, signature }, with the raw body (in Express that of express.raw()), and the header X-Uber-Signature as `signature`";
  }
  if ("arrayBuffer" in message || "req" in message || "request" in message) {
    return "It is no Request: pass the Request itself, which in Hono is c.req.raw";
  }
  return undefined;
}

/** Finds header fields, whatever the headers are. */
function finderOf(headers: WebhookRequest["headers"]): (name: string) => string | undefined {
  const { get, [Symbol.iterator]: iterate } = membersOf(headers);
  const isOpaque = !isFunction(iterate) && isFunction(get);
  // Once, as an iterator is spent then.
  const fields = isOpaque ? undefined : headerFields(headers);
  return (name) => {
    const values: unknown[] = fields
      ? fields.filter(([key]) => String(key).toLowerCase() === name).flatMap(([, value]) => value)
      : [isFunction(get) && get.call(headers, name)];
    const texts = values.filter((value) => typeof value === "string");
    // As `Headers` has it, of more than one.
    return texts.length > 0 ? texts.join(", ") : undefined;
  };
}

async function readRequest(message: WebhookRequest): Promise<Message> {
  if (message.bodyUsed || message.body?.locked) {
    const hint = "Verify before anything reads the body, or hand over `request.clone()`.";
    throw webhookError("body_used", "The body of the request was read before", hint);
  }
  const field = finderOf(message.headers);
  const [signature, environment] = [field("x-uber-signature"), field("x-environment")];
  try {
    const body = bytesOf(await message.arrayBuffer()) ?? new Uint8Array();
    return { body, signature, environment };
  } catch (cause) {
    const hint = "See `cause`. Uber sends again what was not acknowledged.";
    throw refusal("connection_failed", "The request could not be read", hint, { cause });
  }
}

function checkMessage(message: SignedMessage): Message {
  const { body } = message;
  const signature = textOf("signature", message.signature);
  const environment = textOf("environment", message.environment);
  if (typeof body === "string") {
    return { body: new TextEncoder().encode(body), signature, environment };
  }
  // A copy: what is shared with other threads may change after it was checked.
  const copy = bytesOf(body)?.slice();
  if (copy === undefined)
    throw invalidOption("`body` must be the raw body, as bytes or as a string");
  return { body: copy, signature, environment };
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
