/** The connection to the worker: its address, authentication, requests and sockets. */
import type { CallSignal, HostURL } from "../types.js";
import { protocolsOf } from "../worker/live-protocol.js";
import { connectionFailed, errorOf } from "./error.js";

/** The members of a `WebSocket` that are used. */
export interface LiveSocket {
  /** Called once it is open. */
  onopen: ((event: any) => void) | null;
  /** Called with each message. */
  onmessage: ((event: { data: unknown }) => void) | null;
  /** Called when it is closed, by either side. */
  onclose: ((event: { code: number }) => void) | null;
  /** Called when the connection fails. */
  onerror: ((event: any) => void) | null;
  /** Sends a message. */
  send(text: string): void;
  /** Closes it. */
  close(code?: number): void;
}

/** The options of `createWorkerClient`. */
export interface WorkerClientOptions {
  /** The address of the worker. In a page it may be relative: `"/"`. */
  baseUrl: string | HostURL;
  /**
   * The admin token. Without it, the browser's own cookie or Cloudflare Access identifies the
   * operator.
   */
  token?: string;
  /** Default: the host's own `fetch`. */
  fetch?: (url: string, init: any) => Promise<any>;
  /** Default: the host's own `WebSocket`. Node.js has one since version 22. */
  WebSocket?: new (url: string, protocols: string[]) => any;
}

/** @internal */
export class Connection {
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly #WebSocket: (new (url: string, protocols: string[]) => LiveSocket) | undefined;

  constructor({ baseUrl, token, fetch, WebSocket }: WorkerClientOptions) {
    const page = (globalThis as { location?: { href?: string } }).location?.href;
    this.#base = new URL(typeof baseUrl === "string" ? baseUrl : baseUrl.href, page);
    this.#token = token;
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#WebSocket = WebSocket;
  }

  #url(path: string): URL {
    const url = new URL(this.#base);
    const [pathname = "", query = ""] = path.split("?");
    url.pathname = url.pathname.replace(/\/$/, "") + pathname;
    url.search = query;
    return url;
  }

  /**
   * The response, if it is a success. `queued` is what is known without a response: a
   * call that only reads queues nothing.
   */
  async request(path: string, init: RequestInit, queued: "no" | "unknown"): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("Authorization", `Bearer ${this.#token}`);
    const credentials = this.#token === undefined ? {} : { credentials: "omit" as const };
    let response: Response;
    try {
      const own = { headers, redirect: "error", cache: "no-store" } as const;
      response = await this.#fetch(this.#url(path).href, { ...init, ...credentials, ...own });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw connectionFailed(cause, queued);
    }
    if (!response.ok) throw await errorOf(response, queued);
    return response;
  }

  /**
   * The same for a response with JSON. Its type is the one that the worker documents for the route.
   */
  async requestJson<T>(path: string, init: RequestInit, queued: "no" | "unknown"): Promise<T> {
    const response = await this.request(path, init, queued);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The worker is of the same release, or a later one.
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  get<T>(path: string, signal?: CallSignal): Promise<T> {
    return this.requestJson(path, withSignal(signal), "no");
  }

  /**
   * Sends a decision. If the response is lost, nothing is sent because of that, but the decision
   * may have been applied.
   */
  send<T>(method: "POST" | "PUT" | "PATCH", path: string, body: unknown): Promise<T> {
    const headers = { "Content-Type": "application/json" };
    const init = { method, headers, body: JSON.stringify(body) };
    return this.requestJson(path, init, "unknown");
  }

  /** A page can't set header fields of a WebSocket, so the token is passed as a subprotocol. */
  socket(path: string): LiveSocket {
    const url = this.#url(path);
    url.protocol = url.protocol.replace("http", "ws");
    const Socket = this.#WebSocket ?? globalThis.WebSocket;
    if (Socket === undefined) {
      throw new TypeError("This host has no WebSocket: pass one as the option `WebSocket`");
    }
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Its handlers are only set, with what takes less.
    return new Socket(url.href, protocolsOf(this.#token)) as LiveSocket;
  }
}

/** A signal in the form for `fetch`. @internal */
export function withSignal(signal: CallSignal | undefined): { signal?: AbortSignal } {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The host's own, by other types; `fetch` refuses what is none.
  return signal === undefined ? {} : { signal: signal as AbortSignal };
}
