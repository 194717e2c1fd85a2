/**
 * The one path into `fetch`, and out of what it returns.
 *
 * Answers are taken by their shape: they may be of another realm, a
 * polyfill's or a mock's, which are no instances of this realm's classes.
 */
import {
  DONE,
  Deadline,
  FAILED,
  type Outcome,
  realClock,
  realClearTimeout,
  realSetTimeout,
} from "./deadline.js";
import { quietly } from "../errors.js";
import { notify } from "../listeners.js";
import { membersOf } from "../schema.js";
import { headersOf } from "./headers.js";
import { isMarkedUnsent, provesUnsent, sentOnce } from "./own-fetch.js";
import type { FetchFunction, FetchInit, RequestEvent, ResponseEvent } from "../types.js";

/** How much of a body is read that only tells what an answer means. */
const BEGINNING_BYTES = 65_536;
/** How long a body that nobody needs may take. */
const DRAIN_MS = 1_000;

/** An answer whose head has come. */
export interface Answer {
  readonly status: number;
  readonly fields: readonly [name: string, value: string][];
  /** The fields as the wasm takes them: names and values, a line each. */
  readonly lines: string;
  readonly response: ResponseShape;
  /** Ends the connection, and with it the body. */
  readonly abort: () => void;
  isRead: boolean;
}

interface ResponseShape {
  status?: unknown;
  headers?: unknown;
  body?: { getReader?: () => BodyReader } | null;
  text?: () => unknown;
}

interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
}

/** What a transport is made of. */
export interface TransportOptions {
  fetch?: FetchFunction | { fetch: FetchFunction };
  onRequest?: (event: RequestEvent) => void;
  onResponse?: (event: ResponseEvent) => void;
  now: () => number;
}

/** Hands a request to `fetch`, and waits for the head of the answer. */
export async function send(
  { fetch, onRequest, onResponse, now }: TransportOptions,
  url: string,
  init: FetchInit,
  attempt: number,
  deadline: Deadline,
): Promise<Outcome<Answer>> {
  const connection = new AbortController();
  const abort = aborting(connection);
  // What was called is what proves something, whatever takes its place meanwhile.
  let hostFetch: typeof globalThis.fetch | undefined;
  let hasLeft = false;
  let started = 0;
  deadline.onCut = abort;
  const outcome = await deadline.race((): Promise<unknown> => {
    const event: RequestEvent = { method: init.method, url, attempt };
    if (onRequest) notify(onRequest, event);
    hasLeft = true;
    started = now();
    const sent: FetchInit = { ...init, signal: connection.signal };
    if (fetch === undefined) {
      hostFetch = globalThis.fetch;
      return hostFetch(url, sentOnce(sent));
    }
    // Whoever is no host may count on an object with methods.
    sent.headers = headersOf(init.headers);
    // As a method where it is one: a service binding refuses anything else.
    return typeof fetch === "function" ? fetch(url, sent) : fetch.fetch(url, sent);
  });
  const called = hostFetch;
  if (outcome.kind === FAILED && hasLeft) {
    const { value } = outcome;
    const isUnsent = called ? () => provesUnsent(called, value) : isMarkedUnsent;
    hasLeft = quietly(() => isUnsent(value)) !== true;
  }
  if (outcome.kind !== DONE) return { ...outcome, hasLeft };
  const response: ResponseShape = membersOf(outcome.value);
  const answer: Answer = { ...headOf(response), response, abort, isRead: false };
  deadline.onEnd = draining(answer);
  if (onResponse) {
    const durationMs = now() - started;
    const { status, fields } = answer;
    const headers = Object.fromEntries(fields.filter(([name]) => name.startsWith("x-uber-")));
    notify(onResponse, { method: init.method, url, attempt, status, durationMs, headers });
  }
  return { kind: DONE, value: answer, hasLeft };
}

// Closures of one function share what they refer to. These are kept while the answer is
// read, and must not keep the body that was sent: so they are made apart from `send`.
const aborting = (connection: AbortController) => () => connection.abort();
const draining = (answer: Answer) => () => void drain(answer);

/** What there is of a head; what is not there, or throws, is not there. */
function headOf(response: ResponseShape): Pick<Answer, "status" | "fields" | "lines"> {
  let status = 0;
  let fields: [string, string][] = [];
  try {
    const given = Number(response.status);
    if (Number.isInteger(given) && given >= 0 && given <= 999) status = given;
    const { headers } = response;
    fields = [...headersOf(headers)];
  } catch {
    // The status is the evidence; fields are only good to have.
  }
  let lines = "";
  for (const [name, value] of fields) lines += `${name}\n${value}\n`;
  return { status, fields, lines };
}

/** Reads a body as text: what comes of it within `patienceMs`, or the whole if that is 0. */
export async function read(
  answer: Answer,
  patienceMs: number,
  deadline: Deadline,
): Promise<Outcome<string>> {
  if (patienceMs > 0) {
    // On the host's own clock: what is accepted must not depend on another one.
    const patience = patienceMs === Infinity ? deadline : new Deadline(realClock, patienceMs);
    const value = await beginning(answer, patience);
    if (patience !== deadline) patience.end();
    return { kind: DONE, value, hasLeft: true };
  }
  const outcome = await deadline.race(async () => {
    const text = await answer.response.text?.();
    if (typeof text !== "string") throw new TypeError("The answer's text() gave no text");
    return text;
  });
  answer.isRead = outcome.kind === DONE;
  return { ...outcome, hasLeft: true };
}

async function beginning(answer: Answer, deadline: Deadline): Promise<string> {
  const { response } = answer;
  let text = "";
  try {
    if (typeof response.body?.getReader !== "function") {
      const { kind, value } = await deadline.race(() => response.text?.());
      answer.isRead = kind === DONE;
      return kind === DONE && typeof value === "string" ? value : "";
    }
    const decoder = new TextDecoder();
    const opened = await deadline.race(() => response.body?.getReader?.());
    for (let bytes = 0; opened.kind === DONE && bytes < BEGINNING_BYTES;) {
      const { kind, value } = await deadline.race(() => opened.value?.read());
      const chunk = kind === DONE && value?.value;
      answer.isRead = kind === DONE && value?.done !== false;
      if (!ArrayBuffer.isView(chunk)) break;
      // Chunks without a byte must come to an end too.
      bytes += chunk.byteLength + 64;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // A body with members that throw: what came of it will do.
  }
  return text;
}

/** Whether a body is short, by what its head says. Read in one go, it costs less. */
function isShort({ fields }: Answer): boolean {
  const [, length] = fields.find(([name]) => name === "content-length") ?? [];
  return length !== undefined && Number(length) <= BEGINNING_BYTES;
}

/**
 * Reads what is left of a body, in the background, so that its connection can be
 * used again; one that is too long, or takes too long, is given up with it.
 */
async function drain(answer: Answer): Promise<void> {
  if (answer.isRead) return;
  const timer = realSetTimeout(answer.abort, DRAIN_MS);
  try {
    const { response } = answer;
    const reader = isShort(answer) ? undefined : response.body?.getReader?.();
    if (reader === undefined) {
      await response.text?.();
      return;
    }
    for (let bytes = 0; bytes < BEGINNING_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      // Chunks without a byte must come to an end too.
      bytes += Number(value?.byteLength) + 64;
    }
    answer.abort();
  } catch {
    answer.abort();
  } finally {
    realClearTimeout(timer);
  }
}
