/**
 * The only code that calls `fetch` and reads its responses.
 *
 * Responses are recognized by their shape: those of another realm, a polyfill or a mock
 * are not instances of this realm's classes.
 */
import {
  DONE,
  type Deadline,
  FAILED,
  type HostResult,
  realClearTimeout,
  realSetTimeout,
} from "./deadline.js";
import { bytesOf } from "../bytes.js";
import { tryOrUndefined } from "../errors.js";
import { notify } from "../listeners.js";
import { membersOf } from "../schema.js";
import { headersOf } from "./headers.js";
import { isMarkedUnsent, provesUnsent, sentOnce } from "./own-fetch.js";
import type { FetchFunction, FetchInit, RequestEvent, ResponseEvent } from "../types.js";

/** How much of a body is read if it only tells what a response means. */
const BEGINNING_BYTES = 65_536;
const decoder = new TextDecoder();
/** How long reading an unneeded body may take. */
const DRAIN_MS = 1_000;

/** A response whose headers have arrived. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly [name: string, value: string][];
  /** The header fields in the form for the wasm: one name and value per line. */
  readonly lines: string;
  readonly response: ResponseShape;
  /** Closes the connection, and so ends the body. */
  readonly abort: () => void;
  isRead: boolean;
}

interface ResponseShape {
  status?: unknown;
  headers?: unknown;
  body?: { getReader?: () => BodyReader } | null;
  text?: () => unknown;
}

interface Chunk {
  done: boolean;
  value?: Uint8Array | undefined;
}

interface BodyReader {
  read(): Promise<Chunk>;
}

/** The parts of a transport. */
export interface TransportOptions {
  fetch?: FetchFunction | { fetch: FetchFunction };
  onRequest?: (event: RequestEvent) => void;
  onResponse?: (event: ResponseEvent) => void;
  now: () => number;
}

/** Passes a request to `fetch`, and waits for the headers of the response. */
export async function send(
  { fetch, onRequest, onResponse, now }: TransportOptions,
  url: string,
  init: FetchInit,
  attempt: number,
  deadline: Deadline,
): Promise<HostResult<ResponseHead>> {
  const connection = new AbortController();
  const abort = aborting(connection);
  // What the error proves depends on the function that was called, even if it is replaced
  // meanwhile.
  let hostFetch: typeof globalThis.fetch | undefined;
  let requestSent = false;
  let started = 0;
  deadline.onInterrupt = abort;
  const outcome = await deadline.race((): Promise<unknown> => {
    const event: RequestEvent = { method: init.method, url, attempt };
    if (onRequest) notify(onRequest, event);
    requestSent = true;
    started = now();
    const sent: FetchInit = { ...init, signal: connection.signal };
    if (fetch === undefined) {
      hostFetch = globalThis.fetch;
      return hostFetch(url, sentOnce(sent));
    }
    // Code that implements `fetch` may expect a headers object with methods, unlike a host.
    sent.headers = headersOf(init.headers);
    // Called as a method if it is one: a service binding refuses any other call.
    return typeof fetch === "function" ? fetch(url, sent) : fetch.fetch(url, sent);
  });
  const called = hostFetch;
  if (outcome.kind === FAILED && requestSent) {
    const { value } = outcome;
    const isUnsent = called ? () => provesUnsent(called, value) : isMarkedUnsent;
    requestSent = tryOrUndefined(() => isUnsent(value)) !== true;
  }
  if (outcome.kind !== DONE) return { ...outcome, requestSent: requestSent };
  const response: ResponseShape = membersOf(outcome.value);
  const reply: ResponseHead = { ...headOf(response), response, abort, isRead: false };
  deadline.onEnd = draining(reply);
  if (onResponse) {
    const durationMs = now() - started;
    const { status, fields } = reply;
    const headers = Object.fromEntries(fields.filter(([name]) => name.startsWith("x-uber-")));
    notify(onResponse, { method: init.method, url, attempt, status, durationMs, headers });
  }
  return { kind: DONE, value: reply, requestSent: requestSent };
}

