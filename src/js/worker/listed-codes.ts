/** Uber's list of a program's codes: as a stream, and a page at a time. */
import { membersOf } from "../schema.js";
import { type Client, createClient } from "../client/client.js";
import type { VoucherCode } from "../types.js";
import { idsOfCodes } from "./code-ids.js";
import { BrokenList, pagesOfList } from "./json-pages.js";
import { refuse } from "./problem.js";
import { settings } from "./settings.js";
import { stubs } from "./stubs.js";
import type { WorkerEnv } from "./types.js";
import { type TokenApi, type UberFetch, clientOptions, createUber, readingFetch } from "./uber.js";

/** The time for the whole list, from the first byte of the request. */
const LIST_TIMEOUT_MS = 120_000;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const NIL = "00000000-0000-0000-0000-000000000000";
/** The page's client retries, and waits as long as Uber asks. */
const ONCE = { maxRetries: 0 } as const;

/** How Uber is reached, and where tokens come from. */
export interface Way {
  app: () => TokenApi;
  fetch: UberFetch;
}

const wayOf = (env: WorkerEnv): Way => ({
  app: () => stubs(env).app(),
  fetch: readingFetch(env),
});

/**
 * The body of Uber's response. The client sends the request and checks the head of the
 * response, but gets an empty list instead of this body: it would hold the whole list
 * in memory.
 */
export async function openCodes(
  env: WorkerEnv,
  programId: string,
  includeUsage: boolean,
  { app, fetch }: Way = wayOf(env),
  timeout = AbortSignal.timeout(LIST_TIMEOUT_MS),
): Promise<ReadableStream<Uint8Array>> {
  let body: ReadableStream<Uint8Array> | null = null;
  const client = createUber(env, app, async (url, init) => {
    const head = new AbortController();
    const abort = () => head.abort();
    const given = init.signal instanceof AbortSignal ? init.signal : undefined;
    given?.addEventListener("abort", abort);
    const signal = AbortSignal.any([head.signal, timeout]);
    const response = await fetch(url, { ...init, signal });
    // The client closes its own connection once it has a response.
    given?.removeEventListener("abort", abort);
    if (!response.ok) return response;
    ({ body } = response);
    const headers = new Headers(response.headers);
    for (const name of ["Content-Length", "Content-Encoding"]) headers.delete(name);
    return new Response('{"codes":[]}', { status: 200, headers });
  });
  try {
    await client.listCodes(programId, { ...ONCE, includeUsage });
  } catch (error) {
    void cancel(body);
    throw error;
  }
  return body ?? new Blob([]).stream();
}

/** The codes in pages of some hundred each, with all of their members. */
export function listedCodes(
  env: WorkerEnv,
  programId: string,
  includeUsage: boolean,
): AsyncGenerator<VoucherCode[], void, void> {
  const reader = new PageReader(env, programId);
  return pagesRead(env, programId, includeUsage, (page) => reader.read(page));
}

/** Eighteen bytes for each code: its id, whether it is cancelled, and whether it is in use. */
export interface ListedIds {
  length: number;
  ids: Uint8Array;
  /** Not 0 if the code is cancelled. */
  cancelled: Uint8Array;
  /** Not 0 if the code is in use; always 0 if usage was not requested. */
  used: Uint8Array;
}

/**
 * Only the ids of the codes, in pages. The core would make an object of each code with
 * all its members, which takes much time and memory for a long list.
 */
export function listedIds(
  env: WorkerEnv,
  programId: string,
  includeUsage = false,
  way?: Way,
): AsyncGenerator<ListedIds, void, void> {
  return pagesRead(env, programId, includeUsage, readIds, way);
}

/** The same, and the other members that are shown of each code. */
export interface ListedDetails extends ListedIds {
  /** A JSON list, with a list of `DETAILS` for each code. */
  details: string;
}

/** The members of a code that are kept besides its id; trailing nulls are left out. */
const DETAILS = ["code_text", "usage_count", "usage_amount", "canceled_at"] as const;
export const USAGE_COUNT = DETAILS.indexOf("usage_count");

export function listedDetails(
  env: WorkerEnv,
  programId: string,
  way: Way,
): AsyncGenerator<ListedDetails, void, void> {
  return pagesRead(
    env,
    programId,
    true,
    (page) => {
      const codes = codesIn(page);
      return { ...idsIn(codes), details: JSON.stringify(codes.map(detailsOf)) };
    },
    way,
  );
}

function detailsOf(code: ListedCode): unknown[] {
  const details: unknown[] = DETAILS.map((name) => code[name] ?? null);
  while (details.length > 0 && details.at(-1) === null) details.pop();
  return details;
}

