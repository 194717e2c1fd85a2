/** A `fetch` that a sandbox answers. */
import { markOfSandbox } from "../environment.js";
import type { SandboxTime } from "./clock.js";
import type { CoreReply } from "../generated/sandbox.js";

/** A request as the sandbox gets it. */
export interface Arriving {
  method: string;
  /** Path and query. */
  target: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

type FetchInput = string | URL | Request;
/** With the members of a signal of any realm. */
type FetchInit = Omit<RequestInit, "signal"> & { signal?: AbortSignal | null };

/** Waits until the response may arrive, this long after its request is `recorded`. */
export type Wait = (ms: number, recorded: Promise<void> | undefined) => Promise<void>;

/** Creates a `fetch` that this function answers, on this clock. */
export function createFetch(
  time: SandboxTime,
  handle: (request: Arriving, wait: Wait) => Promise<CoreReply>,
): typeof fetch {
  // An arrow function, so that it works with any `this`. No `await` before the request has arrived,
  // so that no time can pass on the way.
  const send = async (input: FetchInput, init: FetchInit = {}) => {
    const signal = init.signal ?? (isRequest(input) ? input.signal : undefined);
    throwIfAborted(signal);
    const url = urlOf(input);
    let request = plainRequest(url, input, init);
    if (request === undefined) {
      const release = time.hold();
      try {
        request = await readRequest(url, input, init);
      } finally {
        release();
      }
      throwIfAborted(signal);
    }
    const reply = await handle(request, async (ms, recorded) => {
      if (recorded !== undefined) {
        const release = time.hold();
        try {
          await Promise.race([recorded, untilAborted(signal)]);
        } finally {
          release();
        }
      }
      await time.sleep(ms, signal ?? undefined);
    });
    time.markActivity();
    if (reply.hang === true) await untilAborted(signal);
    // The message of Node.js; other hosts use others.
    if (reply.lost === true)
      throw new TypeError("fetch failed", { cause: new Error("other side closed") });
    const response = new Response(reply.body.length === 0 ? null : reply.body, {
      status: reply.status,
      headers: reply.headers,
    });
    Object.defineProperty(response, "url", { value: url.href });
    return response;
  };
  return Object.defineProperty<typeof fetch>(send, markOfSandbox, { value: true });
}

function isRequest(input: FetchInput): input is Request {
  return typeof input === "object" && "headers" in input;
}

function urlOf(input: FetchInput): URL {
  const text = isRequest(input) ? input.url : String(input);
  const base = (globalThis as { location?: { href?: string } }).location?.href;
  try {
    return new URL(text, base);
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${text}`, { cause });
  }
}

/** The request, if its body can be read synchronously. */
function plainRequest(url: URL, input: FetchInput, init: FetchInit): Arriving | undefined {
  const { body } = init;
  if (isRequest(input)) return undefined;
  const headers = new Headers(init.headers);
  const typed = (bytes: Uint8Array, type?: string) => {
    if (type !== undefined && !headers.has("content-type")) headers.set("content-type", type);
    const method = (init.method ?? "GET").toUpperCase();
    if (body != null && (method === "GET" || method === "HEAD")) {
      throw new TypeError("Request with GET/HEAD method cannot have body.");
    }
    return { method, target: url.pathname + url.search, headers: [...headers], body: bytes };
  };
  const encode = (text: string) => new TextEncoder().encode(text);
  if (body == null) return typed(new Uint8Array());
  if (typeof body === "string") return typed(encode(body), "text/plain;charset=UTF-8");
  if (body instanceof URLSearchParams) {
    return typed(encode(body.toString()), "application/x-www-form-urlencoded;charset=UTF-8");
  }
  if (body instanceof ArrayBuffer) return typed(new Uint8Array(body));
  if (ArrayBuffer.isView(body))
    return typed(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  return undefined;
}

/** The request, if the host has to read its body. */
async function readRequest(url: URL, input: FetchInput, init: FetchInit): Promise<Arriving> {
  // Member by member: `init` may be a Request, whose members are inherited. And without the signal:
  // one of another realm (jsdom's) would be refused, and it is handled here anyway.
  const { method, headers, body } = init;
  const members = {
    ...(method !== undefined && { method }),
    ...(headers !== undefined && { headers }),
    ...(body != null && { body, duplex: "half" }),
  };
  const request = new Request(isRequest(input) ? input : url, members);
  return {
    method: request.method,
    target: url.pathname + url.search,
    headers: [...request.headers],
    body: new Uint8Array(await request.arrayBuffer()),
  };
}

function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal == null) return;
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