// Closures of one function share what they refer to. These are kept while the response is read, and
// must not keep the request body in memory: so they are created outside `send`.
const aborting = (connection: AbortController) => () => connection.abort();
const draining = (response: ResponseHead) => () => void drain(response);

/** Reads status and headers; missing or throwing members become defaults. */
function headOf(response: ResponseShape): Pick<ResponseHead, "status" | "fields" | "lines"> {
  let status = 0;
  let fields: [string, string][] = [];
  try {
    const given = Number(response.status);
    if (Number.isInteger(given) && given >= 0 && given <= 999) status = given;
    const { headers } = response;
    fields = [...headersOf(headers)];
  } catch {
    // The status is the evidence; header fields are optional.
  }
  let lines = "";
  for (const [name, value] of fields) lines += `${name}\n${value}\n`;
  return { status, fields, lines };
}

/** Reads a body as text: what arrives within `patienceMs`, or all of it if that is 0. */
export async function read(
  reply: ResponseHead,
  patienceMs: number,
  deadline: Deadline,
): Promise<HostResult<string>> {
  if (patienceMs > 0) {
    // By the host's own clock: what is accepted must not depend on another one, nor on a signal.
    if (patienceMs !== Infinity) deadline.restart(patienceMs);
    const value = await beginning(reply, deadline);
    return { kind: DONE, value, requestSent: true };
  }
  const outcome = await deadline.race(async () => {
    const text = await reply.response.text?.();
    if (typeof text !== "string") throw new TypeError("The response's text() returned no text");
    return text;
  });
  reply.isRead = outcome.kind === DONE;
  return { ...outcome, requestSent: true };
}

async function beginning(reply: ResponseHead, deadline: Deadline): Promise<string> {
  const { response } = reply;
  let text = "";
  try {
    const { body } = response;
    const reader = typeof body?.getReader === "function" ? body.getReader() : undefined;
    if (reader === undefined) {
      const { kind, value } = await deadline.race(() => response.text?.());
      reply.isRead = kind === DONE;
      return kind === DONE && typeof value === "string" ? value : "";
    }
    let stateful: TextDecoder | undefined;
    for (let bytes = 0; bytes < BEGINNING_BYTES;) {
      const { kind, value } = await deadline.race<Chunk | undefined>(() => reader.read());
      const chunk = kind === DONE ? bytesOf(value?.value) : undefined;
      reply.isRead = kind === DONE && value?.done !== false;
      if (chunk === undefined) break;
      // A stream of empty chunks must end too.
      bytes += chunk.length + 64;
      // A decoder that remembers half a character is slow in Node.js, and rarely needed.
      const isWhole = stateful === undefined && (chunk.at(-1) ?? 0) < 0x80;
      text += isWhole
        ? decoder.decode(chunk)
        : (stateful ??= new TextDecoder()).decode(chunk, { stream: true });
    }
  } catch {
    // A body with throwing members: what was read so far is used.
  }
  return text;
}

/** Whether a body is short, according to its headers. Reading it in one go is cheaper. */
function isShort({ fields }: ResponseHead): boolean {
  const [, length] = fields.find(([name]) => name === "content-length") ?? [];
  return length !== undefined && Number(length) <= BEGINNING_BYTES;
}

/**
 * Reads the rest of a body in the background, so that its connection can be reused. If
 * the body is too long or too slow, it is given up together with its connection.
 */
async function drain(reply: ResponseHead): Promise<void> {
  if (reply.isRead) return;
  const timer = realSetTimeout(reply.abort, DRAIN_MS);
  try {
    const { response } = reply;
    const reader = isShort(reply) ? undefined : response.body?.getReader?.();
    if (reader === undefined) {
      await response.text?.();
      return;
    }
    for (let bytes = 0; bytes < BEGINNING_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      // A stream of empty chunks must end too.
      bytes += Number(value?.byteLength) + 64;
    }
    reply.abort();
  } catch {
    reply.abort();
  } finally {
    realClearTimeout(timer);
  }
}