/** Gives a code its members again, as Uber names them. */
export function withDetails(code: string, details: unknown): Record<string, unknown> {
  const values: unknown[] = Array.isArray(details) ? details : [];
  const members: Record<string, unknown> = { code_id: code };
  DETAILS.forEach((name, index) => (members[name] = values[index] ?? null));
  return members;
}

/** The members of each code; any of them may be missing. */
function codesIn(page: string): ListedCode[] {
  const codes: unknown = JSON.parse(`[${page}]`);
  return Array.isArray(codes) ? codes.map(membersOf) : [];
}

const readIds = (page: string): ListedIds => idsIn(codesIn(page));

function idsIn(codes: readonly ListedCode[]): ListedIds {
  return {
    length: codes.length,
    ids: idsOfCodes(codes.map((code) => uuidOrNil(code.code_id))),
    cancelled: Uint8Array.from(codes, (code) => Number((code.canceled_at ?? null) !== null)),
    used: Uint8Array.from(codes, (code) => Number(isInUse(code))),
  };
}

/** The text that guests type, for each code: empty if Uber gives none. */
export interface ListedTexts extends Pick<ListedIds, "length" | "ids"> {
  texts: string[];
}

export function listedTexts(
  env: WorkerEnv,
  programId: string,
  way: Way,
): AsyncGenerator<ListedTexts, void, void> {
  return pagesRead(env, programId, false, readTexts, way);
}

function readTexts(page: string): ListedTexts {
  const codes = codesIn(page);
  return {
    length: codes.length,
    ids: idsOfCodes(codes.map((code) => uuidOrNil(code.code_id))),
    texts: codes.map(({ code_text: text }) => (typeof text === "string" ? text : "")),
  };
}

/** The members that are read of a code in Uber's list. */
type ListedCode = Partial<Record<"code_id" | (typeof DETAILS)[number], unknown>>;

function isInUse({ code_id: id, usage_count: count }: ListedCode): boolean {
  // In other places Uber writes counts as text.
  const isCount = typeof count === "number" || typeof count === "string";
  return isCount && Number(count) > 0 && isUuid(id);
}

/** The nil UUID stands for an invalid id: it is rejected when it is to be sent. */
function uuidOrNil(id: unknown): string {
  return isUuid(id) ? id : NIL;
}

const isUuid = (id: unknown): id is string => typeof id === "string" && UUID.test(id);

/** Refuses a list of more codes than a job may have, and an incomplete one. */
async function* pagesRead<T extends { length: number }>(
  env: WorkerEnv,
  programId: string,
  includeUsage: boolean,
  read: (page: string) => T | Promise<T>,
  way?: Way,
): AsyncGenerator<T, void, void> {
  const { maxCodes } = settings();
  // Cleared at the end, because a timer keeps an object in memory.
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException("The list took too long", "TimeoutError")),
    LIST_TIMEOUT_MS,
  );
  let count = 0;
  try {
    const body = await openCodes(env, programId, includeUsage, way, late.signal);
    for await (const page of pagesOfList(body, "codes")) {
      const codes = await read(page);
      count += codes.length;
      if (count > maxCodes) throw tooMany(maxCodes);
      yield codes;
    }
  } catch (error) {
    const { name } = membersOf(error);
    const isBroken =
      error instanceof BrokenList || name === "TimeoutError" || name === "SyntaxError";
    throw isBroken ? brokenOff() : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Lets the core read a page, as if it were the response to a request. */
export class PageReader {
  readonly #client: Client;
  #page = "";

  constructor(
    env: WorkerEnv,
    readonly programId: string,
  ) {
    const headers = { "Content-Type": "application/json" };
    this.#client = createClient({
      ...clientOptions(env),
      auth: "none",
      fetch: async () => new Response(`{"codes":[${this.#page}]}`, { headers }),
    });
  }

  read(page: string): Promise<VoucherCode[]> {
    this.#page = page;
    return this.#client.listCodes(this.programId, ONCE);
  }
}

async function cancel(body: ReadableStream<Uint8Array> | null): Promise<void> {
  await body?.cancel().catch(() => {});
}

function tooMany(most: number) {
  return refuse(
    422,
    "too_many_codes",
    `The program has more than ${most} codes`,
    "Upload lists of its codes. `maxCodes` of `createWorker` is the limit.",
  );
}

// Not a 5xx, for which a page's client would take the codes of a call as unknown.
function brokenOff() {
  return refuse(
    424,
    "unexpected_response",
    "Uber's list of codes was incomplete or invalid",
    "Try again. Nothing was queued.",
  );
}
