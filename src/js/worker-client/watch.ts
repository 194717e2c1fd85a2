/** Watches one job over a WebSocket that reconnects. */
import { PING, PONG, SIGNED_OUT } from "../worker/live-protocol.js";
import type { JobDetail, JobMessage } from "../worker/types.js";
import { type Connection, type LiveSocket } from "./connection.js";
import { WorkerError, connectionFailed } from "./error.js";

/** The state of a job that is watched. */
export interface WatchedJob {
  /** The last state received; `null` before the first. */
  job: JobDetail | null;
  /** The time of that state, in epoch milliseconds. */
  at: number | null;
  /** Whether there is a connection, so that changes arrive at once. */
  isConnected: boolean;
  /** Why there is no connection, if the worker has stated a reason. */
  error: WorkerError | null;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A dead connection is noticed after both intervals. */
const PING_MS = 10_000;
const PONG_MS = 5_000;
/** A repeated request would get the same response. */
const FINAL: ReadonlySet<string> = new Set(["not_signed_in", "foreign_origin", "not_found"]);

/** The events of a page about its connection and visibility; other hosts have none. */
interface PageEvents {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void;
  document?: { readonly hidden: boolean } & Pick<PageEvents, "addEventListener">;
}

/** @internal */
export class Watch {
  #watched: WatchedJob = { job: null, at: null, isConnected: false, error: null };
  #socket: LiveSocket | undefined;
  #waitMs = FIRST_WAIT_MS;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();

  constructor(
    readonly connection: Connection,
    /** The path of the job. */
    readonly path: string,
    readonly listener: (watched: WatchedJob) => void,
  ) {
    const { signal } = this.#stop;
    const now = () => this.#connectNow();
    const page = globalThis as PageEvents;
    page.addEventListener?.("online", now, { signal });
    page.addEventListener?.("offline", () => this.#reconnectLater(), { signal });
    const { document } = page;
    const shown = () => document?.hidden || now();
    document?.addEventListener?.("visibilitychange", shown, { signal });
    this.#connect();
  }

  end(): void {
    this.#stop.abort();
    this.#drop();
    clearTimeout(this.#again);
  }

  #emit(change: Partial<WatchedJob>): void {
    if (this.#stop.signal.aborted) return;
    this.#watched = { ...this.#watched, ...change };
    this.listener(this.#watched);
  }

  #connectNow(): void {
    if (this.#socket !== undefined || FINAL.has(this.#watched.error?.code ?? "")) return;
    this.#waitMs = FIRST_WAIT_MS;
    this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#again);
    const socket = this.connection.socket(`${this.path}/live`);
    this.#socket = socket;
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      this.#waitMs = FIRST_WAIT_MS;
      this.#ping = setInterval(() => this.#check(socket), PING_MS);
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      clearTimeout(this.#pong);
      if (data === PONG) this.#emit({ at: Date.now() });
      else this.#handleMessage(messageIn(String(data)));
    };
    // `onclose` follows, with all that is known.
    socket.onerror = () => {};
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      // A refused connection gives no reason; a plain request does.
      if (!isOpen || code === SIGNED_OUT) void this.#ask();
      this.#reconnectLater();
    };
  }

  #check(socket: LiveSocket): void {
    if (this.#socket !== socket) return;
    socket.send(PING);
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#reconnectLater(), PONG_MS);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const job = await this.connection.get<JobDetail>(this.path, signal);
      this.#emit({ job, at: Date.now(), error: null });
    } catch (cause) {
      const error = cause instanceof WorkerError ? cause : connectionFailed(cause, "no");
      this.#emit({ error });
      if (FINAL.has(error.code)) clearTimeout(this.#again);
    }
  }

  #handleMessage(message: JobMessage): void {
    const now = { at: Date.now(), isConnected: true, error: null };
    if (message.type === "job") return void this.#emit({ ...now, job: message.job });
    const { type: _, sample, ...changed } = message;
    const { job } = this.#watched;
    if (job === null) return void this.#emit(now);
    const last = job.samples.at(-1);
    const isNew = sample !== null && (last === undefined || sample[0] > last[0]);
    const samples = isNew ? [...job.samples, sample] : job.samples;
    this.#emit({ ...now, job: { ...job, ...changed, samples } });
  }

  #reconnectLater(): void {
    this.#drop();
    this.#emit({ isConnected: false });
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), this.#waitMs * (0.75 + Math.random() / 2));
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  #drop(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

function messageIn(text: string): JobMessage {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- The worker sends nothing else.
  return JSON.parse(text) as JobMessage;
}
